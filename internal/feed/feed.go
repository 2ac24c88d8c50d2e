// SPDX-License-Identifier: Apache-2.0

// Package feed is the contract of feeds: where objects come from.
package feed

import (
	"context"

	"nafuda.io/nafuda/internal/model/endpoint"
)

// Delta is one object that is there now, in its slim form, or, with a nil Object, one that is gone.
type Delta struct {
	Ref    endpoint.Ref
	Object any
}

// Event is what a feed says about one kind.
type Event struct {
	Kind string
	// Replace says that Deltas and Refusals are everything there is of the kind: what isn't among them is gone.
	Replace bool
	Deltas  []Delta
	// State is the kind's state from now on, where it changes with this event.
	State State
	Err   error // of a failing kind
	// Refusals are objects, or files, that couldn't be read. Each event of a kind brings the whole list.
	Refusals []endpoint.Refusal
}

// State is what is known of a kind.
type State string

// The states. Same is the zero value: the event doesn't change the state.
const (
	Same      State = ""
	Synced    State = "synced"    // everything there is has been sent, and changes follow
	Failing   State = "failing"   // changes may be missed; what was sent stays
	Forbidden State = "forbidden" // we may not list or watch it
	Absent    State = "absent"    // the server has no such kind
)

// Feed brings objects of kinds.
type Feed interface {
	// Run sends events until the context ends. It starts with no kind: each value on want, a kind's name, starts one.
	// It returns only the context's error, or one that makes the configuration unusable.
	Run(ctx context.Context, want <-chan string, out chan<- Event) error
}
