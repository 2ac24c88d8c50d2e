// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/decide/plan"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/awssd"
	"nafuda.io/nafuda/internal/registry/noop"
)

// TestNotes: claims that a provider keeps as notes stand beside anything, and every change relies on them: a delete too, and a note
// that is left alone goes only where the policy deletes.
func TestNotes(t *testing.T) {
	at := func(kind record.Type, value string) record.Set {
		return record.Set{Key: record.Key{Name: "web.example.com", Type: kind}, TTL: 300, Values: []string{value}}
	}
	note := func(owner string) record.Set {
		s := at(record.Note, registry.Heritage{Owner: owner, Resource: "d/web"}.String())
		s.TTL = 0
		return s
	}
	a, cname := at(record.A, "192.0.2.1"), at(record.CNAME, "x.example.net")
	for why, tc := range map[string]struct {
		registry registry.Registry
		policy   change.Policy
		observed []record.Set
		want     *record.Set
		changes  string
	}{
		"a CNAME beside its note":           {awssd.New("me", false), change.UpsertOnly, nil, &cname, "create CNAME, create NOTE"},
		"a name that comes back":            {awssd.New("me", false), change.UpsertOnly, []record.Set{note("me")}, &cname, "create CNAME, update NOTE"},
		"another type":                      {awssd.New("me", false), change.UpsertOnly, []record.Set{a, note("me")}, &cname, "delete A, create CNAME, update NOTE"},
		"a delete relies on the note":       {awssd.New("me", false), change.Sync, []record.Set{a, note("me")}, nil, "delete A, update NOTE"},
		"a delete takes the note along":     {awssd.New("me", true), change.Sync, []record.Set{a, note("me")}, nil, "delete A, delete NOTE"},
		"a note that is left":               {awssd.New("me", true), change.Sync, []record.Set{note("me")}, nil, "delete NOTE"},
		"a note that is left, upsert-only":  {awssd.New("me", true), change.UpsertOnly, []record.Set{note("me")}, nil, ""},
		"foreign: a note of another":        {awssd.New("me", true), change.Sync, []record.Set{note("them")}, &a, ""},
		"foreign: a name of another":        {awssd.New("me", true), change.Sync, []record.Set{a, note("them")}, &cname, ""},
		"foreign: nobody asks for it":       {awssd.New("me", true), change.Sync, []record.Set{a, note("them")}, nil, ""},
		"without a registry a note is none": {noop.Registry{}, change.Sync, []record.Set{note("them")}, &cname, "create CNAME"},
	} {
		in := plan.Input{
			Name: "web.example.com", Zone: zone.Zone{Name: "example.com"}, Observed: tc.observed, Policy: tc.policy, Owner: tc.registry.Owner(),
			Manages: managed(record.A, record.AAAA, record.CNAME), Gone: func(string) reason.Reason { return reason.Reason{} },
			Desired: func(s record.Set) ([]record.Set, error) { return []record.Set{s}, nil },
		}
		in.Ledger = tc.registry.Open(in.Name, in.Zone, func(dnsname.Name) []record.Set { return tc.observed }, nil)
		if tc.want != nil {
			in.Rows = []plan.Row{{Wants: []change.Want{{Set: *tc.want, Resource: "d/web", Askers: []string{"d/web"}}}, Askers: []string{"d/web"}}}
		}
		g, _ := plan.Name(in)
		var got []string
		for _, c := range g.Changes {
			got = append(got, string(c.Action())+" "+string(c.Key().Type))
		}
		if diff := cmp.Diff(tc.changes, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", why, diff)
		}
	}
}
