// SPDX-License-Identifier: Apache-2.0

package facts_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/memory/facts"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
)

var a, b = fact.OfHost("a.example.net"), fact.OfHost("b.example.net")

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func at(text string) fact.Value {
	return fact.Value{V4: fact.Family{Known: true, Addrs: []netip.Addr{netip.MustParseAddr(text)}}}
}

func TestDeltaAFactThatChangesConcernsItsReaders(t *testing.T) {
	s := facts.New(cmp.Compare[string])
	if v := s.Read("y", a); v.V4.Known || v.V6.Known || v.V4.Why.Code != reason.FactPending {
		t.Errorf("before anybody has said anything it is %+v", v)
	}
	s.Read("x", a)
	s.Read("x", a)
	s.Read("z", b)
	for i, step := range []struct {
		key   fact.Key
		value fact.Value
		told  []string
	}{
		{a, at("192.0.2.1"), []string{"x", "y"}},
		{a, at("192.0.2.1"), nil},
		{a, at("192.0.2.2"), []string{"x", "y"}},
		{a, fact.Unknown(reason.New(reason.HostUnknown, "no")), []string{"x", "y"}},
		{b, at("192.0.2.1"), []string{"z"}},
		{fact.OfHost("c.example.net"), at("192.0.2.1"), nil},
	} {
		if got := s.Set(noon, step.key, step.value); !slices.Equal(got, step.told) {
			t.Errorf("step %d: %v are told, want %v", i, got, step.told)
		}
	}
	if v := s.Read("x", b); !v.Equal(at("192.0.2.1")) {
		t.Errorf("it is %+v", v)
	}
}

// TestSince: each family's own time counts from when it was last said to be otherwise. A look records nothing.
func TestSince(t *testing.T) {
	s := facts.New(cmp.Compare[string])
	if v := s.Peek(a); v.V4.Known || !v.V4.Since.IsZero() || s.Wants() != nil {
		t.Errorf("before anybody has read it, it is %+v", v)
	}
	s.Read("x", a)
	unknown := s.Peek(a)
	two := at("192.0.2.1")
	two.V6 = fact.Family{Known: true, Addrs: []netip.Addr{netip.MustParseAddr("2001:db8::1")}}
	for i, step := range []struct {
		value  fact.Value
		v4, v6 int // minutes after noon
	}{
		{unknown, 0, 0}, {unknown, 0, 0}, {at("192.0.2.1"), 2, 2}, {two, 2, 3}, {two, 2, 3}, {at("192.0.2.1"), 2, 5},
	} {
		s.Set(noon.Add(time.Duration(i)*time.Minute), a, step.value)
		v := s.Peek(a)
		if v4, v6 := v.V4.Since.Sub(noon).Minutes(), v.V6.Since.Sub(noon).Minutes(); int(v4) != step.v4 || int(v6) != step.v6 || !v.Equal(step.value) {
			t.Errorf("step %d: since %v and %v, want %d and %d", i, v4, v6, step.v4, step.v6)
		}
	}
}

func TestPending(t *testing.T) {
	s := facts.New(cmp.Compare[string])
	s.Read("x", a)
	s.Read("x", b)
	s.Set(noon, a, fact.Unknown(reason.New(reason.HostUnknown, "no"))) // that it isn't known is an answer
	if n := s.Pending(); n != 1 {
		t.Errorf("%d are pending, want 1", n)
	}
	s.Forget("x")
	if s.Wants(); s.Pending() != 0 {
		t.Error("what nobody reads is waited for")
	}
}

// TestWantsAgainstANaiveModel: whoever follows the wants has, at each moment, those facts that somebody reads.
func TestWantsAgainstANaiveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := facts.New(cmp.Compare[int])
		reads := make(map[int]map[fact.Key]bool)
		followed := make(map[fact.Key]bool)
		t.Repeat(map[string]func(*rapid.T){
			"read": func(t *rapid.T) {
				r, k := rapid.IntRange(0, 2).Draw(t, "reader"), fact.OfHost(fmt.Sprint(rapid.IntRange(0, 2).Draw(t, "fact")))
				if reads[r] == nil {
					reads[r] = make(map[fact.Key]bool)
				}
				reads[r][k] = true
				s.Read(r, k)
			},
			"forget": func(t *rapid.T) {
				r := rapid.IntRange(0, 2).Draw(t, "reader")
				delete(reads, r)
				s.Forget(r)
			},
			"wants": func(t *rapid.T) {
				for _, w := range s.Wants() {
					if followed[w.Key] == !w.Drop {
						t.Fatalf("%+v is wanted twice, or dropped twice", w)
					}
					followed[w.Key] = !w.Drop
				}
				for i := range 3 {
					k := fact.OfHost(fmt.Sprint(i))
					want := reads[0][k] || reads[1][k] || reads[2][k]
					if followed[k] != want {
						t.Fatalf("%s is followed: %v, read: %v", k, followed[k], want)
					}
				}
			},
		})
	})
}
