// SPDX-License-Identifier: Apache-2.0

package feedtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
)

// Patience is how long a test waits for something that should come.
const Patience = time.Minute

// Ear hears a running feed. Its fields are what has been said so far; they change only within Until.
type Ear struct {
	t   *testing.T
	out chan feed.Event

	State    map[string]feed.State         // by kind
	Err      map[string]error              // by kind
	Has      map[string]string             // what there is of each object, by its reference
	Refusals map[string][]endpoint.Refusal // what can't be read, by kind
	Events   []feed.Event
}

// Hear runs a feed until the test ends. What is sent to want are the kinds that are wished for; objects must be slimmed to texts.
func Hear(t *testing.T, f feed.Feed, want <-chan string) *Ear {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	e := &Ear{
		t: t, out: make(chan feed.Event),
		State: make(map[string]feed.State), Err: make(map[string]error), Has: make(map[string]string), Refusals: make(map[string][]endpoint.Refusal),
	}
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx, want, e.out) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Run returned %v, want the context's error", err)
			}
		case <-time.After(Patience):
			t.Error("Run didn't return after the context ended")
		}
	})
	return e
}

// Until takes what the feed says until done is true.
func (e *Ear) Until(what string, done func() bool) {
	e.t.Helper()
	late := time.After(Patience)
	for !done() {
		select {
		case said := <-e.out:
			e.fold(said)
		case <-late:
			e.t.Fatalf("%s: it didn't come; states %v (%v), objects %v, refusals %v", what, e.State, e.Err, e.Has, e.Refusals)
		}
	}
}

func (e *Ear) fold(said feed.Event) {
	e.Events = append(e.Events, said)
	e.Refusals[said.Kind] = said.Refusals
	if said.State != feed.Same {
		e.State[said.Kind], e.Err[said.Kind] = said.State, said.Err
	}
	if said.Replace {
		for ref := range e.Has {
			if len(ref) > len(said.Kind) && ref[:len(said.Kind)+1] == said.Kind+"/" {
				delete(e.Has, ref)
			}
		}
	}
	for _, d := range said.Deltas {
		if d.Object == nil {
			delete(e.Has, d.Ref.String())
		} else {
			e.Has[d.Ref.String()] = d.Object.(string)
		}
	}
}
