// SPDX-License-Identifier: Apache-2.0

package mirror_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/memory/mirror"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

func set(name string, typ record.Type, value string) record.Set {
	return record.Set{Key: record.Key{Name: dnsname.Name(name), Type: typ}, TTL: 300, Values: []string{value}}
}

func commit(z *mirror.Zone, changes ...change.Change) {
	z.Commit(change.Batch{Groups: []change.Group{{Changes: changes}}})
}

func created(s record.Set) change.Change { return change.Change{After: &s} }
func deleted(s record.Set) change.Change { return change.Change{Before: &s} }

func TestReplaceKeepsWhatWasCommittedSince(t *testing.T) {
	one, two := set("a.example.com", record.A, "192.0.2.1"), set("a.example.com", record.A, "192.0.2.2")
	for name, tc := range map[string]struct {
		why    string
		before []change.Change // committed before the page is asked for
		during []change.Change // and while it is on its way
		page   []record.Set
		want   []record.Set
	}{
		"read":              {why: "a page is entered", page: []record.Set{one}, want: []record.Set{one}},
		"gone":              {why: "what a page hasn't is gone", before: []change.Change{created(one)}},
		"committed before":  {why: "a page that was asked for later knows better", before: []change.Change{created(one)}, page: []record.Set{two}, want: []record.Set{two}},
		"committed during":  {why: "the page may be older than the commit", during: []change.Change{created(one)}, want: []record.Set{one}},
		"deleted during":    {why: "the page may be older than the delete", before: []change.Change{created(one)}, during: []change.Change{deleted(one)}, page: []record.Set{one}},
		"new name emptied":  {why: "a name that came and went stays gone", during: []change.Change{created(one), deleted(one)}, page: []record.Set{one}},
		"other type during": {why: "the name as a whole is newer than the page", before: []change.Change{created(one)}, during: []change.Change{created(set("a.example.com", record.AAAA, "2001:db8::1"))}, page: []record.Set{two}, want: []record.Set{one, set("a.example.com", record.AAAA, "2001:db8::1")}},
	} {
		t.Run(name, func(t *testing.T) {
			z := mirror.New()
			commit(z, tc.before...)
			asked := z.Now()
			for _, c := range tc.during {
				commit(z, c)
			}
			z.Replace(tc.page, "", "", asked)
			if diff := cmp.Diff(tc.want, slices.Collect(z.All())); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
			if z.Len() != len(tc.want) {
				t.Errorf("Len() = %d, want %d", z.Len(), len(tc.want))
			}
			z.Replace(tc.page, "", "", z.Now())
			if diff := cmp.Diff(tc.page, slices.Collect(z.All())); diff != "" {
				t.Errorf("a later page is entered in full (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReplaceLeavesTheRestAlone(t *testing.T) {
	z := mirror.New()
	for _, n := range []string{"example.com", "a.example.com", "b.example.com", "c.example.com"} {
		commit(z, created(set(n, record.A, "192.0.2.1")))
	}
	page := []record.Set{set("ab.example.com", record.A, "192.0.2.1"), set("b.example.com", record.A, "192.0.2.1")}
	names, changed := z.Replace(page, "a.example.com", "c.example.com", z.Now())
	if diff := cmp.Diff([]dnsname.Name{"a.example.com", "ab.example.com", "b.example.com"}, names); diff != "" {
		t.Errorf("names of the range (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]dnsname.Name{"a.example.com", "ab.example.com"}, changed); diff != "" {
		t.Errorf("one is gone and one is new (-want +got):\n%s", diff)
	}
	page[1].TTL++
	if _, changed := z.Replace(page, "a.example.com", "c.example.com", z.Now()); !slices.Equal(changed, []dnsname.Name{"b.example.com"}) {
		t.Errorf("with another TTL, %v have changed", changed)
	}
	page[1].Stored = []string{"192.0.2.01"}
	if _, changed := z.Replace(page, "a.example.com", "c.example.com", z.Now()); !slices.Equal(changed, []dnsname.Name{"b.example.com"}) {
		t.Errorf("in another spelling, %v have changed", changed)
	}
	if diff := cmp.Diff([]dnsname.Name{"example.com", "ab.example.com", "b.example.com", "c.example.com"}, slices.Collect(z.Names())); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

func TestCommitChangesNoSetThatWasGivenOut(t *testing.T) {
	z := mirror.New()
	commit(z, created(set("a.example.com", record.A, "192.0.2.1")), created(set("a.example.com", record.TXT, `"x"`)))
	before := z.At("a.example.com")
	held := slices.Clone(before)
	commit(z, deleted(before[0]), created(set("a.example.com", record.AAAA, "2001:db8::1")))
	if diff := cmp.Diff(held, before); diff != "" {
		t.Errorf("what At returned has changed (-was +is):\n%s", diff)
	}
}

// naive is a mirror that remembers every name with the commit that last touched it.
type naive struct {
	sets    map[record.Key]record.Set
	touched map[dnsname.Name]uint64
}

func (m naive) replace(page []record.Set, in func(dnsname.Name) bool, asked uint64) {
	for k := range m.sets {
		if in(k.Name) && m.touched[k.Name] <= asked {
			delete(m.sets, k)
		}
	}
	for _, s := range page {
		if m.touched[s.Name] <= asked {
			m.sets[s.Key] = s
		}
	}
}

func TestAgainstANaiveModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := mirror.New()
		m := naive{make(map[record.Key]record.Set), make(map[dnsname.Name]uint64)}
		names := []dnsname.Name{"example.com", "*.example.com", "a-b.example.com", "a.example.com", "x.a.example.com", "b.example.com"}
		asked := z.Now()
		draw := func() record.Set {
			n := rapid.SampledFrom(names).Draw(t, "name")
			typ := rapid.SampledFrom([]record.Type{record.A, record.TXT}).Draw(t, "type")
			return set(string(n), typ, fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "value")))
		}
		t.Repeat(map[string]func(*rapid.T){
			"ask": func(*rapid.T) { asked = z.Now() },
			"commit": func(*rapid.T) {
				s := draw()
				c := created(s)
				m.sets[s.Key] = s
				if rapid.Bool().Draw(t, "delete") {
					c = deleted(s)
					delete(m.sets, s.Key)
				}
				commit(z, c)
				m.touched[s.Name] = z.Now()
			},
			"replace": func(*rapid.T) {
				from := rapid.SampledFrom(append(names, "")).Draw(t, "from")
				until := rapid.SampledFrom(append(names, "")).Draw(t, "until")
				in := func(n dnsname.Name) bool {
					return n.Compare(from) >= 0 && (until == "" || n.Compare(until) < 0)
				}
				byKey := make(map[record.Key]record.Set)
				for range rapid.IntRange(0, 4).Draw(t, "read") {
					if s := draw(); in(s.Name) {
						byKey[s.Key] = s
					}
				}
				var page []record.Set
				for _, s := range byKey {
					page = append(page, s)
				}
				slices.SortFunc(page, record.Compare)
				z.Replace(page, from, until, asked)
				m.replace(page, in, asked)
			},
			"reread": func(*rapid.T) {
				s := draw()
				z.Reread([]dnsname.Name{s.Name}, []record.Set{s}, asked)
				m.replace([]record.Set{s}, func(n dnsname.Name) bool { return n == s.Name }, asked)
			},
			"": func(*rapid.T) {
				var want []record.Set
				for _, s := range m.sets {
					want = append(want, s)
				}
				slices.SortFunc(want, record.Compare)
				if diff := cmp.Diff(want, slices.Collect(z.All())); diff != "" {
					t.Fatalf("the mirror differs from the model (-want +got):\n%s", diff)
				}
				if z.Len() != len(want) {
					t.Fatalf("Len() = %d, want %d", z.Len(), len(want))
				}
			},
		})
	})
}
