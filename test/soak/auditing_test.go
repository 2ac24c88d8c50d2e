// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

// TestAuditSees makes each mistake that the soak is to see.
func TestAuditSees(t *testing.T) {
	const zone = dnsname.Name("example.com")
	set := func(name dnsname.Name, t record.Type, ttl uint32, value string) record.Set {
		return record.Set{Key: record.Key{Name: name, Type: t}, TTL: ttl, Values: []string{value}, Stored: []string{value}}
	}
	mark := func(who string) record.Set {
		return set("prefix_a-app."+zone, record.TXT, 300, `"heritage=external-dns,external-dns/owner=`+who+`,external-dns/resource=ingress/default/app"`)
	}
	a, b := set("app."+zone, record.A, 300, "192.0.2.1"), set("app."+zone, record.A, 300, "192.0.2.2")
	person := set("person-0."+zone, record.TXT, 3600, `"ours, please don't touch"`)
	create := func(s record.Set) r53emu.Change { return r53emu.Change{Action: r53emu.Create, Set: s} }
	remove := func(s record.Set) r53emu.Change { return r53emu.Change{Action: r53emu.Delete, Set: s} }
	tests := map[string]struct {
		before []r53emu.Change
		made   []r53emu.Change
		want   counts
		why    string
	}{
		"right":           {nil, []r53emu.Change{create(a), create(mark(owner))}, counts{changes: 2}, "together"},
		"changed":         {[]r53emu.Change{create(a), create(mark(owner))}, []r53emu.Change{remove(a), create(b)}, counts{changes: 2}, "the marker stays"},
		"no marker":       {nil, []r53emu.Change{create(a)}, counts{changes: 1, orphans: 1}, "a record set that nobody owns"},
		"other's marker":  {nil, []r53emu.Change{create(a), create(mark("OTHER"))}, counts{changes: 2, orphans: 1}, "not ours"},
		"marker alone":    {nil, []r53emu.Change{create(mark(owner))}, counts{changes: 1, alone: 1}, "of no record set"},
		"lost":            {[]r53emu.Change{create(a), create(mark(owner))}, []r53emu.Change{remove(a), remove(mark(owner))}, counts{changes: 2, lost: 1}, "an object asks for it"},
		"foreign deleted": {nil, []r53emu.Change{remove(person)}, counts{changes: 1, foreign: 1, touched: 1}, "a person's"},
		"foreign changed": {nil, []r53emu.Change{remove(person), create(set(person.Name, record.TXT, 60, `"x"`))}, counts{changes: 2, foreign: 1, touched: 2}, "a person's"},
		"blind":           {nil, []r53emu.Change{{Action: r53emu.Upsert, Set: a}, {Action: r53emu.Upsert, Set: mark(owner)}}, counts{changes: 2, upserts: 2}, "whatever was there"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := r53emu.New(r53emu.Options{})
			fill(t, s)
			id := s.DB().Zones()[0].ID
			audit := newAudit(s.DB(), func(n dnsname.Name) bool { return n == a.Name })
			for _, list := range [][]r53emu.Change{tt.before, tt.made} {
				audit.counts = counts{}
				audit.sent(r53emu.Call{Zone: id, Changes: list})
				if len(list) > 0 {
					if _, err := s.Change(id, list...); err != nil {
						t.Fatal(err)
					}
				}
				audit.look(id, owner)
			}
			if diff := cmp.Diff(tt.want, audit.counts, cmp.AllowUnexported(counts{})); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.why, diff)
			}
		})
	}
}

// TestWriters tells those who write at once from those who follow one another.
func TestWriters(t *testing.T) {
	at := func(who string, begin, end int64) span { return span{who, time.Unix(begin, 0), time.Unix(end, 0)} }
	tests := map[string]struct {
		spans    []span
		who      []string
		overlaps int
		why      string
	}{
		"turns":      {[]span{at("A", 1, 2), at("A", 2, 4), at("B", 4, 5), at("A", 6, 7)}, []string{"A", "B", "A"}, 0, "one after the other"},
		"at once":    {[]span{at("A", 1, 3), at("B", 2, 4)}, []string{"A", "B"}, 1, "the second began before the first ended"},
		"late":       {[]span{at("B", 2, 4), at("A", 1, 3)}, []string{"A", "B"}, 1, "they are noted when they end"},
		"long":       {[]span{at("A", 1, 9), at("A", 2, 3), at("B", 4, 5)}, []string{"A", "B"}, 1, "an earlier batch lasts longer than a later one"},
		"two of one": {[]span{at("A", 1, 3), at("A", 2, 4)}, []string{"A"}, 0, "two zones"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := &account{spans: tt.spans}
			if who, overlaps := a.writers(); !slices.Equal(who, tt.who) || overlaps != tt.overlaps {
				t.Errorf("%v, %d at once, want %v and %d: %s", who, overlaps, tt.who, tt.overlaps, tt.why)
			}
		})
	}
}
