// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"net/netip"
	"time"
)

const (
	beat       = 10 * time.Second // between two looks
	roundEvery = 5 * time.Minute
	seldom     = 6 // beats from one stranger to the next where the router answers

	often   = time.Second // between two looks at something new, so that an address that goes and comes back meanwhile is seen to
	oftener = 4           // or this part of the time for which it has to stay
)

// follower follows one family. One goroutine has it.
type follower struct {
	asker
	allowShared bool
	state       settle
	last        map[int]Said // what came of asking each method last, by its place
	turn, beats int
	ports       portLook
}

// State is what is known of a family at present.
type State struct {
	Family  Family  `json:"family"`
	Verdict Verdict `json:"verdict"`
	Off     bool    `json:"off,omitempty"`     // the options say that there is none
	Sharing Sharing `json:"sharing,omitempty"` // of an IPv4 address, as its ports say
	Sign    string  `json:"sign,omitempty"`    // by which sign
	Said    []Said  `json:"said"`              // in the last round, in the order of the methods
}

// run follows the family until the context ends. It tells after each round what is believed.
func (f *follower) run(ctx context.Context, tell func(State)) {
	for {
		state := f.look(ctx, false)
		if ctx.Err() != nil {
			return
		}
		believed, wait := f.state.step(time.Now(), state.Verdict)
		state.Verdict = believed
		tell(state)
		if !f.idle(ctx, wait) {
			return
		}
	}
}

// look asks, and judges what was said.
func (f *follower) look(ctx context.Context, all bool) State {
	said := f.round(ctx, all)
	f.note(said)
	state := State{Family: f.family, Verdict: judge(f.family, said, f.rules), Said: said}
	f.ports.enter(ctx, f.methods, &state, f.allowShared)
	return state
}

// note remembers what was said.
func (f *follower) note(said []Said) {
	for _, s := range said {
		for i, m := range f.methods {
			if m.Source() == s.By {
				f.last[i] = s
			}
		}
	}
}

// idle waits until a round is called for: by the time, or by somebody who says something new. False: the context has ended.
func (f *follower) idle(ctx context.Context, wait time.Duration) bool {
	if wait > 0 {
		return pause(ctx, min(wait, beat, max(often, wait/oftener)))
	}
	for end := time.Now().Add(roundEvery); time.Now().Before(end); {
		if !pause(ctx, beat) {
			return false
		}
		said := f.peek(ctx, f.places())
		if ctx.Err() != nil {
			return false
		}
		fresh := f.news(said)
		f.note(said)
		if fresh {
			return true
		}
	}
	return true
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// places are whom to ask in between: the first protocol in which the router answered, the interfaces, and the next stranger of those that
// answered; of all, where nobody did.
func (f *follower) places() []int {
	var out []int
	router := false
	for i, m := range f.methods {
		switch k := m.Source().Kind; {
		case k == Router && f.answered(i) && !router:
			router = true
			out = append(out, i)
		case k != Router && k.local():
			out = append(out, i)
		}
	}
	f.beats++
	if list := f.strangers(); len(list) > 0 && (!router || f.beats%seldom == 0) {
		out = append(out, list[f.turn%len(list)])
		f.turn++
	}
	return out
}

func (f *follower) answered(i int) bool { return len(f.last[i].Addrs) > 0 }

// strangers are the places of those that answered; of all, where nobody did.
func (f *follower) strangers() []int {
	var well, all []int
	for i, m := range f.methods {
		if m.Source().Kind.local() {
			continue
		}
		all = append(all, i)
		if f.answered(i) {
			well = append(well, i)
		}
	}
	if len(well) > 0 {
		return well
	}
	return all
}

// news reports whether somebody says something else than before, or, if asked for the first time, than what is believed.
func (f *follower) news(said []Said) bool {
	for _, s := range said {
		before, asked := Said{Addrs: addrs(f.state.told)}, false
		for i, m := range f.methods {
			if old, ok := f.last[i]; ok && m.Source() == s.By {
				before, asked = old, true
			}
		}
		if !asked && len(s.Addrs) == 0 {
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
