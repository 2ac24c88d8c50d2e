// SPDX-License-Identifier: Apache-2.0

package change_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

func set(name string, values ...string) *record.Set {
	return &record.Set{Key: record.Key{Name: dnsname.Name(name), Type: record.A}, Values: values}
}

func group(name string, changes ...change.Change) change.Group {
	return change.Group{Name: dnsname.Name(name), Changes: changes}
}

func TestActionAndInverse(t *testing.T) {
	one, two := set("a.example.com", "192.0.2.1"), set("a.example.com", "192.0.2.2")
	for _, tc := range []struct {
		c             change.Change
		does, inverse change.Action
	}{
		{change.Change{After: one}, change.Create, change.Delete},
		{change.Change{Before: one}, change.Delete, change.Create},
		{change.Change{Before: one, After: two}, change.Update, change.Update},
	} {
		inv := tc.c.Inverse()
		if tc.c.Action() != tc.does || inv.Action() != tc.inverse || tc.c.Key() != one.Key || inv.Key() != one.Key {
			t.Errorf("%s: action %s, inverse %s", tc.c, tc.c.Action(), inv.Action())
		}
		if diff := cmp.Diff(tc.c, inv.Inverse()); diff != "" {
			t.Errorf("the inverse of the inverse differs:\n%s", diff)
		}
	}
	b := change.Batch{Groups: []change.Group{group("a", change.Change{After: one}, change.Change{Before: two}), group("b", change.Change{Before: one})}}
	var got []string
	for _, c := range b.Inverse().Changes() {
		got = append(got, string(c.Action()))
	}
	if want := []string{"create", "create", "delete"}; !slices.Equal(got, want) {
		t.Errorf("the inverse does %v, want %v: the last first", got, want)
	}
	if diff := cmp.Diff(b, b.Inverse().Inverse()); diff != "" {
		t.Errorf("the inverse of the inverse differs:\n%s", diff)
	}
}

func TestPolicyAllows(t *testing.T) {
	for policy, want := range map[change.Policy][]change.Action{
		change.Sync: {change.Create, change.Update, change.Delete}, change.UpsertOnly: {change.Create, change.Update}, change.CreateOnly: {change.Create}, "": {change.Create},
	} {
		for _, a := range []change.Action{change.Create, change.Update, change.Delete} {
			if policy.Allows(a) != slices.Contains(want, a) {
				t.Errorf("%q allows %s: %v", policy, a, policy.Allows(a))
			}
		}
	}
}

func TestCostOf(t *testing.T) {
	for name, tc := range map[string]struct {
		why string
		c   change.Change
		in  change.Cost
	}{
		"create":  {why: "the new set", c: change.Change{After: set("a", "192.0.2.1", "192.0.2.2")}, in: change.Cost{Changes: 1, Values: 2, Chars: 18}},
		"update":  {why: "the old set and the new one", c: change.Change{Before: set("a", "12"), After: set("a", "123")}, in: change.Cost{Changes: 2, Values: 2, Chars: 5}},
		"stored":  {why: "what is sent counts, as the provider spells it", c: change.Change{Before: &record.Set{Values: []string{"1"}, Stored: []string{"12", "3"}}}, in: change.Cost{Changes: 1, Values: 2, Chars: 3}},
		"alias":   {why: "an alias is one value", c: change.Change{After: &record.Set{Alias: &record.Alias{Target: "lb.example.net"}}}, in: change.Cost{Changes: 1, Values: 1, Chars: 14}},
		"nothing": {why: "nothing is free", c: change.Change{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := change.CostOf(group("a", tc.c)); got != tc.in {
				t.Errorf("CostOf = %+v, want %+v (%s)", got, tc.in, tc.why)
			}
		})
	}
}

func TestPack(t *testing.T) {
	create := func(names ...string) change.Group {
		g := group(names[0])
		for _, n := range names {
			g.Changes = append(g.Changes, change.Change{After: set(n, "1234")})
		}
		return g
	}
	aaaa := group("a", change.Change{After: &record.Set{Key: record.Key{Name: "a", Type: record.AAAA}, Values: []string{"1"}}})
	for name, tc := range map[string]struct {
		why    string
		groups []change.Group
		limits change.Limits
		want   string // names of batches' groups; oversize ones after "|"
	}{
		"none":           {why: "no batch of nothing", want: "|"},
		"no limits":      {why: "one batch", groups: []change.Group{create("a"), create("b")}, want: "a b|"},
		"changes":        {why: "at the limit and over it", groups: []change.Group{create("a"), create("b"), create("c")}, limits: change.Limits{Changes: 2}, want: "a b, c|"},
		"values":         {why: "values are counted", groups: []change.Group{create("a"), create("b")}, limits: change.Limits{Values: 1}, want: "a, b|"},
		"characters":     {why: "characters are counted", groups: []change.Group{create("a"), create("b"), create("c")}, limits: change.Limits{Chars: 8}, want: "a b, c|"},
		"never split":    {why: "a group stays together", groups: []change.Group{create("a"), create("b", "b2")}, limits: change.Limits{Changes: 2}, want: "a, b|"},
		"oversize":       {why: "it delays nobody", groups: []change.Group{create("a"), create("b", "b2", "b3"), create("c")}, limits: change.Limits{Changes: 2}, want: "a, c|b"},
		"same record":    {why: "a record set is edited once a batch", groups: []change.Group{create("a"), create("a")}, want: "a, a|"},
		"same name":      {why: "what may stand at a name depends on all that is there", groups: []change.Group{create("a"), aaaa}, want: "a, a|"},
		"name of marker": {why: "also where it is another group's marker", groups: []change.Group{create("a", "m"), create("m")}, want: "a, m|"},
	} {
		t.Run(name, func(t *testing.T) {
			batches, oversize := change.Pack(tc.groups, tc.limits)
			var got []string
			for _, b := range batches {
				got = append(got, names(b.Groups))
			}
			if s := strings.Join(got, ", ") + "|" + names(oversize); s != tc.want {
				t.Errorf("packed %q, want %q (%s)", s, tc.want, tc.why)
			}
		})
	}
}

func names(groups []change.Group) string {
	var out []string
	for _, g := range groups {
		out = append(out, string(g.Name))
	}
	return strings.Join(out, " ")
}

// TestPackLosesNothing checks that each group is in one batch or oversize, in order, and every batch within the limits.
func TestPackLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := change.Limits{Changes: rapid.IntRange(0, 5).Draw(t, "changes"), Values: rapid.IntRange(0, 5).Draw(t, "values"), Chars: rapid.IntRange(0, 20).Draw(t, "chars")}
		var groups []change.Group
		for i := range rapid.IntRange(0, 10).Draw(t, "groups") {
			g := group(fmt.Sprint(i))
			for range rapid.IntRange(1, 4).Draw(t, "sets") {
				g.Changes = append(g.Changes, change.Change{After: set(rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "name"), strings.Repeat("x", rapid.IntRange(0, 8).Draw(t, "length")))})
			}
			groups = append(groups, g)
		}
		batches, oversize := change.Pack(groups, limits)
		var packed []change.Group
		for _, b := range batches {
			if len(b.Groups) == 0 || !limits.Fits(change.CostOf(change.Group{Changes: b.Changes()})) {
				t.Fatalf("batch %v is empty or over %+v", b, limits)
			}
			packed = append(packed, b.Groups...)
		}
		for _, g := range oversize {
			if limits.Fits(change.CostOf(g)) {
				t.Fatalf("%s fits and is told not to", g.Name)
			}
		}
		want := slices.DeleteFunc(slices.Clone(groups), func(g change.Group) bool { return !limits.Fits(change.CostOf(g)) })
		if names(packed) != names(want) {
			t.Fatalf("packed %q, want %q", names(packed), names(want))
		}
	})
}
