// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// evaluate evaluates an object and checks the result's form.
func evaluate(t *testing.T, src source.Source, obj any, look source.Lookup) endpoint.Result {
	t.Helper()
	r := src.Eval(obj, look)
	if diff := cmp.Diff(r, src.Eval(obj, look)); diff != "" {
		t.Errorf("%s: a second evaluation differs:\n%s", kinds.RefOf(obj), diff)
	}
	sorted := endpoint.Result{Endpoints: slices.Clone(r.Endpoints), Holds: slices.Clone(r.Holds), Refusals: slices.Clone(r.Refusals), Again: slices.Clone(r.Again)}
	if sorted.Sort(); !cmp.Equal(sorted, r) {
		t.Errorf("%s: the result isn't sorted", kinds.RefOf(obj))
	}
	for i, e := range r.Endpoints {
		want, err := record.Canonical(e.Type, e.Targets)
		if err != nil || !slices.Equal(want, e.Targets) {
			t.Errorf("%s: %s has the targets %q, canonically %q (%v)", kinds.RefOf(obj), e.Key(), e.Targets, want, err)
		}
		if e.From == nil || e.From != r.Endpoints[0].From || e.From.Ref != kinds.RefOf(obj) || e.From.Source != src.Name {
			t.Errorf("%s: %s has the origin %+v", kinds.RefOf(obj), e.Key(), e.From)
		}
		if i > 0 && e.Key() == r.Endpoints[i-1].Key() {
			t.Errorf("%s: %s comes twice", kinds.RefOf(obj), e.Key())
		}
	}
	return r
}

// checkUnknown evaluates the object again with each kind hidden that the source uses. Unknown isn't absent: every name is still
// asked for or held, or below a name that is held for that very reason, since what can't be read may hold the names themselves.
func checkUnknown(t *testing.T, src source.Source, obj any, objects *Objects, r endpoint.Result) {
	t.Helper()
	check := func(what string, hidden *Objects) {
		got := src.Eval(obj, hidden)
		for _, name := range r.Names() {
			if !slices.Contains(got.Names(), name) && !slices.ContainsFunc(got.Holds, func(h endpoint.Hold) bool { return covers(h, name) }) {
				t.Errorf("%s: while %s aren't known, %s is let go", kinds.RefOf(obj), what, name)
			}
		}
	}
	for _, use := range src.Uses {
		hidden := *objects
		hidden.unknown = maps.Clone(objects.unknown)
		hidden.Hide(use.Kind, errUnread)
		check("objects of the kind "+use.Kind, &hidden)
	}
	hidden := *objects
	hidden.facts = nil
	check("facts", &hidden)
}

func covers(h endpoint.Hold, name dnsname.Name) bool {
	return (h.Why.Code == reason.KindUnknown || h.Why.Code == reason.KindForbidden) && name.In(h.Name)
}
