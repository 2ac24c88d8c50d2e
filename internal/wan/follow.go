// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/reason"
)

const (
	beat       = 8 * time.Second // between two looks
	roundEvery = 5 * time.Minute
	mostVain   = 10 // doublings of the beat, which are more than that

	often   = time.Second // between two looks at something new, so that an address that goes and comes back meanwhile is seen to
	oftener = 4           // or this part of the time for which it has to stay
)

// follower follows one family. One goroutine has it.
type follower struct {
	asker
	allowShared bool
	route       func(context.Context, Family) bool // nil: there is one
	ever        bool                               // somebody has given an address
	state       settle
	last        map[int]Said // what came of asking each method last, by its place, but for outages
	heard       map[int]Said // the same with outages
	found       netip.Addr   // by the last round that could tell, shared or not
	doubt       []Said       // what was said anew, until a round has looked into it
	turns       turns
	next        time.Duration // from one round to the next, whatever is said
	revival     revival
	vain        int // rounds in a row that couldn't tell
	ports       portLook
}

// State is what is known of a family at present.
type State struct {
	Family  Family    `json:"family"`
	Verdict Verdict   `json:"verdict"`
	Off     bool      `json:"off,omitempty"`     // the options say that there is none
	Sharing Sharing   `json:"sharing,omitempty"` // of an IPv4 address, as its ports say
	Sign    string    `json:"sign,omitempty"`    // by which sign
	Since   time.Time `json:"since,omitzero"`    // since when this verdict is believed
	Said    []Said    `json:"said"`              // what each that was asked said last, in the order of the methods
}

// run follows the family until the context ends. It tells after each round what is believed.
func (f *follower) run(ctx context.Context, tell func(State)) {
	for {
		state := f.look(ctx, false)
		if ctx.Err() != nil {
			return
		}
		believed, wait := f.state.step(time.Now(), state.Verdict)
		f.next = f.untilNext(state.Verdict)
		state.Verdict = believed
		state.Said = f.all()
		tell(state)
		more := func() {
			state.Said = f.all()
			tell(state)
		}
		if !f.idle(ctx, wait, more) {
			return
		}
	}
}

// look asks, and judges what was said.
func (f *follower) look(ctx context.Context, all bool) State {
	said := f.round(ctx, all)
	f.note(append(f.doubt, said...))
	f.doubt, f.revival.noticed = nil, false
	state := State{Family: f.family, Verdict: judge(f.family, said, f.rules), Said: said}
	state.Verdict = f.orAbsent(ctx, state.Verdict, said)
	if state.Verdict.Known() {
		f.found, f.revival.vain = state.Verdict.Addr, 0
	}
	f.ports.enter(ctx, f.methods, &state, f.allowShared)
	return state
}

// note remembers what was said. Where no stranger answers the line is down, which says nothing of any of them.
func (f *follower) note(said []Said) {
	heard := slices.ContainsFunc(said, func(s Said) bool { return !s.By.Kind.local() && len(s.Addrs) > 0 })
	f.quiet = make(map[int]bool)
	for i, m := range f.methods {
		for _, s := range said {
			if m.Source() != s.By {
				continue
			}
			f.heard[i] = s
			if _, known := f.last[i]; heard || s.By.Kind.local() || !known {
				f.last[i] = s
			}
		}
		f.quiet[i] = m.Source().Kind.local() && f.last[i].Err == errNoAnswer.Error()
	}
}

// all is what each that was asked said last, in the order of the methods.
func (f *follower) all() []Said {
	var out []Said
	for i := range f.methods {
		if s, ok := f.heard[i]; ok {
			out = append(out, s)
		}
	}
	return out
}

// idle waits until a round is called for: by the time, or by somebody who says something new; heard is called whenever somebody has said
// something. False: the context has ended.
func (f *follower) idle(ctx context.Context, wait time.Duration, heard func()) bool {
	if wait > 0 {
		return pause(ctx, min(wait, beat, max(often, wait/oftener)))
	}
	next := time.Now()
	for end := next.Add(f.next); time.Now().Before(end); {
		next = next.Add(beat)
		if !pause(ctx, time.Until(next)) {
			return false
		}
		said := f.peek(ctx, f.places())
		if ctx.Err() != nil {
			return false
		}
		if f.news(said) {
			f.doubt, f.vain = said, 0
			return true
		}
		f.revived(said)
		f.note(said)
		heard()
		if f.hurries(time.Now()) {
			return true
		}
	}
	return true
}

// untilNext is how long it takes until the next round, whatever is said in between: 5 minutes, and less after one that couldn't tell, in which
// somebody may have been asked while the line was still down.
func (f *follower) untilNext(v Verdict) time.Duration {
	if !unsure(v) {
		f.vain = 0
		return roundEvery
	}
	d := beat << min(f.vain, mostVain)
	f.vain++
	return min(d, roundEvery)
}

// unsure reports whether more answers could make an address known.
func unsure(v Verdict) bool {
	return v.Why.Code == reason.WANUnknown || v.Why.Code == reason.WANAbsent || v.Why.Code == reason.WANDisagree
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// news reports whether somebody says something else than before, or, if asked for the first time, than what is believed. That a stranger doesn't
// answer is none while nothing is believed: in an outage none does.
func (f *follower) news(said []Said) bool {
	for _, s := range said {
		before, asked := Said{Addrs: addrs(f.state.told)}, false
		for i, m := range f.methods {
			if old, ok := f.last[i]; ok && m.Source() == s.By {
				before, asked = old, true
			}
		}
		if len(s.Addrs) == 0 && (!asked || !s.By.Kind.local() && unsure(f.state.told)) {
			continue
		}
		if f.family.same(s.first()) != f.family.same(before.first()) {
			return true
		}
	}
	return false
}

func addrs(v Verdict) []netip.Addr {
	if !v.Known() {
		return nil
	}
	return []netip.Addr{v.Addr}
}
