// SPDX-License-Identifier: Apache-2.0

package catalog_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/memory/catalog"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

var (
	refs  = []endpoint.Ref{{Kind: "ingress", Namespace: "ns", Name: "x"}, {Kind: "ingress", Namespace: "ns", Name: "y"}, {Kind: "node", Name: "n"}}
	names = []dnsname.Name{"example.com", "a-b.example.com", "a.example.com", "x.a.example.com", "b.example.com"}
)

func result(t *rapid.T, from *endpoint.Origin) endpoint.Result {
	var r endpoint.Result
	for range rapid.IntRange(0, 4).Draw(t, "endpoints") {
		r.Endpoints = append(r.Endpoints, endpoint.Endpoint{
			Name: rapid.SampledFrom(names).Draw(t, "name"), Type: rapid.SampledFrom([]record.Type{record.A, record.AAAA}).Draw(t, "type"),
			Targets: []string{rapid.SampledFrom([]string{"192.0.2.1", "192.0.2.2"}).Draw(t, "target")}, From: from,
		})
	}
	for range rapid.IntRange(0, 2).Draw(t, "holds") {
		r.Holds = append(r.Holds, endpoint.Hold{Name: rapid.SampledFrom(names).Draw(t, "name"), From: from, Why: reason.New(reason.NoAddressYet, "no address")})
	}
	if rapid.IntRange(0, 4).Draw(t, "refusal") == 0 {
		r.Refusals = append(r.Refusals, endpoint.Refusal{Ref: from.Ref, Field: "spec"})
	}
	if rapid.IntRange(0, 4).Draw(t, "unsure") == 0 {
		r.Unsure = reason.New(reason.KindUnknown, "not read")
	}
	r.Sort()
	return r
}

// TestUnsureIsRemembered: what an object can't list concerns no name, and is known all the same (proof).
func TestUnsureIsRemembered(t *testing.T) {
	c, unsure := catalog.New(), endpoint.Result{Unsure: reason.New(reason.KindUnknown, "not read")}
	if dirty := c.Put(refs[0], unsure); len(dirty) > 0 {
		t.Errorf("dirty: %v", dirty)
	}
	if r, ok := c.Result(refs[0]); !ok || r.Unsure != unsure.Unsure {
		t.Errorf("got %+v, %v", r, ok)
	}
	c.Put(refs[0], endpoint.Result{})
	if r, ok := c.Result(refs[0]); ok {
		t.Errorf("it is there still: %+v", r)
	}
}

func TestAgainstANaiveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := catalog.New()
		model := make(map[endpoint.Ref]endpoint.Result)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(*rapid.T) {
				ref := rapid.SampledFrom(refs).Draw(t, "ref")
				old := model[ref]
				r := result(t, &endpoint.Origin{Source: "test", Ref: ref, Created: time.Unix(1, 0)})
				dirty := c.Put(ref, r)
				model[ref] = r
				var want []dnsname.Name
				if !reflect.DeepEqual(old, r) {
					want = append(old.Names(), r.Names()...)
					slices.SortFunc(want, dnsname.Name.Compare)
					want = slices.Compact(want)
				}
				if !slices.Equal(dirty, want) {
					t.Fatalf("Put(%s) = %v, want %v", ref, dirty, want)
				}
			},
			"again": func(*rapid.T) {
				ref := rapid.SampledFrom(refs).Draw(t, "ref")
				if dirty := c.Put(ref, model[ref]); dirty != nil {
					t.Fatalf("putting the same again concerns %v", dirty)
				}
			},
			"": func(*rapid.T) { check(t, c, model) },
		})
	})
}

func check(t *rapid.T, c *catalog.Catalog, model map[endpoint.Ref]endpoint.Result) {
	t.Helper()
	asked := 0
	for _, n := range names {
		var eps []endpoint.Endpoint
		var holds []endpoint.Hold
		for _, ref := range refs { // sorted
			asks := false
			for _, e := range model[ref].Endpoints {
				if e.Name == n {
					eps, asks = append(eps, e), true
				}
			}
			for _, h := range model[ref].Holds {
				if h.Name == n {
					holds, asks = append(holds, h), true
				}
			}
			if c.Asks(ref.String(), n) != asks {
				t.Fatalf("Asks(%s, %s) = %v, want %v", ref, n, !asks, asks)
			}
		}
		gotEps, gotHolds := c.At(n)
		if !reflect.DeepEqual(eps, gotEps) || !reflect.DeepEqual(holds, gotHolds) { // cmp takes its time, and this is asked often
			t.Fatalf("At(%s) (-want +got):\n%s", n, cmp.Diff(eps, gotEps)+cmp.Diff(holds, gotHolds))
		}
		there := len(eps)+len(holds) > 0
		if c.Has(n) != there {
			t.Fatalf("Has(%s) = %v, want %v", n, !there, there)
		}
		if there {
			asked++
		}
	}
	if got := len(slices.Collect(c.Names())); got != asked || c.Len() != asked {
		t.Fatalf("%d names, Len() = %d, want %d", got, c.Len(), asked)
	}
	var before endpoint.Ref
	for ref, r := range c.All() {
		if !reflect.DeepEqual(model[ref], r) || ref.Compare(before) <= 0 {
			t.Fatalf("All() at %s after %s (-want +got):\n%s", ref, before, cmp.Diff(model[ref], r))
		}
		before = ref
	}
}

func TestAtGivesOutCopies(t *testing.T) {
	c := catalog.New()
	from := &endpoint.Origin{Ref: refs[0]}
	c.Put(refs[0], endpoint.Result{Endpoints: []endpoint.Endpoint{{Name: "a.example.com", Type: record.A, From: from}}})
	eps, _ := c.At("a.example.com")
	eps[0].TTL = 60
	if again, _ := c.At("a.example.com"); again[0].TTL != 0 {
		t.Error("changing what At returned has changed the catalog")
	}
}
