// SPDX-License-Identifier: Apache-2.0

package rows_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/rows"
)

func set(value string) record.Set {
	return record.Set{Key: record.Key{Name: "www.example.com", Type: record.A}, TTL: 300, Values: []string{value}}
}

func row(owner string, labels ...string) *registry.Row {
	r := registry.Row{Key: set("").Key, Owner: owner, Labels: map[string]string{}}
	for i := 0; i < len(labels); i += 2 {
		r.Labels[labels[i]] = labels[i+1]
	}
	return &r
}

func edit(zoneID string, before, after *record.Set) rows.Edit {
	return rows.Edit{Change: change.Change{Before: before, After: after, Resource: "ingress/ns/x"}, Owner: "me", ZoneID: zoneID}
}

// claimed is whose a record set is with a row, or why it is nobody's.
func claimed(r *registry.Row, s record.Set, zoneID string) string {
	b := rows.New("me")
	b.Enter(s.Key, r)
	z := zone.Zone{Key: zone.Key{ID: zoneID}, Name: "example.com"}
	c, ok, why := b.Open(s.Name, z, nil, nil).Claim(s)
	if !ok {
		return string(why.Code)
	}
	return c.Owner + " " + c.Resource
}

func TestClaims(t *testing.T) {
	one, two := set("192.0.2.1"), set("192.0.2.2")
	writing, _ := edit("Z1", nil, &one).Before(nil)
	for name, tc := range map[string]struct {
		why  string
		row  *registry.Row
		set  record.Set
		zone string
		want string
	}{
		"none":                      {why: "foreign", set: one, zone: "Z1", want: "NotOurs"},
		"ours":                      {why: "ours in every zone, as ExternalDNS takes it", row: row("me", "resource", "ingress/ns/x"), set: one, zone: "Z1", want: "me ingress/ns/x"},
		"no labels":                 {why: "ours, and for an object that isn't known", row: &registry.Row{Key: one.Key, Owner: "me"}, set: one, zone: "Z1", want: "me "},
		"another owner's":           {why: "named", row: row("you", "resource", "service/ns/y"), set: one, zone: "Z1", want: "you service/ns/y"},
		"for the zone":              {why: "one of those that it names", row: row("me", "nafuda/zones", "Z0 Z1"), set: one, zone: "Z1", want: "me "},
		"for another zone":          {why: "the record set there was made by somebody else", row: row("me", "nafuda/zones", "Z0 Z11"), set: one, zone: "Z1", want: "NotOurs"},
		"being made":                {why: "this is what we were making", row: writing, set: one, zone: "Z1", want: "me ingress/ns/x"},
		"being made, another":       {why: "this isn't", row: writing, set: two, zone: "Z1", want: "NotOurs"},
		"being made in another one": {why: "a zone's own", row: row("me", "nafuda/writing/Z2", "00"), set: one, zone: "Z1", want: "me "},
	} {
		t.Run(name, func(t *testing.T) {
			if got := claimed(tc.row, tc.set, tc.zone); got != tc.want {
				t.Errorf("%q, want %q (%s)", got, tc.want, tc.why)
			}
		})
	}
}

func TestEdits(t *testing.T) {
	one, two := set("192.0.2.1"), set("192.0.2.2")
	ours, theirs := row("me", "nafuda/zones", "Z1", "resource", "ingress/ns/x"), row("you")
	legacy := row("me", "resource", "ingress/ns/x")
	both := row("me", "nafuda/zones", "Z1 Z2", "resource", "ingress/ns/x")
	writing, _ := edit("Z1", nil, &one).Before(nil)
	for name, tc := range map[string]struct {
		why    string
		edit   rows.Edit
		row    *registry.Row
		refuse reason.Code
		during string // whose the record set of the edit is, after Before
		done   *registry.Row
	}{
		"create":                  {why: "a row for this zone", edit: edit("Z1", nil, &one), during: "me ingress/ns/x", done: ours},
		"create, theirs":          {why: "whatever stands there", edit: edit("Z1", nil, &one), row: theirs, refuse: reason.OtherOwner},
		"create, ours":            {why: "a row that was left over", edit: edit("Z1", nil, &one), row: ours, during: "me ingress/ns/x", done: ours},
		"create in a second zone": {why: "the row is for both", edit: edit("Z2", nil, &one), row: ours, during: "me ingress/ns/x", done: both},
		"create, of ExternalDNS":  {why: "the row stays for any zone, or the others would be nobody's", edit: edit("Z2", nil, &one), row: legacy, during: "me ingress/ns/x", done: legacy},
		"update":                  {why: "nothing but the object", edit: edit("Z1", &one, &two), row: row("me", "nafuda/zones", "Z1", "resource", "service/ns/y"), during: "me service/ns/y", done: ours},
		"update, of a write whose end isn't known": {
			why: "the row is for what comes, too, should its end not be known either", edit: edit("Z1", &one, &two), row: writing, during: "me ingress/ns/x", done: ours,
		},
		"update, gone":             {why: "not ours any more", edit: edit("Z1", &one, &two), refuse: reason.Foreign},
		"update, theirs":           {why: "named", edit: edit("Z1", &one, &two), row: theirs, refuse: reason.OtherOwner},
		"delete":                   {why: "the row goes last", edit: edit("Z1", &one, nil), row: ours, during: "me ingress/ns/x"},
		"delete, gone":             {why: "not ours any more", edit: edit("Z1", &one, nil), refuse: reason.Foreign},
		"delete in one of two":     {why: "the other one's stays", edit: edit("Z2", &one, nil), row: both, during: "me ingress/ns/x", done: ours},
		"delete, of ExternalDNS":   {why: "no zone needs it", edit: edit("Z1", &one, nil), row: legacy, during: "me ingress/ns/x"},
		"delete, another may need": {why: "the record set of another zone would be nobody's", edit: elsewhere(edit("Z1", &one, nil)), row: legacy, during: "me ingress/ns/x", done: legacy},
		"delete, another is made": {
			why: "its row would go with the other's", edit: edit("Z1", &one, nil), row: row("me", "resource", "ingress/ns/x", "nafuda/writing/Z2", "00"),
			during: "me ingress/ns/x", done: row("me", "resource", "ingress/ns/x", "nafuda/writing/Z2", "00"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			next, why := tc.edit.Before(tc.row)
			if why.Code != tc.refuse {
				t.Fatalf("%v, want %q (%s)", why, tc.refuse, tc.why)
			}
			if tc.refuse != "" {
				if !registry.Same(next, tc.row) {
					t.Errorf("a refused edit makes it %+v", next)
				}
				return
			}
			for _, s := range []*record.Set{tc.edit.Change.Before, tc.edit.After} {
				if s == nil {
					continue
				}
				if got := claimed(next, *s, tc.edit.ZoneID); got != tc.during {
					t.Errorf("%s is %q meanwhile, want %q (%s)", s.Values, got, tc.during, tc.why)
				}
			}
			if diff := cmp.Diff(tc.done, tc.edit.Done(next)); diff != "" {
				t.Errorf("done: -want +got\n%s(%s)", diff, tc.why)
			}
		})
	}
}

func elsewhere(e rows.Edit) rows.Edit {
	e.Elsewhere = true
	return e
}

// TestTogetherAfterAKill cuts edits off at any point and lets somebody else put any record set, or none, where ours isn't: Mend leaves no row
// that claims what we haven't made, and none without a record set; and what we have made stays ours.
func TestTogetherAfterAKill(t *testing.T) {
	values := []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}
	rapid.Check(t, func(t *rapid.T) {
		var r *registry.Row
		var stands *record.Set
		mine := false
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			var next *record.Set
			if rapid.Bool().Draw(t, "wanted") {
				s := set(rapid.SampledFrom(values).Draw(t, "value"))
				next = &s
			}
			if stands == nil && next == nil || stands != nil && !mine {
				continue
			}
			e := edit("Z1", stands, next)
			before, why := e.Before(r)
			if !why.None() {
				t.Fatalf("%v, of our own", why)
			}
			cut := rapid.IntRange(0, 3).Draw(t, "cut off after") // nothing, the row, the record set, all
			if cut >= 1 {
				r = before
			}
			if cut >= 2 {
				stands, mine = next, next != nil
			}
			if cut == 3 {
				r = e.Done(r)
				continue
			}
			if stands == nil && rapid.Bool().Draw(t, "somebody makes one") {
				s := set("192.0.2.9")
				stands, mine = &s, false
			}
			if stands != nil {
				if got := claimed(r, *stands, "Z1") == "me ingress/ns/x"; got != mine {
					t.Fatalf("%s counts as ours: %v, and it is ours: %v; row %+v", stands.Values, got, mine, r)
				}
			}
			if r != nil {
				r = rows.Mend(*r, stands, "Z1", false)
			}
			if (r != nil) != mine || r != nil && slices.Contains(slices.Collect(keys(r)), "nafuda/writing/Z1") {
				t.Fatalf("after mending the row is %+v, and the record set is ours: %v", r, mine)
			}
		}
	})
}

func keys(r *registry.Row) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range r.Labels {
			if !yield(k) {
				return
			}
		}
	}
}

func TestAttach(t *testing.T) {
	one := set("192.0.2.1")
	b := rows.New("me")
	owned := []registry.Owned{{Set: one, Resource: "ingress/ns/y"}}
	ledger := func(r *registry.Row) registry.Ledger {
		b.Enter(one.Key, r)
		return b.Open(one.Name, zone.Zone{}, nil, nil)
	}
	markers, refused := ledger(row("me", "resource", "ingress/ns/x")).Attach(nil, owned)
	if len(refused) > 0 || len(markers) != 1 || !markers[0].Keeps() || !markers[0].Marker || markers[0].Resource != "ingress/ns/y" {
		t.Errorf("another object: %v, %v", markers, refused)
	}
	if markers, refused = ledger(row("me", "resource", "ingress/ns/y")).Attach(nil, owned); markers != nil || refused != nil {
		t.Errorf("nothing new: %v, %v", markers, refused)
	}
	if markers, refused = ledger(row("you")).Attach([]change.Change{{After: &one}}, owned); len(refused) != 1 || refused[0].Why.Code != reason.OtherOwner {
		t.Errorf("another owner: %v, %v", markers, refused)
	}
}

func TestReplaceTellsWhatIsNew(t *testing.T) {
	b := rows.New("me")
	at := func(name string) registry.Row {
		return registry.Row{Key: record.Key{Name: dnsname.Name(name), Type: record.A}, Owner: "me"}
	}
	none := func(record.Key) bool { return false }
	b.Replace([]registry.Row{at("a.example.com"), at("b.example.com"), at("c.example.com")}, none)
	changed := at("b.example.com")
	changed.Owner = "you"
	got := b.Replace([]registry.Row{at("a.example.com"), changed, at("d.example.com")}, func(k record.Key) bool { return k.Name == "d.example.com" })
	if diff := cmp.Diff([]dnsname.Name{"b.example.com", "c.example.com"}, got); diff != "" {
		t.Error(diff)
	}
	if all, ours := b.Len(); all != 2 || ours != 1 {
		t.Errorf("%d rows, %d ours: want 2 and 1", all, ours)
	}
}
