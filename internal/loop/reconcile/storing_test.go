// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/storetest"
)

// inTable is in, with claims in a table.
func inTable(t *testing.T, f func(*rig)) {
	in(t, func(r *rig) {
		r.store = storetest.NewMemory()
		f(r)
	})
}

// rows is what the table holds, a line a row: name, type, owner, and the labels that are there.
func (r *rig) rows() []string {
	var out []string
	for _, row := range r.store.Rows() {
		line := fmt.Sprintf("%s %s", row.Key, row.Owner)
		for _, label := range slices.Sorted(maps.Keys(row.Labels)) {
			value := row.Labels[label]
			if strings.HasPrefix(label, "nafuda/writing/") {
				value = "…"
			}
			line += fmt.Sprintf(" %s=%s", label, value)
		}
		out = append(out, line)
	}
	return out
}

func (r *rig) wantRows(lines ...string) {
	r.t.Helper()
	if got := r.rows(); !slices.Equal(got, lines) {
		r.t.Errorf("the table holds\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(lines, "\n\t"))
	}
}

// told is why a name isn't published as asked for, or held.
func (r *rig) told(l *reconcile.Loop, name string) string {
	r.t.Helper()
	s, err := l.Status(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, n := range s.Names {
		if string(n.Name) == name {
			return string(n.Reason.Code) + " " + n.Reason.Text
		}
	}
	return ""
}

func ours(name, resource string) registry.Row {
	return registry.Row{
		Key: record.Key{Name: dnsname.Name(name), Type: record.A}, Owner: "me", Labels: map[string]string{"resource": "ingress/" + resource, "nafuda/zones": "example.com"},
	}
}

const rowA = "a.example.com A me nafuda/zones=example.com resource=ingress/d/a"

// TestTableTogether has the row of a record set be there whenever that is, and the row's object follow.
func TestTableTogether(t *testing.T) {
	inTable(t, func(r *rig) {
		var during []string
		r.flaky.Fail(providertest.OpApply, providertest.Fault{Times: -1, When: func(zone.Zone, change.Batch) bool {
			during = r.rows()
			return false
		}})
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.want("example.com", "a.example.com A 192.0.2.1")
		r.wantRows(rowA)
		const before = "a.example.com A me nafuda/writing/example.com=… nafuda/zones=example.com resource=ingress/d/a"
		if !slices.Equal(during, []string{before}) {
			t.Errorf("as the record set was made the table held %q", during)
		}
		r.put("d/a", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.2")
		r.put("d/b", ask("a.example.com=192.0.2.2"))
		r.put("d/a", nil)
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.2")
		r.wantRows(strings.Replace(rowA, "d/a", "d/b", 1))
		r.put("d/b", nil)
		r.settle()
		r.want("example.com")
		r.wantRows()
		if len(during) != 1 {
			t.Errorf("as the record set was deleted the table held %q", during)
		}
	})
}

func TestTableForeign(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		rows []registry.Row
		want reason.Code
	}{
		"no row":        {why: "not ours", want: reason.Foreign},
		"another owner": {why: "named", rows: []registry.Row{{Key: ours("a.example.com", "").Key, Owner: "you"}}, want: reason.OtherOwner},
		"another zone":  {why: "a row is for the zones that it names", rows: []registry.Row{ours("a.example.com", "d/a").With("nafuda/zones", "other")}, want: reason.Foreign},
		"being written": {why: "somebody has made it in our stead", rows: []registry.Row{ours("a.example.com", "d/a").With("nafuda/writing/example.com", "00")}, want: reason.Foreign},
	} {
		t.Run(name, func(t *testing.T) {
			inTable(t, func(r *rig) {
				r.store = storetest.NewMemory(tc.rows...)
				r.memory.Put("example.com", set("a.example.com", "A", "192.0.2.9"))
				l := r.start()
				r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
				r.put("d/a", nil)
				r.settle()
				r.put("d/a", ask("a.example.com=192.0.2.1"))
				r.settle()
				r.want("example.com", "a.example.com A 192.0.2.9")
				if got := r.told(l, "a.example.com"); !strings.HasPrefix(got, string(tc.want)) {
					t.Errorf("told %q, want %s (%s)", got, tc.want, tc.why)
				}
			})
		})
	}
}

// TestTableOfExternalDNS takes over what ExternalDNS has made: its rows have none of our labels.
func TestTableOfExternalDNS(t *testing.T) {
	inTable(t, func(r *rig) {
		r.store = storetest.NewMemory(registry.Row{Key: ours("a.example.com", "").Key, Owner: "me", Labels: map[string]string{"resource": "ingress/d/a"}})
		r.memory.Put("example.com", set("a.example.com", "A", "192.0.2.1"))
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		r.wantRows("a.example.com A me resource=ingress/d/a")
		r.put("d/a", ask("a.example.com=192.0.2.2"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.2")
		r.wantRows("a.example.com A me resource=ingress/d/a")
		r.put("d/a", nil)
		r.settle()
		r.want("example.com")
		r.wantRows()
	})
}

// TestTableProof has nothing made or deleted before the table was read.
func TestTableProof(t *testing.T) {
	inTable(t, func(r *rig) {
		r.store = storetest.NewMemory(ours("old.example.com", "d/old"))
		r.memory.Put("example.com", set("old.example.com", "A", "192.0.2.9"))
		r.store.Fail(func(op string, _ record.Key) error {
			if op == "load" {
				return storetest.Down()
			}
			return nil
		})
		l := r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		time.Sleep(10 * time.Minute)
		r.want("example.com", "old.example.com A 192.0.2.9")
		if missing, _ := l.Missing(r.t.Context()); !slices.ContainsFunc(missing, func(s string) bool { return strings.Contains(s, "ownership table") }) {
			t.Errorf("readiness waits for %q", missing)
		}
		failures := 0
		for _, e := range r.seen() {
			if _, is := e.(reconcile.StoreFailed); is {
				failures++
			}
		}
		if failures != 1 {
			t.Errorf("the same failure was told %d times", failures)
		}
		r.store.Fail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		r.want("example.com", "a.example.com A 192.0.2.1")
		r.wantRows(rowA)
	})
}

// TestTableRefusedCreateTakesItsRowBack meets a record set that the mirror doesn't have.
func TestTableRefusedCreateTakesItsRowBack(t *testing.T) {
	inTable(t, func(r *rig) {
		r.start()
		r.synced()
		r.memory.Put("example.com", set("a.example.com", "A", "192.0.2.9"))
		r.put("d/a", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.1"))
		r.settle()
		r.want("example.com", "a.example.com A 192.0.2.9", "b.example.com A 192.0.2.1")
		r.wantRows(strings.Replace(rowA, "a.ex", "b.ex", 1))
	})
}

// TestTableAnotherOwnerIsFaster has another owner take a row after the table was read.
func TestTableAnotherOwnerIsFaster(t *testing.T) {
	inTable(t, func(r *rig) {
		l := r.start()
		r.synced()
		theirs := ours("a.example.com", "e/a")
		theirs.Owner = "you"
		r.store.Put(theirs)
		r.put("d/a", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.1"))
		r.settle()
		r.want("example.com", "b.example.com A 192.0.2.1")
		if got := r.told(l, "a.example.com"); !strings.HasPrefix(got, "OtherOwner") || !strings.Contains(got, `"you"`) {
			t.Errorf("told %q", got)
		}
		r.store.Remove(theirs.Key)
		time.Sleep(r.opts.Resync + time.Minute)
		synctest.Wait()
		r.want("example.com", "a.example.com A 192.0.2.1", "b.example.com A 192.0.2.1")
	})
}

// TestTableRowIsGone has somebody remove the row of a record set, which isn't ours from then on.
func TestTableRowIsGone(t *testing.T) {
	for name, to := range map[string]*thing{"update": ask("a.example.com=192.0.2.2"), "delete": nil} {
		t.Run(name, func(t *testing.T) {
			inTable(t, func(r *rig) {
				r.start()
				r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
				r.store.Remove(ours("a.example.com", "").Key)
				r.put("d/a", to)
				r.settle()
				r.want("example.com", "a.example.com A 192.0.2.1")
				r.wantRows()
			})
		})
	}
}

// TestTableDown has the table fail while names change: they wait, nothing ends, and nothing is lost.
func TestTableDown(t *testing.T) {
	for name, err := range map[string]error{
		"unreachable": storetest.Down(),
		"throttled":   &provider.Error{Class: provider.Throttled, Err: errors.New("too fast")},
		"denied":      &provider.Error{Class: provider.Denied, Err: errors.New("not allowed")},
	} {
		t.Run(name, func(t *testing.T) {
			inTable(t, func(r *rig) {
				r.start()
				r.synced(delta("d/a", ask("a.example.com=192.0.2.1")), delta("d/b", ask("b.example.com=192.0.2.1")))
				r.store.Fail(func(string, record.Key) error { return err })
				r.put("d/a", ask("a.example.com=192.0.2.2"))
				r.put("d/b", nil)
				r.put("d/c", ask("c.example.com=192.0.2.1"))
				calls := r.store.Calls()
				time.Sleep(time.Hour)
				synctest.Wait()
				r.want("example.com", "a.example.com A 192.0.2.1", "b.example.com A 192.0.2.1")
				if n := r.store.Calls() - calls; n > 1000 {
					t.Errorf("%d calls in an hour of failures", n)
				}
				r.store.Fail(nil)
				time.Sleep(time.Minute)
				synctest.Wait()
				r.want("example.com", "a.example.com A 192.0.2.2", "c.example.com A 192.0.2.1")
				r.wantRows(rowA, "c.example.com A me nafuda/zones=example.com resource=ingress/d/c")
			})
		})
	}
}

func TestTableQuiet(t *testing.T) {
	inTable(t, func(r *rig) {
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		before, applied := r.store.Calls(), r.memory.Calls().Apply
		time.Sleep(4*time.Hour + time.Minute)
		synctest.Wait()
		if n := r.store.Calls() - before; n < 1 || n > 2 || r.memory.Calls().Apply != applied {
			t.Errorf("%d calls of the table and %d writes in four idle hours", n, r.memory.Calls().Apply-applied)
		}
	})
}

// TestTableKilled ends the process at each call of table and provider on the way of a create, an update and a delete, with a record set of
// somebody else at the name where none is, and starts it again: what is somebody else's stays, and everything else ends as it should.
func TestTableKilled(t *testing.T) {
	for _, foreign := range []bool{false, true} {
		for at := range 12 {
			t.Run(fmt.Sprintf("call %d, foreign %v", at, foreign), func(t *testing.T) {
				inTable(t, func(r *rig) {
					r.store = storetest.NewMemory(ours("b.example.com", "d/b"), ours("c.example.com", "d/c"))
					r.memory.Put("example.com", set("b.example.com", "A", "192.0.2.1"), set("c.example.com", "A", "192.0.2.1"))
					n := 0
					dead := func() bool { n++; return n > at }
					r.store.Fail(func(op string, _ record.Key) error {
						if op != "load" && dead() {
							return storetest.Down()
						}
						return nil
					})
					r.flaky.Fail(providertest.OpApply, providertest.Fault{
						Times: -1, Err: &provider.Error{Class: provider.Uncertain, Err: errors.New("killed")}, When: func(zone.Zone, change.Batch) bool { return dead() },
					})
					r.start()
					r.synced(delta("d/a", ask("a.example.com=192.0.2.1")), delta("d/b", ask("b.example.com=192.0.2.2")))
					r.stop()
					r.store.Fail(nil)
					r.flaky.Heal(providertest.OpApply)
					want := []string{"a.example.com A 192.0.2.1", "b.example.com A 192.0.2.2"}
					rows := []string{rowA, strings.ReplaceAll(strings.Replace(rowA, "a.ex", "b.ex", 1), "d/a", "d/b")}
					for _, name := range []string{"a.example.com", "c.example.com"} {
						if stands := slices.ContainsFunc(r.memory.Sets("example.com"), func(s record.Set) bool { return string(s.Name) == name }); foreign && !stands {
							r.memory.Put("example.com", set(name, "A", "192.0.2.9"))
							want = append(slices.DeleteFunc(want, func(s string) bool { return strings.HasPrefix(s, name) }), name+" A 192.0.2.9")
							rows = slices.DeleteFunc(rows, func(s string) bool { return strings.HasPrefix(s, name) })
						}
					}
					r.start()
					r.synced(delta("d/a", ask("a.example.com=192.0.2.1")), delta("d/b", ask("b.example.com=192.0.2.2")))
					r.settle()
					r.want("example.com", want...)
					r.wantRows(rows...)
				})
			})
		}
	}
}
