// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"fmt"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

// theirs is how many names of a zone belong to people, and how many to another installation.
const theirs = 10

// zonesOf are the zones: those in which objects come and go, and last the one of the mass deletion.
func zonesOf() []dnsname.Name {
	return []dnsname.Name{"example.com", "example.net", "example.org", "many.example.org"}
}

// fill makes the zones, with what isn't ours.
func fill(t *testing.T, s *r53emu.Server) {
	t.Helper()
	for _, zone := range zonesOf() {
		id := s.AddZone(zone, false)
		if _, err := s.Change(id, foreign(zone)...); err != nil {
			t.Fatal(err)
		}
	}
}

// foreign is what people and another installation have in a zone.
func foreign(zone dnsname.Name) []r53emu.Change {
	var out []r53emu.Change
	add := func(s record.Set) { out = append(out, r53emu.Change{Action: r53emu.Create, Set: s}) }
	at := func(label string, t record.Type, values ...string) record.Set {
		name := dnsname.Name(label) + "." + zone
		if label == "" {
			name = zone
		}
		return record.Set{Key: record.Key{Name: name, Type: t}, TTL: 3600, Stored: values}
	}
	add(at("", record.MX, "10 mail.example.com."))
	add(at("", record.TXT, `"v=spf1 -all"`, `"quotes \"and\" \303\244"`))
	add(at("*.people", record.CNAME, "WWW.example.com."))
	for i := range theirs {
		label := fmt.Sprintf("person-%d", i)
		add(at(label, record.A, "198.51.100.1", "198.51.100.2"))
		add(at(label, record.TXT, `"ours, please don't touch"`))
		add(at(prefix+"a-"+label, record.TXT, `"heritage of my own"`)) // where a marker would be
		other := fmt.Sprintf("other-%d", i)
		add(at(other, record.A, "198.51.100.3"))
		add(at(prefix+"a-"+other, record.TXT, `"heritage=external-dns,external-dns/owner=OTHER,external-dns/resource=ingress/default/`+other+`"`))
		weighted := at(fmt.Sprintf("weighted-%d", i%3), record.A, "198.51.100.4")
		weighted.ID, weighted.Props = fmt.Sprintf("set-%d", i), []record.Prop{{Name: "aws/weight", Value: "10"}}
		add(weighted)
	}
	return out
}

// coveted are names that aren't ours and that objects ask for nevertheless.
func coveted() []dnsname.Name {
	var out []dnsname.Name
	for _, zone := range zonesOf() {
		out = append(out, "person-0."+zone, "other-0."+zone, "weighted-0."+zone)
	}
	return out
}
