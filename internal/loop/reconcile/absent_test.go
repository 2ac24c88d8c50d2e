// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"testing"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
)

// TestProofALineWithoutIPv6 has nothing held at a name that never had an address of that family, and at one that has one it is held as ever.
func TestProofALineWithoutIPv6(t *testing.T) {
	for why, stands := range map[string]bool{"there never was one": false, "one is published": true} {
		t.Run(why, func(t *testing.T) {
			home(t, func(r *rig, o *seer) {
				if stands {
					r.memory.Put("example.com", set("b.example.com", "AAAA", "2001:db8::1"), marker("x-aaaa-b.example.com", "me", "ingress/d/b"))
				}
				v := resolved("198.51.100.7")
				v.V6 = fact.Family{Why: reason.New(reason.WANAbsent, "no way out")}
				o.at[fact.OfWAN()] = v
				r.start()
				r.synced(delta("d/b", atWAN("b.example.com=hold")))
				want := []string{"b.example.com A 198.51.100.7", "x-a-b.example.com TXT me:d/b"}
				verdict := change.Noted
				if stands {
					want, verdict = append(want, "b.example.com AAAA 2001:db8::1", "x-aaaa-b.example.com TXT me:d/b"), change.Held
				}
				r.want("example.com", want...)
				var last []change.Decision
				for _, e := range r.seen() {
					if d, ok := e.(reconcile.Decided); ok && d.Name == "b.example.com" {
						last = d.Decisions
					}
				}
				found := false
				for _, d := range last {
					if d.Why.Code == reason.WANAbsent {
						found = true
						if d.Verdict != verdict {
							t.Errorf("%s: %s is %s, want %s", why, d.Key, d.Verdict, verdict)
						}
					}
				}
				if !found {
					t.Errorf("%s: nobody is told: %v", why, last)
				}
			})
		})
	}
}
