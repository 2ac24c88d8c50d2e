// SPDX-License-Identifier: Apache-2.0

package providertest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// bench is one case at work.
type bench struct {
	*testing.T
	Target
}

// name is a name in the zone; an empty label is the apex.
func (b *bench) name(label string) dnsname.Name {
	if label == "" {
		return b.Zone.Name
	}
	return dnsname.MustParse(label + "." + string(b.Zone.Name))
}

// set makes a record set as resolve would.
func (b *bench) set(label string, t record.Type, values ...string) record.Set {
	b.Helper()
	canonical, err := record.Canonical(t, values)
	if err != nil {
		b.Fatal(err)
	}
	return record.Set{Key: record.Key{Name: b.name(label), Type: t}, TTL: 60, Values: canonical}
}

// desired is the normal form of some sets.
func (b *bench) desired(sets ...record.Set) []record.Set {
	b.Helper()
	var out []record.Set
	for _, s := range sets {
		d, err := b.Provider.Desired(s)
		if err != nil {
			b.Fatalf("desire %s: %v", s.Key, err)
		}
		out = append(out, d...)
	}
	slices.SortFunc(out, record.Compare)
	return out
}

// between is the batch that turns some sets into others, a group for each name.
func between(before, after []record.Set) change.Batch {
	edits := make(map[record.Key]change.Change)
	for _, s := range before {
		edits[s.Key] = change.Change{Before: &s}
	}
	for _, s := range after {
		c := edits[s.Key]
		c.After = &s
		edits[s.Key] = c
	}
	groups := make(map[dnsname.Name][]change.Change)
	for k, c := range edits {
		if c.Before != nil && c.After != nil && c.Before.Equal(*c.After) {
			continue
		}
		groups[k.Name] = append(groups[k.Name], c)
	}
	var out change.Batch
	for n, changes := range groups {
		slices.SortFunc(changes, func(a, b change.Change) int { return a.Key().Compare(b.Key()) })
		out.Groups = append(out.Groups, change.Group{Name: n, Changes: changes})
	}
	slices.SortFunc(out.Groups, func(a, b change.Group) int { return a.Name.Compare(b.Name) })
	return out
}

// apply sends a batch that has to be taken.
func (b *bench) apply(batch change.Batch) provider.Receipt {
	b.Helper()
	r, err := b.Provider.Apply(b.Context(), b.Zone, batch)
	if err != nil {
		b.Fatalf("apply %v: %v", batch.Changes(), err)
	}
	return r
}

// store writes the normal form of some sets into the zone, in as many batches as the limits ask for, and returns it.
func (b *bench) store(sets ...record.Set) []record.Set {
	b.Helper()
	want := b.desired(sets...)
	batches, oversize := change.Pack(between(nil, want).Groups, b.Provider.Describe().Limits)
	if len(oversize) > 0 {
		b.Fatalf("%d groups fit no batch", len(oversize))
	}
	for _, batch := range batches {
		b.apply(batch)
	}
	return want
}

// become turns what the zone holds into the normal form of some sets, by one batch of what is read.
func (b *bench) become(sets ...record.Set) {
	b.Helper()
	want := b.desired(sets...)
	b.apply(between(b.read(b.Zone), want))
	b.holds(want)
}

// holds compares what the zone holds with what it should.
func (b *bench) holds(want []record.Set) {
	b.Helper()
	if diff := cmp.Diff(plain(want), plain(b.read(b.Zone))); diff != "" {
		b.Errorf("the zone (-want +got):\n%s", diff)
	}
}

// plain makes sets comparable: how the provider spells values doesn't matter.
func plain(sets []record.Set) []record.Set {
	out := make([]record.Set, 0, len(sets))
	for _, s := range sets {
		s.Stored = nil
		s.Values = append([]string{}, s.Values...)
		s.Props = append([]record.Prop{}, s.Props...)
		out = append(out, s)
	}
	slices.SortFunc(out, record.Compare)
	return out
}

// read reads a zone page by page, checks the pages, and leaves out the apex's NS and SOA.
func (b *bench) read(z zone.Zone) []record.Set {
	b.Helper()
	var out []record.Set
	var cursor provider.Cursor
	var from dnsname.Name
	for {
		page, err := b.Provider.Records(b.Context(), z, cursor)
		if err != nil {
			b.Fatalf("read %s: %v", z.Name, err)
		}
		b.check(page, from)
		out = append(out, page.Sets...)
		if page.Next == "" {
			break
		}
		cursor, from = page.Next, page.Until
	}
	return slices.DeleteFunc(out, func(s record.Set) bool {
		return s.Name == z.Name && (s.Type == record.NS || s.Type == record.SOA)
	})
}

// check tests that a page starts where the last one ended, is sorted and has only names of its range.
func (b *bench) check(page provider.Page, from dnsname.Name) {
	b.Helper()
	if page.From != from {
		b.Errorf("a page starts at %q, and the last one ended at %q", page.From, from)
	}
	if (page.Next == "") != (page.Until == "") {
		b.Errorf("a page ends at %q and goes on at %q", page.Until, page.Next)
	}
	if page.Until != "" && page.Until.Compare(from) <= 0 {
		b.Fatalf("a page from %q ends at %q: the listing doesn't move", from, page.Until)
	}
	if !slices.IsSortedFunc(page.Sets, record.Compare) {
		b.Errorf("a page isn't sorted")
	}
	for _, s := range page.Sets {
		if from != "" && s.Name.Compare(from) < 0 || page.Until != "" && s.Name.Compare(page.Until) >= 0 {
			b.Errorf("%s isn't between %q and %q", s.Key, from, page.Until)
		}
	}
}

// refuses sends a batch that mustn't be taken, and returns its error, which has a class and no secret.
func (b *bench) refuses(batch change.Batch, want provider.Class) *provider.Error {
	b.Helper()
	_, err := b.Provider.Apply(b.Context(), b.Zone, batch)
	if err == nil {
		b.Fatalf("the batch was taken: %v", batch.Changes())
	}
	e := b.classed(err)
	if e.Class != want {
		b.Errorf("class %s, want %s: %v", e.Class, want, err)
	}
	return e
}

// classed returns an error as one with a class, checked for secrets.
func (b *bench) classed(err error) *provider.Error {
	b.Helper()
	for _, secret := range b.Secrets {
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
			b.Errorf("the error has a secret: %v", err)
		}
	}
	e, ok := errors.AsType[*provider.Error](err)
	if !ok {
		b.Fatalf("an error without a class: %v", err)
	}
	return e
}
