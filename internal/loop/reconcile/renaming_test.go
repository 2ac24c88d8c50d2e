// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// order lists what was done to names, in the order of calls: "+a -b".
func (r *rig) order() string {
	var out []string
	for _, e := range r.seen() {
		if a, ok := e.(reconcile.Applied); ok {
			for _, c := range a.Batch.Changes() {
				if c.Marker {
					continue
				}
				sign := map[change.Action]string{change.Create: "+", change.Delete: "-", change.Update: "~"}[c.Action()]
				head, _, _ := strings.Cut(string(c.Key().Name), ".")
				out = append(out, sign+head)
			}
			out = append(out, "|")
		}
	}
	return strings.Join(out, " ")
}

func TestRenamePublishesTheNewNameFirst(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		to   string
		fail func(*rig)
		want string
	}{
		"same zone":    {why: "two batches, the new name in the first", to: "z.example.com", want: "+a | +z | -a |"},
		"another zone": {why: "its worker is another one", to: "z.example.org", want: "+a | +z | -a |"},
		"no zone":      {why: "a name that is refused for good isn't waited for", to: "z.example.net", want: "+a | -a |"},
		"a slow zone": {
			why: "the other zone can't be written for a while", to: "z.example.org", want: "+a | +z | -a |",
			fail: func(r *rig) {
				r.flaky.Fail(providertest.OpApply, providertest.Fault{
					Err: &provider.Error{Class: provider.Unavailable, Err: errors.New("no")}, Times: 3, When: touches("z.example.org"),
				})
			},
		},
		"refused for a while": {
			why: "the provider refuses the name, then takes it", to: "z.example.com", want: "+a | +z | -a |",
			fail: func(r *rig) {
				r.flaky.Fail(providertest.OpApply, providertest.Fault{
					Err: &provider.Error{Class: provider.Rejected, Err: errors.New("no")}, Times: 2, When: touches("z.example.com"),
				})
			},
		},
		"refused for good": {
			why: "the provider will never take the name", to: "z.example.com", want: "+a | -a |",
			fail: func(r *rig) {
				r.flaky.Fail(providertest.OpApply, providertest.Fault{
					Err: &provider.Error{Class: provider.Rejected, Err: errors.New("no")}, Times: -1, When: touches("z.example.com"),
				})
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.memory.AddZone(providertest.MemoryZone("example.org"))
				r.start()
				r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
				if tc.fail != nil {
					tc.fail(r)
				}
				r.put("d/1", ask(tc.to+"=192.0.2.1"))
				time.Sleep(3 * time.Minute)
				synctest.Wait()
				if got := r.order(); got != tc.want {
					t.Errorf("done %q, want %q: %s", got, tc.want, tc.why)
				}
			})
		})
	}
}

func TestManyNamesOfOneObjectGoTogether(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		both, one := ask(), ask()
		for i := range 20 {
			n := fmt.Sprintf("n%d.example.com", i)
			both.Names[n], one.Names[n] = []string{"192.0.2.1", "2001:db8::1"}, []string{"192.0.2.1"}
		}
		r.synced(delta("d/1", both))
		before := r.memory.Calls().Apply
		r.put("d/1", one)
		r.settle()
		if n := r.memory.Calls().Apply - before; n != 1 || len(r.zone("example.com")) != 40 {
			t.Errorf("%d calls, and %d record sets are left; want 1, and 40", n, len(r.zone("example.com")))
		}
	})
}

func TestRenameLeavesTheOldNameUnderUpsertOnly(t *testing.T) {
	in(t, func(r *rig) {
		r.view.Policy = "upsert-only"
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
		r.put("d/1", ask("z.example.com=192.0.2.1"))
		r.settle()
		s, err := l.Status(context.Background())
		if err != nil || len(s.Names) != 1 || s.Names[0].Name != "a.example.com" || s.Names[0].Reason.Code != reason.PolicyKeeps {
			t.Fatalf("%+v, %v", s.Names, err)
		}
		if fix := s.Names[0].Reason.Fix(); !strings.Contains(fix, "nafuda run --once --policy=sync") {
			t.Errorf("the fix is %q, want the command that removes it", fix)
		}
	})
}
