// SPDX-License-Identifier: Apache-2.0

package migrate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/migrate"
	"nafuda.io/nafuda/internal/ops/report"
)

func set(ttl uint32, targets ...string) *report.Set { return &report.Set{TTL: ttl, Targets: targets} }

func changed(name string, before, after *report.Set, code reason.Code) report.Change {
	c := report.Change{
		Zone: report.Zone{ID: "Z1", Name: "example.com"}, Name: dnsname.Name(name + ".example.com"), Type: record.A, Before: before, After: after,
		Action: change.Update, From: "ingress/default/" + name, Reason: reason.Reason{Code: code},
	}
	switch {
	case before == nil:
		c.Action = change.Create
	case after == nil:
		c.Action = change.Delete
	}
	return c
}

// marker is the change of a marker of the object of that name.
func marker(of, name string, before, after *report.Set) report.Change {
	c := changed(of, before, after, reason.Marks)
	c.Name, c.Type, c.Marker = dnsname.Name(name+".example.com"), record.TXT, true
	return c
}

func held(name string, code reason.Code) report.Name {
	return report.Name{Name: dnsname.Name(name + ".example.com"), Type: record.A, What: change.Held, Reason: reason.Reason{Code: code}}
}

func plan(v report.View) report.Plan { return report.Plan{Views: []report.View{v}} }

// planned plays the program: the plan under each argument that matters, and the one as it stands.
type planned map[string]report.View

func (p planned) plan(_ context.Context, args []string) (report.Plan, error) {
	for _, a := range slices.Backward(args) {
		if v, ok := p[a]; ok {
			return plan(v), nil
		}
	}
	return plan(p[""]), nil
}

func TestAttribute(t *testing.T) {
	const merge, newer, older = "--merge-across-namespaces", "--annotation-prefix=external-dns.kubernetes.io/", "--annotation-prefix=external-dns.alpha.kubernetes.io/"
	update, create := changed("a", set(300, "1", "2"), set(300, "1"), reason.Differs), changed("b", nil, set(300, "1"), reason.Asked)
	ttl := changed("t", set(60, "1"), set(300, "1"), reason.Differs)
	gone := changed("g", set(300, "1"), nil, reason.NotAsked)
	old, now := changed("x", set(300, "1"), nil, reason.Replaced), changed("x", nil, set(300, "lb.example.net"), reason.Asked)
	now.Type = record.CNAME
	both := []report.Change{create, update}
	tests := map[string]struct {
		plans  planned
		policy string
		given  []migrate.Given
		want   []string // a line for each cause
		avoid  []string
		why    string
	}{
		"nothing": {plans: planned{"": {}}, why: "nothing to explain"},
		"one flag": {
			plans: planned{"": {Changes: []report.Change{update}}, merge: {}, newer: {Changes: []report.Change{update}}, older: {Changes: []report.Change{update}}},
			want:  []string{"a.example.com A: avoided by " + merge}, avoid: []string{merge}, why: "the change vanishes with it",
		},
		"two flags": {
			plans: planned{"": {Changes: both}, merge: {Changes: both[:1]}, newer: {Changes: both}, older: {Changes: both[1:]}},
			want:  []string{"b.example.com A: avoided by " + older, "a.example.com A: avoided by " + merge}, avoid: []string{older, merge}, why: "each has its own",
		},
		"given already": {
			plans: planned{"": {Changes: []report.Change{update}}, merge: {}, newer: {}, older: {}}, policy: "create-only",
			given: []migrate.Given{{Name: "merge-across-namespaces"}, {Name: "annotation-prefix"}},
			want:  []string{"a.example.com A: unexplained"}, why: "a flag that is there restores nothing",
		},
		"others come": {
			plans: planned{"": {Changes: []report.Change{update}}, merge: {Changes: []report.Change{create}}, newer: {Changes: []report.Change{update}}}, policy: "create-only",
			given: []migrate.Given{{Name: "annotation-prefix"}},
			want:  []string{"a.example.com A: unexplained"}, why: "a flag that makes other changes keeps nothing as it is",
		},
		"only held": {
			plans: planned{"": {Changes: []report.Change{ttl}}, newer: {Held: []report.Name{held("t", reason.PolicyKeeps)}}, older: {Changes: []report.Change{ttl}}}, policy: "create-only",
			given: []migrate.Given{{Name: "merge-across-namespaces"}},
			want:  []string{"t.example.com A: looks like its difference"}, why: "a name that nobody asks for any more isn't as it was, so the prefix isn't the cause",
		},
		"braked": {
			plans: planned{"": {Changes: []report.Change{gone}}, newer: {Held: []report.Name{held("g", reason.BrakeDeletes)}}, older: {Changes: []report.Change{gone}}}, policy: "create-only",
			given: []migrate.Given{{Name: "merge-across-namespaces"}},
			want:  []string{"g.example.com A: unexplained"}, why: "the brake hides a change, the flag doesn't avoid it",
		},
		"no address": {
			plans: planned{"": {Changes: []report.Change{create}}, newer: {Changes: []report.Change{create}}, older: {Held: []report.Name{held("b", reason.NoAddressYet)}}}, policy: "create-only",
			given: []migrate.Given{{Name: "merge-across-namespaces"}},
			want:  []string{"b.example.com A: avoided by " + older}, avoid: []string{older}, why: "an object without an address is held either way",
		},
		"policy": {
			plans:  planned{"": {Changes: []report.Change{gone, ttl}}, "--policy=upsert-only": {Changes: []report.Change{ttl}}, "--policy=create-only": {}},
			policy: "sync", given: []migrate.Given{{Name: "merge-across-namespaces"}, {Name: "annotation-prefix"}, {Name: "policy"}},
			want: []string{"t.example.com A: looks like its difference, avoided by --policy=create-only", "g.example.com A: unexplained, avoided by --policy=upsert-only"},
			why:  "the weakest policy that does is named, and isn't put into the arguments",
		},
		"type": {
			plans: planned{"": {Changes: []report.Change{old, now, marker("x", "p_a-x", set(300, "m"), nil), marker("x", "p_cname-x", nil, set(300, "m"))}}}, policy: "upsert-only",
			given: []migrate.Given{{Name: "merge-across-namespaces"}, {Name: "annotation-prefix"}},
			want:  []string{"x.example.com A, x.example.com CNAME, p_a-x.example.com TXT, p_cname-x.example.com TXT: looks like its difference"},
			why:   "ExternalDNS can't do it under upsert-only; the markers go along",
		},
		"type under sync": {
			plans: planned{"": {Changes: []report.Change{old, now}}}, policy: "sync", given: []migrate.Given{{Name: "merge-across-namespaces"}, {Name: "annotation-prefix"}},
			want: []string{"x.example.com A, x.example.com CNAME: unexplained"}, why: "ExternalDNS can do it there",
		},
		"marker": {
			plans: planned{"": {Changes: []report.Change{marker("m", "p_a-m", set(300, "one"), set(300, "two"))}}}, policy: "upsert-only",
			given: []migrate.Given{{Name: "merge-across-namespaces"}, {Name: "annotation-prefix"}},
			want:  []string{"p_a-m.example.com TXT: looks like its difference"}, why: "its object has changed, and nothing else",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := migrate.Attribute(t.Context(), []string{"--source=ingress"}, tt.given, tt.policy, tt.plans.plan)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, c := range got.Causes {
				lines = append(lines, lineOf(c))
			}
			if diff := cmp.Diff(tt.want, lines); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tt.why, diff)
			}
			if diff := cmp.Diff(tt.avoid, got.Avoid); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tt.why, diff)
			}
			if (got.Then != nil) != (len(tt.avoid) > 0) {
				t.Errorf("the plan with all that was found: %v", got.Then)
			}
		})
	}
}

func lineOf(c migrate.Cause) string {
	var names, words []string
	for _, ch := range c.Changes {
		names = append(names, string(ch.Name)+" "+string(ch.Type))
	}
	switch {
	case c.Guess:
		words = append(words, "looks like its difference")
	case c.Theirs == "":
		words = append(words, "unexplained")
	}
	if c.Avoid != "" {
		words = append(words, "avoided by "+c.Avoid)
	}
	return strings.Join(names, ", ") + ": " + strings.Join(words, ", ")
}

// TestAttributeFails: a plan that can't be made is no plan without changes.
func TestAttributeFails(t *testing.T) {
	update := changed("a", set(300, "1", "2"), set(300, "1"), reason.Differs)
	for calls := 1; calls <= 4; calls++ {
		n := 0
		_, err := migrate.Attribute(t.Context(), nil, nil, "upsert-only", func(context.Context, []string) (report.Plan, error) {
			if n++; n == calls {
				return report.Plan{}, errors.New("the zone can't be read")
			}
			return plan(report.View{Changes: []report.Change{update}}), nil
		})
		if err == nil || !strings.Contains(err.Error(), "can't be read") {
			t.Errorf("call %d: %v", calls, err)
		}
	}
}

// TestBrakedIsNotStill: what waits at the brake would be changed.
func TestBrakedIsNotStill(t *testing.T) {
	o := migrate.Outcome{Plan: plan(report.View{Braked: []report.Braked{{Deletes: 5}}})}
	if o.Still() || !(migrate.Outcome{Plan: plan(report.View{})}).Still() {
		t.Error("a plan with something at the brake is still, or an empty one isn't")
	}
}
