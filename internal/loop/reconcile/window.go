// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// A change waits until nothing more has come for quiet, at most for longest: what belongs together is sent together. For zones of a
// provider to which a batch costs next to nothing (provider.Description.Prompt) it waits until nothing has come for a moment.
const (
	quiet   = 100 * time.Millisecond
	longest = time.Second

	moment        = 10 * time.Millisecond
	longestMoment = 50 * time.Millisecond
)

// window collects dirty names. The zero value is ready.
type window struct {
	names       map[dnsname.Name]dirty
	first, last time.Time

	prompt bool                      // there are zones that don't wait for the window to close
	fresh  map[dnsname.Name]struct{} // of names, those that these zones haven't got; nil: none
	began  time.Time                 // when the first of them came
}

// add makes names dirty.
func (w *window) add(names []dnsname.Name, now time.Time, why cause) {
	if len(names) == 0 {
		return
	}
	if w.names == nil {
		w.names = make(map[dnsname.Name]dirty)
		w.first = now
	}
	w.last = now
	for _, n := range names {
		if d, there := w.names[n]; !there || d.why < why {
			w.names[n] = dirty{n, now, why}
		}
	}
	w.freshen(names, now)
}

func (w *window) freshen(names []dnsname.Name, now time.Time) {
	if !w.prompt {
		return
	}
	if w.fresh == nil {
		w.fresh, w.began = make(map[dnsname.Name]struct{}), now
	}
	for _, n := range names {
		w.fresh[n] = struct{}{}
	}
}

// hurry says that there is a zone that doesn't wait for the window to close.
func (w *window) hurry(now time.Time) {
	w.prompt = true
	if w.names != nil {
		w.freshen(slices.Collect(maps.Keys(w.names)), now)
	}
}

// dirty is a name, since when it is dirty, and why.
type dirty struct {
	name  dnsname.Name
	since time.Time
	why   cause
}

// cause is why a name is dirty; a larger one asks for more.
type cause int

const (
	everything cause = iota // every name is
	reread                  // it was read again, and nothing has changed
	looked                  // something else was read, or a name that it depends on is dirty
	changed                 // an object asks for something else there
)

// due returns the names, sorted, once the window closes; before that, when it will.
func (w *window) due(now time.Time) ([]dirty, time.Time) {
	if w.names == nil {
		return nil, time.Time{}
	}
	at := w.closes()
	if now.Before(at) {
		return nil, at
	}
	out := make([]dirty, 0, len(w.names))
	for _, n := range slices.SortedFunc(maps.Keys(w.names), dnsname.Name.Compare) {
		out = append(out, w.names[n])
	}
	w.clear()
	return out, time.Time{}
}

// closes is when the window does; it isn't empty.
func (w *window) closes() time.Time { return sooner(w.last.Add(quiet), w.first.Add(longest)) }

func sooner(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func (w *window) clear() { *w = window{prompt: w.prompt} }

// soon returns the names, sorted, that zones which don't wait haven't got, once a moment is over or the window closes; before that, when
// it will. It is asked before due.
func (w *window) soon(now time.Time) ([]dirty, time.Time) {
	if w.fresh == nil {
		return nil, time.Time{}
	}
	at := sooner(sooner(w.last.Add(moment), w.began.Add(longestMoment)), w.closes())
	if now.Before(at) {
		return nil, at
	}
	out := make([]dirty, 0, len(w.fresh))
	for _, n := range slices.SortedFunc(maps.Keys(w.fresh), dnsname.Name.Compare) {
		out = append(out, w.names[n])
	}
	w.fresh = nil
	return out, time.Time{}
}

func (w *window) empty() bool { return w.names == nil }

func (w *window) has(n dnsname.Name) bool {
	_, there := w.names[n]
	return there
}

// hasFor returns a name that a zone will get when the window closes or, if it doesn't wait for that, in a moment.
func (w *window) hasFor(z *zoneState, n dnsname.Name) (dirty, bool) {
	d, there := w.names[n]
	if z.prompt {
		_, there = w.fresh[n]
	}
	return d, there
}
