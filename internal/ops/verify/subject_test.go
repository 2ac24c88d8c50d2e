// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// TestSubjects: what the loop knows about a name becomes what is compared, type by type.
func TestSubjects(t *testing.T) {
	www, host := set("www.example.com", record.A, public), set("www.example.com", record.CNAME, "lb.example.net")
	text := set("www.example.com", record.TXT, `"heritage=external-dns"`)
	web := reconcile.Asker{Ref: endpoint.Ref{Kind: "ingress", Namespace: "default", Name: "web"}, Endpoints: []endpoint.Endpoint{{Name: www.Name, Type: record.AAAA}}}
	pub := zone.Zone{Key: zone.Key{ID: "Z1"}, Name: "example.com"}
	apex := zone.Zone{Key: zone.Key{ID: "Z2"}, Name: "www.example.com"}
	inner := zone.Zone{Key: zone.Key{ID: "Z3"}, Name: "example.com", Private: true}
	ours := []reconcile.SetFacts{{Set: www, Ours: true}, {Set: text, Marker: true}}
	decided := func(v change.Verdict, typ record.Type, c reason.Code) []change.Decision {
		return []change.Decision{{Key: record.Key{Name: www.Name, Type: typ}, Verdict: v, Why: reason.New(c, "because")}}
	}
	one := func(z reconcile.ZoneFacts) reconcile.NameFacts {
		if z.Zone.ID == "" {
			z.Zone = pub
		}
		return reconcile.NameFacts{Name: www.Name, Askers: []reconcile.Asker{web}, Views: []reconcile.ViewFacts{{Zones: []reconcile.ZoneFacts{z}}}}
	}
	nobody := func(n reconcile.NameFacts) reconcile.NameFacts { n.Askers = nil; return n }
	type want struct {
		typ                       record.Type
		there                     int
		differs, unasked, leftOut reason.Code
		unknown                   bool
		twins                     int
	}
	for name, tc := range map[string]struct {
		why   string
		facts reconcile.NameFacts
		want  []want
	}{
		"published":         {why: "the marker is no subject", facts: one(reconcile.ZoneFacts{Observed: ours}), want: []want{{typ: record.A, there: 1}}},
		"to be made":        {why: "its type is that of the change", facts: one(reconcile.ZoneFacts{Changes: []change.Change{{After: &www, Why: reason.New(reason.Asked, "")}, {After: &text, Marker: true}}}), want: []want{{typ: record.A, differs: reason.Asked}}},
		"type changes":      {why: "each type for itself", facts: one(reconcile.ZoneFacts{Observed: ours, Changes: []change.Change{{Before: &www, Why: reason.New(reason.Replaced, "")}, {After: &host, Why: reason.New(reason.Asked, "")}}}), want: []want{{typ: record.A, there: 1, differs: reason.Replaced}, {typ: record.CNAME, differs: reason.Asked}}},
		"marker only":       {why: "nothing that DNS answers for the name", facts: one(reconcile.ZoneFacts{Observed: ours, Changes: []change.Change{{After: &text, Marker: true, Why: reason.New(reason.Marks, "")}}}), want: []want{{typ: record.A, there: 1}}},
		"call fails":        {why: "the fault is the reason", facts: one(reconcile.ZoneFacts{Fault: reason.New(reason.Denied, ""), Changes: []change.Change{{After: &www, Why: reason.New(reason.Asked, "")}}}), want: []want{{typ: record.A, differs: reason.Denied}}},
		"parked":            {why: "the provider refuses it", facts: one(reconcile.ZoneFacts{Parked: reason.New(reason.Rejected, ""), Changes: []change.Change{{After: &www}}}), want: []want{{typ: record.A, differs: reason.Rejected}}},
		"refused":           {why: "somebody else's record set", facts: one(reconcile.ZoneFacts{Observed: []reconcile.SetFacts{{Set: www}}, Decisions: decided(change.Refused, record.A, reason.Foreign)}), want: []want{{typ: record.A, there: 1, differs: reason.Foreign}}},
		"another type's":    {why: "a decision about AAAA says nothing of A", facts: one(reconcile.ZoneFacts{Observed: ours, Decisions: decided(change.Refused, record.AAAA, reason.Foreign)}), want: []want{{typ: record.A, there: 1}}},
		"no address":        {why: "the object's own trouble", facts: one(reconcile.ZoneFacts{Observed: ours, Decisions: decided(change.Held, "", reason.NoAddressYet)}), want: []want{{typ: record.A, there: 1, unasked: reason.NoAddressYet}}},
		"left out":          {why: "a filter", facts: one(reconcile.ZoneFacts{Decisions: decided(change.Filtered, record.AAAA, reason.TypeNotManaged)}), want: []want{{typ: record.AAAA, leftOut: reason.TypeNotManaged}}},
		"unread":            {why: "nothing is known of the zone", facts: one(reconcile.ZoneFacts{Unusable: reason.New(reason.Unreached, "")}), want: []want{{typ: record.AAAA, differs: reason.Unreached, unknown: true}}},
		"nobody asks":       {why: "and nothing is there", facts: nobody(one(reconcile.ZoneFacts{})), want: []want{{typ: record.A, unasked: reason.NobodyAsks}}},
		"made by hand":      {why: "DNS is compared all the same", facts: nobody(one(reconcile.ZoneFacts{Observed: []reconcile.SetFacts{{Set: host}}})), want: []want{{typ: record.CNAME, there: 1}}},
		"apex":              {why: "NS and SOA are the zone's", facts: one(reconcile.ZoneFacts{Zone: apex, Observed: append([]reconcile.SetFacts{{Set: set("www.example.com", record.NS, "ns1.example.net")}}, ours...)}), want: []want{{typ: record.A, there: 1}}},
		"no zone":           {why: "told once", facts: reconcile.NameFacts{Name: www.Name, Askers: []reconcile.Asker{web}, Views: []reconcile.ViewFacts{{NoZone: reason.New(reason.NoZone, "")}}}, want: []want{{typ: record.AAAA, differs: reason.NoZone, unknown: true}}},
		"no zone, left out": {why: "filters leave the object out", facts: reconcile.NameFacts{Name: www.Name, Askers: []reconcile.Asker{web}, Views: []reconcile.ViewFacts{{NoZone: reason.New(reason.NoZone, ""), Without: decided(change.Filtered, "", reason.Filtered)}}}, want: []want{{typ: record.AAAA, leftOut: reason.Filtered, unknown: true}}},
		"two views":         {why: "what another view's zone has may be answered, too", facts: reconcile.NameFacts{Name: www.Name, Askers: []reconcile.Asker{web}, Views: []reconcile.ViewFacts{{View: "public", Zones: []reconcile.ZoneFacts{{Zone: pub, Observed: ours}}}, {View: "lan", Zones: []reconcile.ZoneFacts{{Zone: inner, Observed: ours}}}}}, want: []want{{typ: record.A, there: 1, twins: 1}, {typ: record.A, there: 1, twins: 1}}},
		"two views, a zone": {why: "that of both is one", facts: reconcile.NameFacts{Name: www.Name, Askers: []reconcile.Asker{web}, Views: []reconcile.ViewFacts{{View: "a", Zones: []reconcile.ZoneFacts{{Zone: pub, Observed: ours}}}, {View: "b", Zones: []reconcile.ZoneFacts{{Zone: pub, Observed: ours}}}}}, want: []want{{typ: record.A, there: 1}, {typ: record.A, there: 1}}},
		"two zones":         {why: "each knows what the other has", facts: reconcile.NameFacts{Name: www.Name, Askers: []reconcile.Asker{web}, Views: []reconcile.ViewFacts{{Zones: []reconcile.ZoneFacts{{Zone: inner, Observed: ours}, {Zone: pub, Observed: ours}}}}}, want: []want{{typ: record.A, there: 1, twins: 1}, {typ: record.A, there: 1, twins: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []want
			for _, s := range Subjects(tc.facts) {
				got = append(got, want{s.Type, len(s.There), s.Differs.Code, s.Unasked.Code, s.LeftOut.Code, !s.Known, len(s.Twins)})
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%+v, want %+v (%s)", got, tc.want, tc.why)
			}
		})
	}
}
