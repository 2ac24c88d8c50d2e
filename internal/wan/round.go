// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"time"
)

const (
	hedge     = 250 * time.Millisecond // after which one more stranger is asked
	roundTime = 6 * time.Second
)

// asker asks methods for one family.
type asker struct {
	family  Family
	methods []Method // local ones and then strangers, in the order in which they are asked
	rules   Rules
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
	came := make(chan answer, len(a.methods)) // so that nobody waits for us
	said := make([]*Said, len(a.methods))
	local, started, out, strangers := 0, 0, 0, 0 // strangers and all who are asked and haven't answered
	start := func() {
		if started == len(a.methods) {
			return
		}
		i := started
		started++
		out++
		if !a.methods[i].Source().Kind.local() {
			strangers++
		}
		go func() { came <- answer{i, ask(ctx, a.methods[i], a.family, a.rules)} }()
	}
	for started < len(a.methods) && (all || a.methods[started].Source().Kind.local()) {
		local++
		start()
	}
	for range a.rules.Quorum {
		start()
	}
	next := time.NewTicker(hedge)
	defer next.Stop()
	for out > 0 || started < len(a.methods) {
		select {
		case <-next.C:
			start()
		case got := <-came:
			out--
			said[got.i] = &got.said
			if !all && !slices.Contains(said[:local], nil) && judge(a.family, given(said), a.rules).Known() {
				return given(said)
			}
			if got.said.By.Kind.local() {
				continue
			}
			if strangers--; strangers == 0 || !got.said.first().IsValid() {
				start()
			}
		case <-ctx.Done():
			return given(said)
		}
	}
	return given(said)
}

// peek asks the methods at some places only, all at once.
func (a asker) peek(ctx context.Context, places []int) []Said {
	b := a
	b.methods = nil
	for _, i := range places {
		b.methods = append(b.methods, a.methods[i])
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
	s := Said{By: m.Source(), Took: time.Since(began)}
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
