// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
)

// scribe is an API server for Events, in a bubble.
type scribe struct {
	mu      sync.Mutex // guards lines and err
	lines   []string   // object, name and how often it was written before
	err     error
	standby atomic.Bool
	log     bytes.Buffer
}

func (s *scribe) write(_ context.Context, w Warning, count int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lines = append(s.lines, fmt.Sprintf("%s %s %s %d", w.Ref, w.Name, w.Why.Code, count))
	return s.err
}

func (s *scribe) wrote() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lines)
}

// answers sets what the server says from now on.
func (s *scribe) answers(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

// scribing runs f with Events whose writes the scribe takes.
func scribing(t *testing.T, f func(s *scribe, e *Events)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &scribe{}
		e := newEvents(s.write, func() bool { return !s.standby.Load() }, slog.New(slog.NewTextHandler(&s.log, nil)))
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { e.Run(ctx); close(done) }()
		f(s, e)
		cancel()
		<-done
	})
}

// pass lets time pass until everything that follows has happened.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func warning(object, name string) Warning {
	return Warning{Ref: endpoint.Ref{Kind: "service", Namespace: "default", Name: object}, Name: name, Why: reason.New(reason.NoZone, "no zone holds it")}
}

func (s *scribe) want(t *testing.T, lines ...string) {
	t.Helper()
	if got := s.wrote(); !slices.Equal(got, lines) {
		t.Errorf("wrote\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

func TestEventIsWrittenOnceAnHour(t *testing.T) {
	scribing(t, func(s *scribe, e *Events) {
		w := warning("a", "a.example.com")
		other := w
		other.Why = reason.New(reason.OtherOwner, "another owner has it")
		for range 100 { // it comes and goes, and comes in two groups
			e.Hold("zone", []Warning{w, w, other})
			e.Hold("object", []Warning{w})
			pass(time.Second)
			e.Hold("zone", nil)
			pass(time.Second)
			e.Hold("object", nil)
			pass(time.Second)
		}
		e.Hold("object", []Warning{w})
		first := []string{"service/default/a a.example.com NoZone 0", "service/default/a a.example.com OtherOwner 0"}
		s.want(t, first...)
		pass(time.Hour)
		s.want(t, append(first, "service/default/a a.example.com NoZone 1")...)
		e.Hold("object", nil)
		pass(24 * time.Hour)
		s.want(t, append(first, "service/default/a a.example.com NoZone 1")...)
		if len(e.at) != 0 || e.order.Len() != 0 || len(e.groups) != 0 {
			t.Errorf("%d entries, %d in order, %d groups are left of what is over", len(e.at), e.order.Len(), len(e.groups))
		}
	})
}

func TestEventOfWhatIsUsualWaits(t *testing.T) {
	scribing(t, func(s *scribe, e *Events) {
		w := warning("a", "a.example.com")
		w.After = time.Minute
		e.Hold("zone", []Warning{w})
		pass(50 * time.Second)
		e.Hold("zone", nil)
		pass(time.Hour)
		s.want(t)
		e.Hold("zone", []Warning{w})
		pass(2 * time.Minute)
		s.want(t, "service/default/a a.example.com NoZone 0")
	})
}

func TestEventOfWhatIsSaidAgain(t *testing.T) {
	scribing(t, func(s *scribe, e *Events) {
		for range 9 { // a name that is parked again and again
			e.Say(warning("a", "a.example.com"))
			pass(10 * time.Minute)
		}
		s.want(t, "service/default/a a.example.com NoZone 0", "service/default/a a.example.com NoZone 1")
		pass(5 * time.Hour)
		s.want(t, "service/default/a a.example.com NoZone 0", "service/default/a a.example.com NoZone 1")
		if len(e.at) != 0 {
			t.Errorf("%d entries are left of what isn't said any more", len(e.at))
		}
	})
}

// TestAliveEventsAreBounded: however much is wrong, memory and requests are bounded, and nobody waits.
func TestAliveEventsAreBounded(t *testing.T) {
	scribing(t, func(s *scribe, e *Events) {
		s.standby.Store(true)
		for i := range mostWarnings + 500 {
			e.Say(warning(fmt.Sprint("o", i), "a.example.com"))
		}
		if len(e.at) != mostWarnings || e.order.Len() != mostWarnings || e.Dropped() != 500 {
			t.Errorf("%d entries and %d dropped, want %d and 500", len(e.at), e.Dropped(), mostWarnings)
		}
		pass(time.Minute)
		s.standby.Store(false)
		e.poke()
		pass(100*time.Second + time.Millisecond)
		if n := len(s.wrote()); n != eventBurst+100 {
			t.Errorf("%d Events in 100 s, want %d", n, eventBurst+100)
		}
		if !strings.HasPrefix(s.wrote()[0], "service/default/o500 ") {
			t.Errorf("the first Event is %s: the oldest make room", s.wrote()[0])
		}
		for i := range mostWarnings + 500 {
			e.Hold(fmt.Sprint("group", i), []Warning{warning(fmt.Sprint("p", i), "a.example.com")})
		}
		if len(e.at) != mostWarnings || len(e.groups) > mostWarnings {
			t.Errorf("%d entries in %d groups", len(e.at), len(e.groups))
		}
	})
}

func TestEventsForbidden(t *testing.T) {
	scribing(t, func(s *scribe, e *Events) {
		s.answers(apierrors.NewForbidden(schema.GroupResource{Group: "events.k8s.io", Resource: "events"}, "", nil))
		for i := range 5 {
			e.Hold(fmt.Sprint(i), []Warning{warning(fmt.Sprint("o", i), "a.example.com")})
		}
		pass(3*time.Hour - time.Minute)
		if len(s.wrote()) != 3 {
			t.Errorf("%d tries in three hours, want one an hour", len(s.wrote()))
		}
		if n := strings.Count(s.log.String(), "\n"); n != 1 || !strings.Contains(s.log.String(), "grant create and patch on events") {
			t.Errorf("%d lines were logged, want one with the rule that is missing:\n%s", n, s.log.String())
		}
		s.answers(nil)
		pass(time.Hour)
		if len(s.wrote()) != 3+5 {
			t.Errorf("%d writes after the permission was given, want 8", len(s.wrote()))
		}
	})
}

func TestEventsThatFailOrAreUseless(t *testing.T) {
	scribing(t, func(s *scribe, e *Events) {
		s.answers(apierrors.NewInternalError(fmt.Errorf("no luck")))
		e.Hold("a", []Warning{warning("a", "a.example.com")})
		pass(5*time.Minute + time.Second)
		if len(s.wrote()) != 6 {
			t.Errorf("%d tries in five minutes, want one a minute", len(s.wrote()))
		}
		s.answers(errGone)
		pass(time.Hour)
		if len(s.wrote()) != 7 || len(e.at) != 0 {
			t.Errorf("%d tries: nobody tries for an object that is gone", len(s.wrote()))
		}
	})
}

func TestOnlyTheLeaderWritesEvents(t *testing.T) {
	scribing(t, func(s *scribe, e *Events) {
		s.standby.Store(true)
		e.Hold("a", []Warning{warning("a", "a.example.com")})
		pass(time.Hour)
		s.want(t)
		s.standby.Store(false)
		pass(time.Minute)
		s.want(t, "service/default/a a.example.com NoZone 0")
	})
}

// TestEventIsBounded: whatever an object says, the Event is one that a server takes.
func TestEventIsBounded(t *testing.T) {
	w := eventWriter{kinds: map[string]kindPath{"service": {apiVersion: "v1", kind: "Service"}}}
	long := Warning{
		Ref: endpoint.Ref{Kind: "service", Namespace: "default", Name: strings.Repeat("a", 199) + "." + strings.Repeat("b", 53)}, Name: strings.Repeat("ä", 3000),
		Why: reason.New(reason.BadValue, "%s", strings.Repeat("ö", 5000)),
	}
	ev := w.event(long, "uid", time.Unix(0, 0))
	if len(ev.Note) > maxNote || len(ev.Name) > 253 || strings.Contains(ev.Name, "..") || strings.ContainsRune(ev.Note, '�') {
		t.Errorf("the note has %d bytes, the name is %q", len(ev.Note), ev.Name)
	}
	if again := w.event(long, "uid", time.Unix(5000, 0)); again.Name != ev.Name {
		t.Errorf("the same warning makes %s and %s", ev.Name, again.Name)
	}
	if again := w.event(long, "other", time.Unix(0, 0)); again.Name == ev.Name {
		t.Error("an object that was made again has the Events of the one before it")
	}
}
