// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"
)

const (
	hedge     = 250 * time.Millisecond // after which one more stranger is asked
	roundTime = 6 * time.Second
	quietTime = time.Second // that is waited for somebody local who said nothing the last time
)

// asker asks methods for one family.
type asker struct {
	family  Family
	methods []Method // local ones and then strangers, in the order in which they are asked
	rules   Rules
	quiet   map[int]bool // local ones that said nothing the last time, by their place
	count   func(Kind, Outcome)
}

// answer is what came of asking one method, by its place in the list.
type answer struct {
	i    int
	said Said
}

// round asks until there is a verdict; with all, everybody is asked. What was said comes in the order of the methods.
func (a asker) round(ctx context.Context, all bool) []Said {
	ctx, cancel := context.WithTimeout(ctx, roundTime)
	defer cancel()
	r := &asking{asker: a, began: time.Now(), came: make(chan answer, len(a.methods)), said: make([]*Said, len(a.methods))}
	for r.started < len(a.methods) && (all || a.methods[r.started].Source().Kind.local()) {
		r.start(ctx)
	}
	r.first = r.started
	for range a.rules.Quorum {
		r.start(ctx)
	}
	next := time.NewTicker(hedge)
	defer next.Stop()
	for !r.over(all) {
		select {
		case <-next.C:
			r.start(ctx)
		case got := <-r.came:
			r.enter(ctx, got)
		case <-ctx.Done():
			return given(r.said)
		}
	}
	return given(r.said)
}

// asking is a round under way.
type asking struct {
	asker
	began          time.Time
	came           chan answer // has room for all, so that nobody waits for us
	said           []*Said
	started, first int // how many have been asked, and how many of them before the strangers
	out, strangers int // who hasn't answered yet: all, and strangers
}

// start asks the next method, if there is one.
func (r *asking) start(ctx context.Context) {
	if r.started == len(r.methods) {
		return
	}
	i := r.started
	r.started++
	r.out++
	if !r.methods[i].Source().Kind.local() {
		r.strangers++
	}
	go func() {
		s := ask(ctx, r.methods[i], r.family, r.rules)
		if r.count != nil && s.By.Kind != Static {
			what := s.outcome()
			if what == Failed && errors.Is(ctx.Err(), context.Canceled) {
				what = Dropped
			}
			r.count(s.By.Kind, what)
		}
		r.came <- answer{i, s}
	}()
}

// enter takes an answer. A stranger that fails, or is the last that was awaited, makes place for the next one.
func (r *asking) enter(ctx context.Context, got answer) {
	r.out--
	r.said[got.i] = &got.said
	if got.said.By.Kind.local() {
		return
	}
	if r.strangers--; r.decided() {
		return
	}
	if r.strangers == 0 || !got.said.first().IsValid() {
		r.start(ctx)
	}
}

// over reports whether nothing more is to come, or to be waited for.
func (r *asking) over(all bool) bool {
	switch {
	case r.out == 0 && r.started == len(r.methods):
		return true
	case all:
		return !r.awaits(r.said)
	}
	return r.decided()
}

// decided reports whether there is an address, and nobody here can object any more.
func (r *asking) decided() bool {
	return !r.awaits(r.said[:r.first]) && judge(r.family, given(r.said), r.rules).Known()
}

// awaits reports whether the answer of one of the first is awaited. Who is quiet isn't waited for long.
func (r *asking) awaits(said []*Said) bool {
	for i, s := range said {
		if s == nil && (!r.quiet[i] || time.Since(r.began) < quietTime) {
			return true
		}
	}
	return false
}

// peek asks the methods at some places only, all at once.
func (a asker) peek(ctx context.Context, places []int) []Said {
	b := a
	b.methods, b.quiet = nil, make(map[int]bool)
	for i, at := range places {
		b.methods = append(b.methods, a.methods[at])
		b.quiet[i] = a.quiet[at]
	}
	return b.round(ctx, true)
}

func given(list []*Said) []Said {
	var out []Said
	for _, s := range list {
		if s != nil {
			out = append(out, *s)
		}
	}
	return out
}

// ask asks one method. A panic in it isn't survived: methods are ours.
func ask(ctx context.Context, m Method, f Family, r Rules) Said {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	began := time.Now()
	addrs, err := m.Ask(ctx, f)
	s := Said{By: m.Source(), Took: time.Since(began), At: time.Now().UTC().Round(0)} // to be read by people, so without the monotonic clock
	if err != nil {
		s.Err = plain(err)
		return s
	}
	s.Addrs, s.Class = addrs, classify(addrs[0], r.Allowed)
	return s
}

// plain is an error in words that stay the same from one time to the next: without ports of ours, and bounded.
func plain(err error) string {
	const most = 200
	var late net.Error
	var op *net.OpError
	var name *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.As(err, &late) && late.Timeout():
		return errNoAnswer.Error()
	case errors.As(err, &name):
		return "the name of the server can't be resolved"
	case errors.As(err, &op):
		err = op.Err
	}
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, err.Error())
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}
