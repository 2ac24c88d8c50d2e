// SPDX-License-Identifier: Apache-2.0

package ownership_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/ownership"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/storetest"
	"nafuda.io/nafuda/internal/registry/txt"
)

func set(name, typ string, values ...string) record.Set {
	return record.Set{Key: record.Key{Name: dnsname.Name(name), Type: record.Type(typ)}, TTL: 300, Values: values}
}

func marker(name, owner, resource string) record.Set {
	return set(name, "TXT", registry.Heritage{Owner: owner, Resource: resource}.String())
}

// world is a provider and a table between which ownership is moved.
type world struct {
	memory *providertest.Memory
	flaky  *providertest.Flaky
	store  *storetest.Memory
}

func newWorld(sets []record.Set, rows ...registry.Row) *world {
	w := &world{memory: providertest.NewMemory(providertest.MemoryZone("example.com"), providertest.MemoryZone("sub.example.com")), store: storetest.NewMemory(rows...)}
	for _, s := range sets {
		id := "example.com"
		if s.Name.In("sub.example.com") {
			id = "sub.example.com"
		}
		w.memory.Put(id, s)
	}
	w.flaky = providertest.NewFlaky(w.memory)
	return w
}

func (w *world) move(t *testing.T, to ownership.Direction) ownership.Move {
	t.Helper()
	j, err := journal.Open("", journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return ownership.Move{
		To: to, Providers: []provider.Provider{w.flaky}, Markers: txt.New(txt.Options{Owner: "me", Prefix: "x-", Format: "auto"}), Store: w.store,
		Match: func(n dnsname.Name) bool { return n != "kept.example.com" }, Journal: j, View: "default",
	}
}

// holds is what is in the zones and the table, a line each.
func (w *world) holds() []string {
	var out []string
	for _, id := range []string{"example.com", "sub.example.com"} {
		for _, s := range w.memory.Sets(id) {
			if s.Type != record.SOA && s.Type != record.NS {
				out = append(out, fmt.Sprint(s.Key, " ", strings.Join(s.Values, " ")))
			}
		}
	}
	for _, r := range w.store.Rows() {
		out = append(out, fmt.Sprint("row ", r.Key, " ", r.Owner, " ", r.Labels))
	}
	return out
}

func quiet(string, ...any) {}

// marked is a zone in all forms of markers, with what isn't ours.
func marked() []record.Set {
	return []record.Set{
		set("a.example.com", "A", "192.0.2.1"), set("a.example.com", "AAAA", "2001:db8::1"), marker("x-a-a.example.com", "me", "ingress/d/a"), marker("x-aaaa-a.example.com", "me", "ingress/d/a"),
		set("b.example.com", "CNAME", "lb.example.net"), marker("x-b.example.com", "me", "service/d/b"),
		set("www.sub.example.com", "A", "192.0.2.2"), marker("x-a-www.sub.example.com", "me", "ingress/d/sub"),
		set("them.example.com", "A", "192.0.2.3"), marker("x-a-them.example.com", "them", "ingress/d/them"),
		set("foreign.example.com", "A", "192.0.2.4"),
		set("kept.example.com", "A", "192.0.2.5"), marker("x-a-kept.example.com", "me", "ingress/d/kept"),
		set("taken.example.com", "A", "192.0.2.6"), marker("x-a-taken.example.com", "me", "ingress/d/taken"),
	}
}

func theirRow() registry.Row {
	return registry.Row{Key: record.Key{Name: "taken.example.com", Type: record.A}, Owner: "them", Labels: map[string]string{}}
}

var moved = []string{
	"a.example.com A 192.0.2.1", "a.example.com AAAA 2001:db8::1", "b.example.com CNAME lb.example.net", "foreign.example.com A 192.0.2.4",
	"kept.example.com A 192.0.2.5", `x-a-kept.example.com TXT "heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/d/kept"`,
	"taken.example.com A 192.0.2.6", `x-a-taken.example.com TXT "heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/d/taken"`,
	"them.example.com A 192.0.2.3", `x-a-them.example.com TXT "heritage=external-dns,external-dns/owner=them,external-dns/resource=ingress/d/them"`,
	"www.sub.example.com A 192.0.2.2",
	"row a.example.com A me map[nafuda/zones:example.com resource:ingress/d/a]", "row a.example.com AAAA me map[nafuda/zones:example.com resource:ingress/d/a]",
	"row b.example.com CNAME me map[nafuda/zones:example.com resource:service/d/b]", "row taken.example.com A them map[]",
	"row www.sub.example.com A me map[nafuda/zones:sub.example.com resource:ingress/d/sub]",
}

func (w *world) want(t *testing.T, want []string) {
	t.Helper()
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), slices.Sorted(slices.Values(w.holds()))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestToTable(t *testing.T) {
	w := newWorld(marked(), theirRow())
	before := w.holds()
	m := w.move(t, ownership.ToTable)
	work, err := m.Look(t.Context())
	if err != nil || work.Rows != 4 || work.Markers != 4 || len(work.Left) != 1 || work.Left[0].Key.Name != "taken.example.com" {
		t.Errorf("%+v, %v", work, err)
	}
	w.want(t, before) // a look changes nothing
	if err := m.Apply(t.Context(), quiet); err != nil {
		t.Fatal(err)
	}
	w.want(t, moved)
	if work, err := m.Look(t.Context()); err != nil || !work.Empty() || work.Done != 4 {
		t.Errorf("afterwards %+v, %v", work, err)
	}
}

// TestOneIsNotMany: what is told of one row, record set and name is told in the singular.
func TestOneIsNotMany(t *testing.T) {
	w := newWorld(marked()[4:6])
	for _, to := range []ownership.Direction{ownership.ToTable, ownership.ToTXT} {
		var told strings.Builder
		if err := w.move(t, to).Apply(t.Context(), func(format string, args ...any) { fmt.Fprintf(&told, format+"\n", args...) }); err != nil {
			t.Fatal(err)
		}
		if text := told.String(); !strings.Contains(text, " 1 row\n") || !strings.Contains(text, "the markers of 1 name in zone") {
			t.Errorf("to %s: %s", to, text)
		}
	}
}

// TestThereAndBack has markers be as they were, but for their form, which follows what is left in the zone.
func TestThereAndBack(t *testing.T) {
	w := newWorld(marked(), theirRow())
	if err := w.move(t, ownership.ToTable).Apply(t.Context(), quiet); err != nil {
		t.Fatal(err)
	}
	m := w.move(t, ownership.ToTXT)
	work, err := m.Look(t.Context())
	if err != nil || work.Rows != 4 || work.Markers != 4 {
		t.Errorf("%+v, %v", work, err)
	}
	if err := m.Apply(t.Context(), quiet); err != nil {
		t.Fatal(err)
	}
	want := newWorld(marked(), theirRow()).holds()
	for i := range want {
		want[i] = strings.Replace(want[i], "x-b.example.com TXT", "x-cname-b.example.com TXT", 1)
	}
	w.want(t, want)
}

// TestUnmarkableStays has the row of a record set stay that can't have a marker.
func TestUnmarkableStays(t *testing.T) {
	name := strings.Repeat("a", 62) + ".example.com"
	row := registry.Row{Key: record.Key{Name: dnsname.Name(name), Type: record.A}, Owner: "me", Labels: map[string]string{"resource": "ingress/d/a"}}
	w := newWorld([]record.Set{set(name, "A", "192.0.2.1")}, row)
	before := w.holds()
	m := w.move(t, ownership.ToTXT)
	work, err := m.Look(t.Context())
	if err != nil || len(work.Left) != 1 || !work.Empty() {
		t.Errorf("%+v, %v", work, err)
	}
	if err := m.Apply(t.Context(), quiet); err != nil {
		t.Error(err)
	}
	w.want(t, before)
}

// TestKilledMove ends a move at each of its calls, and runs it again: it ends the same, and meanwhile everything of ours is ours by one or
// the other.
func TestKilledMove(t *testing.T) {
	for _, to := range []ownership.Direction{ownership.ToTable, ownership.ToTXT} {
		start := func(t *testing.T) *world {
			w := newWorld(marked(), theirRow())
			if to == ownership.ToTXT {
				if err := w.move(t, ownership.ToTable).Apply(t.Context(), quiet); err != nil {
					t.Fatal(err)
				}
			}
			return w
		}
		whole := start(t)
		if err := whole.move(t, to).Apply(t.Context(), quiet); err != nil {
			t.Fatal(err)
		}
		for at := range 12 {
			for _, late := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, call %d, late %v", to, at, late), func(t *testing.T) {
					w := start(t)
					n := 0
					dead := func() bool { n++; return n > at }
					w.store.Fail(func(string, record.Key) error {
						if dead() {
							return storetest.Down()
						}
						return nil
					})
					w.flaky.Fail(providertest.OpApply, providertest.Fault{
						Times: -1, Late: late, Err: &provider.Error{Class: provider.Uncertain, Err: errors.New("killed")},
						When: func(zone.Zone, change.Batch) bool { return dead() },
					})
					err := w.move(t, to).Apply(t.Context(), quiet)
					if at < 5 && err == nil {
						t.Error("nothing failed")
					}
					w.store.Fail(nil)
					w.flaky.Heal(providertest.OpApply)
					w.everythingIsOurs(t)
					if err := w.move(t, to).Apply(t.Context(), quiet); err != nil {
						t.Fatal(err)
					}
					w.want(t, whole.holds())
				})
			}
		}
	}
}

func (w *world) everythingIsOurs(t *testing.T) {
	t.Helper()
	work, err := w.move(t, ownership.ToTable).Look(context.Background())
	if err != nil || work.Markers+work.Done != 4 {
		t.Errorf("%+v, %v: want four record sets of ours", work, err)
	}
}

// TestRowOfAZoneThatIsNotUsedStays has a row stay that is for a record set of another zone, too, which nobody looks at.
func TestRowOfAZoneThatIsNotUsedStays(t *testing.T) {
	row := registry.Row{
		Key: record.Key{Name: "a.example.com", Type: record.A}, Owner: "me",
		Labels: map[string]string{"resource": "ingress/d/a", "nafuda/zones": "example.com elsewhere"},
	}
	w := newWorld([]record.Set{set("a.example.com", "A", "192.0.2.1")}, row)
	if err := w.move(t, ownership.ToTXT).Apply(t.Context(), quiet); err != nil {
		t.Fatal(err)
	}
	if work, err := w.move(t, ownership.ToTXT).Look(t.Context()); err != nil || !work.Empty() || len(work.Left) != 1 || !strings.Contains(work.Left[0].Why.Text, "elsewhere") {
		t.Errorf("afterwards %+v, %v", work, err)
	}
	if got := w.store.Rows(); len(got) != 1 {
		t.Errorf("the table holds %v", got)
	}
	if got := w.holds(); len(got) != 3 {
		t.Errorf("there is %q, want the record set, its marker and its row", got)
	}
}
