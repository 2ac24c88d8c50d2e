// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// The last record set of a name has a grace of its own, though another one of the name was waiting before.
func TestProofEachRecordSetHasItsGrace(t *testing.T) {
	in(t, func(r *rig) {
		r.guard = brakeless()
		r.start()
		r.synced(delta("d/web", ask("web.example.com=192.0.2.1,2001:db8::1")))
		r.put("d/web", ask("web.example.com=2001:db8::1"))
		time.Sleep(14 * time.Second)
		r.put("d/web", nil)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := r.zone("example.com"); len(got) != 4 {
			t.Errorf("%q is left five seconds after the object was deleted", got)
		}
		r.put("d/web", ask("web.example.com=2001:db8::1"))
		time.Sleep(time.Minute)
		synctest.Wait()
		r.want("example.com", "web.example.com AAAA 2001:db8::1", "x-aaaa-web.example.com TXT me:d/web")
	})
}
