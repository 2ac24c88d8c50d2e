// SPDX-License-Identifier: Apache-2.0

package providertest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// reading are the cases of zones, pages and names.
func reading() []kase {
	return []kase{
		{name: "lists zones", test: func(b *bench) {
			zones, err := b.Provider.Zones(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			i := slices.IndexFunc(zones, func(z zone.Zone) bool { return z.ID == b.Zone.ID })
			if i < 0 || zones[i].Name != b.Zone.Name || zones[i].Key != b.Zone.Key {
				b.Fatalf("%v isn't among %v", b.Zone, zones)
			}
			if !slices.IsSortedFunc(zones, zone.Compare) {
				b.Error("the zones aren't sorted")
			}
			b.counts(zones[i].Records)
		}},
		{name: "an empty zone reads empty", test: func(b *bench) { b.holds(nil) }},
		{name: "pages", test: func(b *bench) {
			for _, n := range []int{1, 100, 101, 299, 300, 301, 601} {
				b.Run(fmt.Sprint(n), func(t *testing.T) { (&bench{T: t, Target: b.Target}).pages(n) })
			}
		}},
		{name: "names that straddle pages", test: straddle, able: weighted},
		{name: "names are read as pages are", test: namesAgree, able: namesReadable},
		{name: "a change comes to be in sync", test: inSync, able: confirming},
	}
}

// counts tests that the zone list counts what is added.
func (b *bench) counts(before int) {
	b.Helper()
	if before < 0 {
		return
	}
	b.store(b.set("one", record.A, "192.0.2.1"), b.set("two", record.A, "192.0.2.1"))
	zones, err := b.Provider.Zones(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	for _, z := range zones {
		if z.ID == b.Zone.ID && z.Records != before+2 {
			b.Errorf("the zone counts %d record sets, want %d", z.Records, before+2)
		}
	}
}

func (b *bench) pages(n int) {
	var sets []record.Set
	for i := range n {
		sets = append(sets, b.set(fmt.Sprintf("n%04d-%d", i, n), record.A, "192.0.2.1"))
	}
	want := b.store(sets...)
	b.holds(want)
	batches, _ := change.Pack(between(b.read(b.Zone), nil).Groups, b.Provider.Describe().Limits)
	for _, batch := range batches {
		b.apply(batch)
	}
	b.holds(nil)
}

// straddle puts more sets at one name than a page has, with neighbours.
func straddle(b *bench) {
	var sets []record.Set
	for i := range 250 {
		sets = append(sets, b.set(fmt.Sprintf("a%03d", i), record.A, "192.0.2.1"))
	}
	for _, name := range []string{"b", "c"} {
		for _, t := range []record.Type{record.A, record.AAAA, record.TXT, record.SRV} {
			for i := range 90 {
				s := b.set(name, t, examples[t]...)
				s.ID, s.Props = fmt.Sprintf("id %03d", i), []record.Prop{{Name: "aws/weight", Value: "1"}}
				sets = append(sets, s)
			}
		}
	}
	b.holds(b.store(append(sets, b.set("d", record.A, "192.0.2.1"))...))
}

func namesAgree(b *bench) {
	all := b.store(b.possible(b.set("a", record.A, "192.0.2.1"), b.set("a", record.TXT, "x"), b.set("b", record.A, "192.0.2.1"), b.set("*", record.TXT, "y"), b.set("ab", record.A, "192.0.2.1"))...)
	for why, names := range map[string][]dnsname.Name{
		"two, one of them twice": {b.name("b"), b.name("a"), b.name("b")},
		"one that isn't there":   {b.name("nothing")},
		"a wildcard":             {b.name("*")},
		"none":                   nil,
		"all":                    {b.name("a"), b.name("b"), b.name("ab"), b.name("*")},
	} {
		got, err := b.Provider.(provider.NameReader).Names(b.Context(), b.Zone, names)
		if err != nil {
			b.Fatal(err)
		}
		want := slices.DeleteFunc(slices.Clone(all), func(s record.Set) bool { return !slices.Contains(names, s.Name) })
		if diff := cmp.Diff(plain(want), plain(got)); diff != "" {
			b.Errorf("%s (-want +got):\n%s", why, diff)
		}
	}
}

// inSync polls until a change is everywhere; a service that never gets there fails at the deadline.
func inSync(b *bench) {
	r := b.apply(between(nil, b.desired(b.set("www", record.A, "192.0.2.1"))))
	for deadline := time.After(2 * time.Minute); ; {
		done, err := b.Provider.(provider.Confirmer).InSync(b.Context(), r)
		if err != nil {
			b.Fatal(err)
		}
		if done {
			return
		}
		select {
		case <-deadline:
			b.Fatal("the change never comes to be in sync")
		case <-time.After(50 * time.Millisecond):
		}
	}
}
