// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"container/list"
	"context"
	"log/slog"
	"sync"
	"time"

	"k8s.io/client-go/util/flowcontrol"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
)

// What bounds the Events. An API server keeps an Event for an hour (its flag --event-ttl), so one that still holds is written again then.
const (
	eventRate    = 1  // a second, for all objects
	eventBurst   = 20 // that may come at once
	eventRepeat  = time.Hour
	eventRetry   = time.Minute
	mostWarnings = 10000 // that are remembered
)

// Warning is something that keeps an object's wish from being fulfilled.
type Warning struct {
	Ref   endpoint.Ref
	Name  string        // what of the object it concerns: a host name, or a field
	Why   reason.Reason // with the zone in its text, where there is one
	Gone  bool          // the object may be gone: its namespace has the Event all the same
	After time.Duration // how long it must have held before anyone is told; for what is usual for a moment
}

// warningKey is what has one Event.
type warningKey struct {
	ref  endpoint.Ref
	name string
	code reason.Code
}

func (w Warning) key() warningKey { return warningKey{w.Ref, w.Name, w.Why.Code} }

// Events writes Events of type Warning for objects: one for each object, name and reason, again each hour for as long as it holds. Its methods may be
// called from several goroutines; none but Run waits for the API server.
type Events struct {
	write func(context.Context, Warning, int) error
	leads func() bool
	log   *slog.Logger
	rate  flowcontrol.RateLimiter

	mu      sync.Mutex // guards what follows
	wake    chan struct{}
	order   *list.List // of *warned, the oldest first
	at      map[warningKey]*list.Element
	groups  map[string]map[warningKey]bool // what holds now
	muted   time.Time                      // until then nothing is written: it is forbidden
	told    bool                           // that it is forbidden
	dropped int
}

// warned is a warning and what has been written of it.
type warned struct {
	Warning
	holds   int  // groups that it holds in
	said    bool // and not written since
	count   int  // how often it was written
	due     time.Time
	expires time.Time // of one that doesn't hold
}

func newEvents(write func(context.Context, Warning, int) error, leads func() bool, log *slog.Logger) *Events {
	return &Events{
		write: write, leads: leads, log: log, rate: flowcontrol.NewTokenBucketRateLimiter(eventRate, eventBurst), wake: make(chan struct{}, 1),
		order: list.New(), at: make(map[warningKey]*list.Element), groups: make(map[string]map[warningKey]bool),
	}
}

// Hold says what holds from now on in a group, such as a name in a zone. What held in it before and isn't among it has ended; nobody is told of that.
func (e *Events) Hold(group string, warnings []Warning) {
	e.mu.Lock()
	defer e.mu.Unlock()
	before := e.groups[group]
	if before == nil && len(e.groups) >= mostWarnings {
		e.dropped += len(warnings)
		return
	}
	now := make(map[warningKey]bool, len(warnings))
	for _, w := range warnings {
		k := w.key()
		if now[k] {
			continue
		}
		now[k] = true
		if entry, fresh := e.remember(w); fresh || !before[k] {
			entry.holds++
		}
	}
	for k := range before {
		if el, there := e.at[k]; there && !now[k] {
			e.end(el)
		}
	}
	if len(now) == 0 {
		delete(e.groups, group)
	} else {
		e.groups[group] = now
	}
	e.poke()
}

// end takes a warning out of a group. What has been written is remembered for a while, so that what comes and goes isn't told each time.
func (e *Events) end(el *list.Element) {
	entry := el.Value.(*warned)
	entry.holds = max(entry.holds-1, 0)
	if entry.holds > 0 || entry.said {
		return
	}
	if entry.expires = time.Now().Add(eventRepeat); entry.count == 0 {
		e.forget(el)
	}
}

// Say says something that happens now and then.
func (e *Events) Say(w Warning) {
	e.mu.Lock()
	defer e.mu.Unlock()
	entry, fresh := e.remember(w)
	if now := time.Now(); fresh || !now.Before(entry.due) { // else it was written within the hour
		entry.said, entry.expires = true, now.Add(2*eventRepeat)
	}
	e.poke()
}

// Dropped tells how many warnings were forgotten because there were more than are remembered. A nil one has forgotten none.
func (e *Events) Dropped() int {
	if e == nil {
		return 0
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.dropped
}

// remember returns the entry of a warning, and whether it is new. Where there is no room the oldest makes it.
func (e *Events) remember(w Warning) (entry *warned, fresh bool) {
	if el, there := e.at[w.key()]; there {
		entry := el.Value.(*warned)
		entry.Warning = w // its text may have changed
		return entry, false
	}
	if e.order.Len() >= mostWarnings {
		e.forget(e.order.Front())
		e.dropped++
	}
	entry = &warned{Warning: w, due: time.Now().Add(w.After)}
	e.at[w.key()] = e.order.PushBack(entry)
	return entry, true
}

func (e *Events) forget(el *list.Element) {
	delete(e.at, e.order.Remove(el).(*warned).key())
}

func (e *Events) poke() {
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// Run writes Events until the context ends. There may be none: a nil one writes nothing.
func (e *Events) Run(ctx context.Context) {
	if e == nil {
		return
	}
	for ctx.Err() == nil {
		w, count, wait := e.next(time.Now())
		if wait == 0 {
			if e.rate.Wait(ctx) == nil {
				e.written(w, e.write(ctx, w, count))
			}
			continue
		}
		select {
		case <-time.After(wait):
		case <-e.wake:
		case <-ctx.Done():
		}
	}
}

// next returns a warning that is due and how often it was written, or how long nothing is.
func (e *Events) next(now time.Time) (w Warning, count int, wait time.Duration) {
	const standby = 10 * time.Second // how soon a new leader begins
	e.mu.Lock()
	defer e.mu.Unlock()
	if muted := e.muted.Sub(now); muted > 0 {
		return w, 0, muted
	}
	if !e.leads() {
		return w, 0, standby
	}
	wait = eventRepeat
	for el := e.order.Front(); el != nil; {
		entry, following := el.Value.(*warned), el.Next()
		switch {
		case entry.holds == 0 && !now.Before(entry.expires):
			e.forget(el)
		case entry.holds == 0 && !entry.said: // over
		case !now.Before(entry.due):
			return entry.Warning, entry.count, 0
		default:
			wait = min(wait, entry.due.Sub(now))
		}
		el = following
	}
	return w, 0, wait
}

// written enters what came of a write.
func (e *Events) written(w Warning, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	el, there := e.at[w.key()]
	if !there {
		return
	}
	entry, now := el.Value.(*warned), time.Now()
	switch outcome(err) {
	case eventWritten:
		entry.count++
		entry.said, entry.due, entry.expires = false, now.Add(eventRepeat), now.Add(2*eventRepeat)
	case eventForbidden:
		e.muted = now.Add(eventRepeat)
		if !e.told {
			e.told = true
			e.log.Warn("Events can't be written, so objects don't show what keeps their names from being published; grant create and patch on events of the API group events.k8s.io, or pass --no-warning-events", "err", err)
		}
	case eventUseless:
		e.forget(el)
	default:
		entry.due = now.Add(eventRetry)
		e.log.Debug("an Event couldn't be written; it is tried again", "object", w.Ref.String(), "err", err)
	}
}
