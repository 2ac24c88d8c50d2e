// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// TestApartAnAccountThatNeverAnswers: while an account of the view says nothing, which takes 10 s to be a failure, names of another account wait for it as long
// as a longer zone of it could have them, and no longer.
func TestApartAnAccountThatNeverAnswers(t *testing.T) {
	const atOnce, soon, failed = 2 * time.Second, 5 * time.Second, 15 * time.Second
	before := func(at time.Duration) time.Duration {
		return map[time.Duration]time.Duration{soon: atOnce, failed: 9 * time.Second}[at]
	}
	tests := map[string]struct {
		why     string
		zone    string // of the answering account beside example.com
		private bool
		ask     string // by the object; empty: there is none any more
		has     string // the line of the zone that comes, or with a minus goes
		by      time.Duration
	}{
		"a new name":                    {"a longer zone that isn't delegated answers nobody, and it is waited for in case it is just slow", "", false, "new.example.com=192.0.2.1", "new.example.com A 192.0.2.1", soon},
		"a new name at the apex":        {"no zone is longer", "", false, "example.com=192.0.2.1", "example.com A 192.0.2.1", atOnce},
		"a name that stands here":       {"it was put here when all was known, and what is there is brought up to date", "", false, "old.example.com=192.0.2.2", "old.example.com A 192.0.2.2", atOnce},
		"a new name of a private zone":  {"every private zone above a name has it", "corp.example", true, "new.corp.example=192.0.2.1", "new.corp.example A 192.0.2.1", atOnce},
		"a new name of a public zone":   {"as in the first one", "corp.example", false, "new.corp.example=192.0.2.1", "new.corp.example A 192.0.2.1", soon},
		"below a delegation":            {"the zone that it is delegated to may be that account's", "", false, "a.sub.example.com=192.0.2.1", "a.sub.example.com A 192.0.2.1", failed},
		"at a delegation":               {"the same", "", false, "sub.example.com=192.0.2.1", "sub.example.com A 192.0.2.1", failed},
		"a name that nobody asks for":   {"proof: what goes waits until all is known that can be", "", false, "", "-old.example.com A 192.0.2.1", failed},
		"beside a delegation of others": {"it isn't below it", "", false, "sub2.example.com=192.0.2.1", "sub2.example.com A 192.0.2.1", soon},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				r.memory.Put("example.com", set("old.example.com", "A", "192.0.2.1"), marker("x-a-old.example.com", "me", "ingress/d/web"), set("sub.example.com", "NS", "ns.example.net"))
				zone := "example.com"
				if tt.zone != "" {
					z := providertest.MemoryZone(tt.zone)
					z.Private, zone = tt.private, tt.zone
					r.memory.AddZone(z)
				}
				deaf := providertest.NewFlaky(providertest.NewMemory())
				deaf.Fail(providertest.OpZones, providertest.Fault{Delay: time.Hour, Times: -1})
				r.more = []reconcile.Account{{Name: "other", Provider: deaf}}
				there := func() bool {
					line, goes := strings.CutPrefix(tt.has, "-")
					for _, l := range r.zone(zone) {
						if l == line {
							return !goes
						}
					}
					return goes
				}
				began := time.Now()
				r.start()
				if tt.ask == "" {
					r.synced()
				} else {
					r.synced(delta("d/web", ask(tt.ask)))
				}
				time.Sleep(time.Until(began.Add(before(tt.by))))
				synctest.Wait()
				if tt.by != atOnce && there() {
					t.Errorf("%s: %s is so before", tt.why, tt.has)
				}
				time.Sleep(time.Until(began.Add(tt.by)))
				synctest.Wait()
				if !there() {
					t.Errorf("%s: %s isn't so after %s; the zone holds %v", tt.why, tt.has, tt.by, r.zone(zone))
				}
			})
		})
	}
}

// TestOnePathALongerZoneThatTurnsUpLate: what was published above it meanwhile goes there.
func TestOnePathALongerZoneThatTurnsUpLate(t *testing.T) {
	in(t, func(r *rig) {
		other := providertest.NewMemory(providertest.MemoryZone("sub.example.com"))
		slow := providertest.NewFlaky(other)
		slow.Fail(providertest.OpZones, providertest.Fault{Delay: 6 * time.Second})
		r.more = []reconcile.Account{{Name: "other", Provider: slow}}
		r.start()
		r.synced(delta("d/web", ask("web.sub.example.com=192.0.2.1")))
		time.Sleep(20 * time.Second)
		synctest.Wait()
		r.want("example.com")
		if n := len(other.Sets("sub.example.com")); n != 2 {
			t.Errorf("%d record sets are in the name's own zone, want 2", n)
		}
	})
}
