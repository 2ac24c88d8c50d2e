// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/rfc2136"
)

func set(z zone.Zone, label string, t record.Type, values ...string) record.Set {
	n := z.Name
	if label != "" {
		n = dnsname.Name(label + "." + string(z.Name))
	}
	return record.Set{Key: record.Key{Name: n, Type: t}, TTL: 300, Values: values}
}

// batch groups changes by their names.
func batch(changes ...change.Change) change.Batch {
	var b change.Batch
	for _, c := range changes {
		i := slices.IndexFunc(b.Groups, func(g change.Group) bool { return g.Name == c.Key().Name })
		if i < 0 {
			i = len(b.Groups)
			b.Groups = append(b.Groups, change.Group{Name: c.Key().Name})
		}
		b.Groups[i].Changes = append(b.Groups[i].Changes, c)
	}
	return b
}

func create(s record.Set) change.Change { return change.Change{After: &s} }

// holds lists a zone as text, without its SOA and NS.
func holds(t testing.TB, p *rfc2136.Provider, z zone.Zone) []string {
	t.Helper()
	page, err := p.Records(t.Context(), z, "")
	if err != nil {
		t.Fatal(err)
	}
	return texts(slices.DeleteFunc(page.Sets, func(s record.Set) bool { return s.Name == z.Name && (s.Type == record.SOA || s.Type == record.NS) }))
}

func texts(sets []record.Set) []string {
	var out []string
	for _, s := range sets {
		out = append(out, fmt.Sprint(s.Key, " ", s.TTL, " ", strings.Join(s.Values, ", ")))
	}
	return out
}

// failure is an error's class; it has no secret.
func failure(t testing.TB, err error) *provider.Error {
	t.Helper()
	e, is := errors.AsType[*provider.Error](err)
	if !is {
		t.Fatalf("an error without a class: %v", err)
	}
	for _, form := range []string{"%v", "%+v", "%#v"} {
		if strings.Contains(fmt.Sprintf(form, err), secret) {
			t.Errorf("invariant secret: %v", err)
		}
	}
	return e
}

// in writes a zone's name in place of ZONE.
func in(z zone.Zone, lines ...string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, strings.ReplaceAll(l, "ZONE", string(z.Name)))
	}
	return out
}
