// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/decide/plan"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/test/zonetext"
)

// mixture is a zone whose names were marked in different forms, one after the other, with record sets of somebody's between.
type mixture struct {
	*rapid.T
	state []record.Set
	ours  map[record.Key]bool
	hand  map[record.Key]bool
}

func (m *mixture) options() txt.Options {
	return txt.Options{
		Owner: us, Prefix: rapid.SampledFrom([]string{"", "p."}).Draw(m.T, "prefix"), OldPrefix: []string{"p."}, Migrate: rapid.Bool().Draw(m.T, "migrate"),
		Format: rapid.SampledFrom([]string{"auto", "typed", "untyped", "both", "shared", "shared"}).Draw(m.T, "format"),
	}
}

// asks has an object for each name.
func asks(resource string, n dnsname.Name) bool {
	return string(zonetext.Full(strings.TrimPrefix(resource, "i/"))) == string(n)
}

// step plans a name under drawn options, with the lines wanted there, and checks what comes of it.
func (m *mixture) step(name string, wants []string) {
	reg := txt.New(m.options())
	var lines []string
	for _, w := range wants {
		lines = append(lines, "i/"+name+" "+w)
	}
	in := input(m.state, name, resolved(rows(m.T, strings.Join(lines, "\n"))), reg, change.Sync)
	in.Ledger = reg.Open(zonetext.Full(name), example, zonetext.Look(m.state), asks)
	group, _ := plan.Name(in)
	before := zonetext.Text(m.state)
	for _, c := range group.Changes {
		switch h, marker := registry.MarkerOf(later(c)); {
		case m.hand[c.Key()] && !marker:
			m.Fatalf("foreign: %s is somebody's, in\n%s", c, before)
		case c.Marker && h.Owner != us:
			m.Fatalf("foreign: %s is a marker of %q, in\n%s", c, h.Owner, before)
		case !c.Marker:
			m.ours[c.Key()] = c.After != nil
		}
	}
	m.state = apply(m.T, m.state, group.Changes)
	for _, s := range m.state {
		l := reg.Open(s.Name, example, zonetext.Look(m.state), asks)
		if l.IsMarker(s) {
			continue
		}
		claim, ok, why := l.Claim(s)
		mine := ok && claim.Owner == us
		switch {
		case m.ours[s.Key] && !mine && why.Code != "AmbiguousMarker":
			m.Fatalf("together: %s is claimed by %q (%v) after %v, in\n%s\nbefore\n%s", s.Key, claim.Owner, why, group.Changes, zonetext.Text(m.state), before)
		case m.hand[s.Key] && mine:
			m.Fatalf("foreign: %s has become ours by %v, in\n%s\nbefore\n%s", s.Key, group.Changes, zonetext.Text(m.state), before)
		}
	}
}

func later(c change.Change) record.Set {
	if c.Before != nil {
		return *c.Before
	}
	return *c.After
}

// TestForeignTogetherInMixturesOfForms proves both invariants where each name of a zone, and each step, has other options for markers.
func TestForeignTogetherInMixturesOfForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &mixture{T: t, ours: make(map[record.Key]bool), hand: make(map[record.Key]bool)}
		for range rapid.IntRange(2, 8).Draw(t, "steps") {
			name := rapid.SampledFrom([]string{"www", "b", "a-b", "aaaa-b"}).Draw(t, "name")
			if rapid.IntRange(0, 4).Draw(t, "by hand") == 0 {
				line := name + " " + rapid.SampledFrom([]string{"A 192.0.2.99", "AAAA 2001:db8::99"}).Draw(t, "foreign")
				s := zonetext.Sets(t, line)[0]
				claimed, _, _ := txt.New(txt.Options{Owner: us, Format: "auto", OldPrefix: []string{"p."}}).Open(s.Name, example, zonetext.Look(append(slices.Clone(m.state), s)), asks).Claim(s)
				there := slices.ContainsFunc(m.state, func(o record.Set) bool { return o.Key == s.Key })
				if fits(s, m.state) && !there && claimed.Owner == "" { // an untyped marker claims what comes later, too
					m.state, m.hand[s.Key] = append(m.state, s), true
				}
				continue
			}
			m.step(name, rapid.SampledFrom([][]string{
				{name + " A 192.0.2.1", name + " AAAA 2001:db8::1"},
				{name + " A 192.0.2.1"},
				{name + " A 192.0.2.2", name + " AAAA 2001:db8::1"},
				{name + " AAAA 2001:db8::1"},
				{name + " CNAME lb.example.net"},
				nil,
			}).Draw(t, "wants"))
		}
	})
}
