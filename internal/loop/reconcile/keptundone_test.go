// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/decide/plan"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider/providertest"
)

func someOverride(name string, values ...string) *override {
	o := &override{
		place: placeOf(zone.Key{Provider: "aws", ID: "Z1"}, "default", dnsname.Name(name)), account: "default",
		asked: map[string]string{"ingress/d/x": "0123456789abcdef", "ingress/d/y": unsaid}, at: time.Unix(1_700_000_000, 0).UTC(), entries: []journal.ID{3, 7},
	}
	for i, v := range values {
		set := record.Set{Key: record.Key{Name: o.name, Type: record.A, ID: fmt.Sprint(i)}, TTL: 300, Values: []string{v}, Props: []record.Prop{{Name: "aws/weight", Value: "1"}}}
		o.sets = append(o.sets, restored{set, "ingress/d/x"})
	}
	return o
}

func list(os *overrides) []override {
	var out []override
	for _, o := range os.sorted() {
		out = append(out, *o)
	}
	return out
}

var exact = cmp.AllowUnexported(override{}, place{}, restored{})

func TestUndoneNamesAreKept(t *testing.T) {
	before := newOverrides()
	for _, o := range []*override{someOverride("b.example.com", "192.0.2.1", "192.0.2.2"), someOverride("a.example.com"), someOverride("*.example.com", "\xff")} {
		before.put(o)
	}
	after := newOverrides()
	if err := after.restore(before.export()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(list(&before), list(&after), exact); diff != "" {
		t.Errorf("(-kept +read):\n%s", diff)
	}
	if string(before.export()) != string(after.export()) {
		t.Error("what was read is kept in other bytes")
	}
}

func TestUndoneNamesThatCannotBeRead(t *testing.T) {
	many := newOverrides()
	for i := range mostUndone + 1 {
		many.put(someOverride(fmt.Sprintf("n%d.example.com", i)))
	}
	good := string(one(someOverride("a.example.com", "192.0.2.1")).export())
	for why, kept := range map[string]string{
		"no JSON": "{", "another form": `{"a": 1}`,
		"more than are undone":      string(many.export()),
		"longer than what is kept":  "[" + strings.Repeat(" ", MaxKeptBytes) + "]",
		"no name":                   strings.ReplaceAll(good, `"a.example.com"`, `""`),
		"a set of another name":     strings.Replace(good, `{"name":"a.example.com"`, `{"name":"b.example.com"`, 1),
		"a zone's own record set":   strings.Replace(good, `"type":"A"`, `"type":"SOA"`, 1),
		"a year that isn't written": strings.Replace(good, "2023-11-14T22:13:20Z", "9999-12-31T23:59:59-23:59", 1),
		"a set that isn't there":    `[{"name":"a.example.com","at":"2023-11-14T22:13:20Z","sets":[{"set":null}]}]`,
	} {
		os := one(someOverride("kept.example.com"))
		if kept == good {
			t.Fatalf("%s: nothing was changed", why)
		}
		if err := os.restore([]byte(kept)); err == nil {
			t.Errorf("%s: it is read as %+v", why, list(os))
		}
		if len(os.places) != 1 {
			t.Errorf("%s: after the error %+v are undone", why, list(os))
		}
	}
}

func TestUndoneNamesAreBounded(t *testing.T) {
	os := newOverrides()
	for i := range mostUndone {
		os.put(&override{place: place{name: dnsname.Name(fmt.Sprintf("n%d.example.com", i))}})
	}
	if err := os.check(); err != nil {
		t.Errorf("%d names are too many: %v", mostUndone, err)
	}
	os.put(someOverride("one-more.example.com"))
	if err := os.check(); !errors.Is(err, ErrManyUndone) {
		t.Errorf("%d names aren't too many: %v", len(os.places), err)
	}
	if err := one(someOverride("a.example.com", strings.Repeat("x", mostUndoneBytes))).check(); !errors.Is(err, ErrManyUndone) {
		t.Errorf("a name that is longer than what can be kept isn't too much: %v", err)
	}
}

func one(o *override) *overrides {
	os := newOverrides()
	os.put(o)
	return &os
}

// FuzzUndoneNames gives the reader anything. What it takes can be kept, and read again as the same.
func FuzzUndoneNames(f *testing.F) {
	f.Add([]byte(one(someOverride("a.example.com", "192.0.2.1")).export()))
	f.Add([]byte(`[{"name":"*.example.com","at":"0001-01-01T00:00:00Z","sets":[{"set":{"name":"*.example.com","type":"A","alias":{"target":""}},"for":""}],"asked":null}]`))
	f.Fuzz(func(t *testing.T, kept []byte) {
		os := newOverrides()
		if os.restore(kept) != nil {
			return
		}
		for _, o := range os.sorted() {
			o.rows()
			o.decisions()
		}
		again := newOverrides()
		if err := again.restore(os.export()); err != nil {
			t.Fatal(err)
		}
		if string(os.export()) != string(again.export()) {
			t.Fatalf("%s was read and is kept as\n%s", os.export(), again.export())
		}
	})
}

// TestUndoRestoresTheStoredForm: a CNAME that an annotation kept from being an alias stays one, though it doesn't carry the annotation;
// an alias whose target is gone isn't asked for.
func TestUndoRestoresTheStoredForm(t *testing.T) {
	memory := providertest.NewMemory(providertest.MemoryZone("example.com"))
	z := newZoneState(&account{provider: aliasing{memory}}, providertest.MemoryZone("example.com"))
	key := record.Key{Name: "www.example.com", Type: record.CNAME}
	cname := record.Set{Key: key, TTL: 300, Values: []string{"lb.example.net"}}
	if sets, err := z.desired(cname); err != nil || sets[0].Alias == nil {
		t.Fatalf("the provider makes no alias of %v: %v, %v", cname, sets, err)
	}
	key.Type = record.A
	alias := record.Set{Key: key, Alias: &record.Alias{Target: "gone.example.com"}}
	o := someOverride("www.example.com")
	o.sets = []restored{{cname, "ingress/d/x"}, {alias, "ingress/d/x"}}
	var in plan.Input
	z.override(&in, o)
	if sets, err := in.Desired(cname); err != nil || len(sets) != 1 || !sets[0].Equal(cname) {
		t.Errorf("the CNAME is restored as %v, %v", sets, err)
	}
	if sets, err := in.Desired(alias); err == nil {
		t.Errorf("the alias of nothing is restored as %v", sets)
	}
	if in.Policy != change.Sync || !in.Gone("ingress/d/x").None() {
		t.Error("a person needs neither the policy nor proof")
	}
	if d := o.decisions(); len(d) != 2 || d[0].Why.Code != reason.Undone || d[0].Verdict != change.Held {
		t.Errorf("decided %+v", d)
	}
}

// aliasing is a provider that makes an alias of every CNAME.
type aliasing struct{ *providertest.Memory }

func (aliasing) Desired(s record.Set) ([]record.Set, error) {
	if s.Type == record.CNAME {
		return []record.Set{{Key: record.Key{Name: s.Name, Type: record.A}, Alias: &record.Alias{Target: "lb.example.net", Zone: "Z2"}}}, nil
	}
	return []record.Set{s}, nil
}
