// SPDX-License-Identifier: Apache-2.0

package providertest

import (
	"maps"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
)

// purity are the cases of what is a function and what leaves its arguments alone.
func purity() []kase {
	return []kase{
		{name: "Desired is idempotent and leaves its argument alone", test: func(b *bench) {
			draw := b.drawn()
			rapid.Check(b.T, func(t *rapid.T) {
				in := draw.Draw(t, "set")
				kept := deepSet(in)
				once, err := b.Provider.Desired(in)
				if diff := cmp.Diff(kept, in); diff != "" {
					t.Fatalf("the argument (-before +after):\n%s", diff)
				}
				if err != nil {
					return
				}
				for _, s := range once {
					twice, err := b.Provider.Desired(declining(s, in))
					if err != nil || len(twice) != 1 {
						t.Fatalf("desire %v again: %v, %v", s, twice, err)
					}
					if diff := cmp.Diff(plain([]record.Set{s}), plain(twice)); diff != "" {
						t.Fatalf("(-once +twice):\n%s", diff)
					}
					if _, ok := s.Prop("alias"); ok {
						t.Fatalf("alias is left: %v", s)
					}
				}
			})
		}},
		{name: "Apply leaves its batch alone", test: func(b *bench) {
			b.store(b.possible(b.set("text", record.TXT, `a "b"`, "c"), b.set("www", record.A, "192.0.2.3"))...)
			batch := between(b.read(b.Zone), b.desired(b.possible(
				b.set("text", record.TXT, "z", "y"), b.set("www", record.A, "192.0.2.4", "192.0.2.3"), b.set("new", record.A, "192.0.2.2", "192.0.2.1"))...))
			kept := deep(batch)
			b.apply(batch)
			if diff := cmp.Diff(kept, batch); diff != "" {
				b.Errorf("the batch (-before +after):\n%s", diff)
			}
		}},
	}
}

// declining repeats a property alias=false of in, which Desired uses up: without it, what points at a service is an alias again.
func declining(s, in record.Set) record.Set {
	if v, ok := in.Prop("alias"); ok && v == "false" {
		s.Props = append(slices.Clone(s.Props), record.Prop{Name: "alias", Value: v})
	}
	return s
}

// drawn draws record sets that objects could ask for, wrong ones among them.
func (b *bench) drawn() *rapid.Generator[record.Set] {
	return rapid.Custom(func(t *rapid.T) record.Set {
		kind := rapid.SampledFrom([]record.Type{record.A, record.AAAA, record.CNAME, record.TXT, record.MX, record.SRV}).Draw(t, "type")
		s := record.Set{
			Key: record.Key{Name: b.name(rapid.SampledFrom([]string{"www", "*", ""}).Draw(t, "label")), Type: kind, ID: rapid.SampledFrom([]string{"", "one"}).Draw(t, "id")},
			TTL: rapid.SampledFrom([]uint32{0, 1, 300, 1 << 31}).Draw(t, "ttl"),
		}
		values := append(slices.Clone(examples[kind]), "lb-1.eu-west-1.elb.amazonaws.com", "Target.Example.COM.", "2001:DB8::1", `"quo\"ted" "two"`, "192.0.2.2")
		s.Values = rapid.SliceOfNDistinct(rapid.SampledFrom(values), 0, 3, rapid.ID).Draw(t, "values")
		props := map[string][]string{
			"alias": {"true", "false", "A", "AAAA", "x"}, "record-type": {"PTR"}, "aws/weight": {"010", "10", "x"}, "aws/region": {"eu-west-1"},
			"aws/evaluate-target-health": {"true", "FALSE"}, "aws/target-hosted-zone": {"/hostedzone/Z1", "Z2"}, "aws/geoproximity-coordinates": {"49.220, -074.01"},
			"aws/multi-value-answer": {"", "true"}, "aws/health-check-id": {"abc-1"}, "cloudflare/proxied": {"true"}, "aws/hosted-zone-id": {"Z1"},
		}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(slices.Sorted(maps.Keys(props))), 0, 3, rapid.ID).Draw(t, "props") {
			s.Props = append(s.Props, record.Prop{Name: name, Value: rapid.SampledFrom(props[name]).Draw(t, name)})
		}
		slices.SortFunc(s.Props, func(a, b record.Prop) int { return strings.Compare(a.Name, b.Name) })
		return s
	})
}

func deep(b change.Batch) change.Batch {
	out := change.Batch{}
	for _, g := range b.Groups {
		copied := change.Group{Name: g.Name}
		for _, c := range g.Changes {
			c.Before, c.After = deepRef(c.Before), deepRef(c.After)
			copied.Changes = append(copied.Changes, c)
		}
		out.Groups = append(out.Groups, copied)
	}
	return out
}

func deepRef(s *record.Set) *record.Set {
	if s == nil {
		return nil
	}
	out := deepSet(*s)
	return &out
}

func deepSet(s record.Set) record.Set {
	s.Values, s.Props, s.Stored = slices.Clone(s.Values), slices.Clone(s.Props), slices.Clone(s.Stored)
	if s.Alias != nil {
		a := *s.Alias
		s.Alias = &a
	}
	return s
}
