// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"slices"
	"sync"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
)

// teller sends the events of one kind. It makes one state, one list of refusals and one order out of those of its shards, which
// are the kind's namespaces or, where all are watched, only one.
type teller struct {
	kind string
	out  chan<- feed.Event

	mu     sync.Mutex // held while sending, so that the order of events is the order in which they were made
	shards []told
	last   told // what out knows
}

// told is what is known of one shard.
type told struct {
	state    feed.State
	err      error
	refusals []endpoint.Refusal
	refs     map[endpoint.Ref]bool // what was sent, where there are several shards
}

func newTeller(kind string, shards int, out chan<- feed.Event) *teller {
	return &teller{kind: kind, out: out, shards: make([]told, shards)}
}

// state tells that a shard's state is now s.
func (t *teller) state(ctx context.Context, shard int, s feed.State, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shards[shard].state, t.shards[shard].err = s, err
	t.send(ctx, feed.Event{}, false)
}

// delta tells one change.
func (t *teller) delta(ctx context.Context, shard int, d feed.Delta) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if refs := t.shards[shard].refs; refs != nil {
		if refs[d.Ref] = true; d.Object == nil {
			delete(refs, d.Ref)
		}
	}
	t.send(ctx, feed.Event{Deltas: []feed.Delta{d}}, true)
}

// refuse tells which objects of a shard can't be read.
func (t *teller) refuse(ctx context.Context, shard int, refusals []endpoint.Refusal, s feed.State, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := &t.shards[shard]
	was.refusals = refusals
	if s != feed.Same {
		was.state, was.err = s, err
	}
	t.send(ctx, feed.Event{}, true)
}

// known reports whether a refusal is of an object that is known to be there, for it was decoded: only its content wasn't understood.
func known(r endpoint.Refusal) bool { return r.Why.Code == reason.Crash }

// replace tells all that a shard holds. Where some objects couldn't be decoded, nothing is told to be gone.
func (t *teller) replace(ctx context.Context, shard int, deltas []feed.Delta, refusals []endpoint.Refusal, s feed.State, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	deltas = slices.SortedFunc(slices.Values(deltas), func(a, b feed.Delta) int { return a.Ref.Compare(b.Ref) })
	was := &t.shards[shard]
	was.refusals = refusals
	if s != feed.Same {
		was.state, was.err = s, err
	}
	partial := slices.ContainsFunc(refusals, func(r endpoint.Refusal) bool { return !known(r) })
	if len(t.shards) > 1 {
		deltas = was.replace(deltas, partial)
	}
	t.send(ctx, feed.Event{Deltas: deltas, Replace: len(t.shards) == 1 && !partial}, true)
}

// replace turns a shard's list into changes, since a Replace would also drop what the other shards have sent.
func (t *told) replace(deltas []feed.Delta, partial bool) []feed.Delta {
	now := make(map[endpoint.Ref]bool, len(deltas))
	for _, d := range deltas {
		now[d.Ref] = true
	}
	for _, r := range t.refusals {
		if known(r) {
			now[r.Ref] = true
		}
	}
	var gone []feed.Delta
	for ref := range t.refs {
		if partial {
			now[ref] = true
		} else if !now[ref] {
			gone = append(gone, feed.Delta{Ref: ref})
		}
	}
	t.refs = now
	slices.SortFunc(gone, func(a, b feed.Delta) int { return a.Ref.Compare(b.Ref) })
	return append(deltas, gone...)
}

// send completes e with what is known of all shards. An event without content is sent only where the state changed.
func (t *teller) send(ctx context.Context, e feed.Event, content bool) {
	now := t.all()
	if now.state == t.last.state && text(now.err) == text(t.last.err) {
		if !content {
			return
		}
	} else {
		e.State, e.Err = now.state, now.err
	}
	t.last = now
	e.Kind, e.Refusals = t.kind, now.refusals
	send(ctx, t.out, e)
}

// all is the worst of the shards' states and all of their refusals.
func (t *teller) all() told {
	now := told{state: feed.Synced}
	for _, s := range t.shards {
		if rank(s.state) > rank(now.state) {
			now.state, now.err = s.state, s.err
		}
		now.refusals = append(now.refusals, s.refusals...)
	}
	return now
}

func rank(s feed.State) int {
	return slices.Index([]feed.State{feed.Synced, feed.Same, feed.Failing, feed.Absent, feed.Forbidden}, s)
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
