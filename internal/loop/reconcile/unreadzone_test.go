// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// deny makes a zone one that we may not read.
func (r *rig) deny(id string) {
	r.flaky.Fail(providertest.OpRecords, providertest.Fault{
		Err: &provider.Error{Class: provider.Denied, Err: errors.New("no")}, Times: -1,
		When: func(z zone.Zone, _ change.Batch) bool { return z.ID == id },
	})
}

// stumbling adds a zone that can't be read the first two times.
func (r *rig) stumbling(name string) {
	r.memory.AddZone(providertest.MemoryZone(name))
	r.flaky.Fail(providertest.OpRecords, providertest.Fault{
		Err: &provider.Error{Class: provider.Unavailable, Err: errors.New("no")}, Times: 2,
		When: func(z zone.Zone, _ change.Batch) bool { return z.ID == name },
	})
}

// private adds a private zone that has the name of another.
func (r *rig) private(name, id string) {
	z := providertest.MemoryZone(name)
	z.ID, z.Private = id, true
	r.memory.AddZone(z)
}

// A name that goes waits for the other names of its object, but not for a zone that can't be read.
func TestApartAZoneThatCanNotBeReadDelaysNoDelete(t *testing.T) {
	for name, add := range map[string]func(*rig){
		"above":   func(r *rig) { r.memory.AddZone(providertest.MemoryZone("com")); r.deny("com") },
		"private": func(r *rig) { r.private("example.com", "inside"); r.deny("inside") },
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				add(r)
				r.start()
				r.synced(delta("d/web", ask("a.example.com=192.0.2.1", "b.example.com=192.0.2.1")))
				r.holds(2, "both are published in the zone that can be read")
				time.Sleep(5 * time.Minute)
				r.put("d/web", ask("a.example.com=192.0.2.1"))
				r.settle()
				r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/web")
			})
		})
	}
}

// Nothing goes before every zone has been read.
func TestProofNothingGoesBeforeEveryZoneIsRead(t *testing.T) {
	in(t, func(r *rig) {
		r.stumbling("example.net")
		r.own(1)
		r.start()
		r.synced(delta("d/web", ask("a.example.com=192.0.2.1")))
		r.holds(2, "what comes has come, what goes waits for the other zone")
		time.Sleep(time.Minute)
		synctest.Wait()
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/web")
	})
}

// A rename into a zone that has just begun to fail waits a while for it.
func TestApartARenameWaitsForAZoneThatFailsForAMoment(t *testing.T) {
	in(t, func(r *rig) {
		r.stumbling("example.net")
		r.own(1)
		r.start()
		r.synced(delta("d/n0", ask("n0.example.net=192.0.2.1")))
		r.holds(1, "the new name isn't published yet")
		time.Sleep(time.Minute)
		synctest.Wait()
		r.want("example.net", "n0.example.net A 192.0.2.1", "x-a-n0.example.net TXT me:d/n0")
		r.want("example.com")
	})
}

// Names that come and go aren't remembered for a zone that is never read.
func TestAliveAZoneThatCanNotBeReadRemembersNoNames(t *testing.T) {
	in(t, func(r *rig) {
		r.deny("example.com")
		l := r.start()
		r.synced()
		for i := range 100 {
			r.put("d/web", ask(fmt.Sprintf("n%d.example.com=192.0.2.1", i)))
			r.settle()
		}
		r.put("d/web", nil)
		r.settle()
		c, err := l.Census(context.Background())
		if err != nil || c.Waiting != 0 {
			t.Errorf("%d names wait, %v; nobody asks for any", c.Waiting, err)
		}
	})
}

// A name whose own zone is in an account that hasn't been listed yet isn't published in the parent zone of another account meanwhile.
func TestOnePathNoNameIsPlannedBeforeEveryAccountIsListed(t *testing.T) {
	in(t, func(r *rig) {
		other := providertest.NewMemory(providertest.MemoryZone("sub.example.com"))
		slow := providertest.NewFlaky(other)
		slow.Fail(providertest.OpZones, providertest.Fault{Delay: 5 * time.Second})
		r.more = []reconcile.Account{{Name: "other", Provider: slow}}
		r.start()
		r.synced(delta("d/web", ask("web.sub.example.com=192.0.2.1")))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if n := r.memory.Calls().Apply; n != 0 || len(r.zone("example.com")) != 0 {
			t.Errorf("the zone above was written %d times", n)
		}
		if n := len(other.Sets("sub.example.com")); n != 2 {
			t.Errorf("%d record sets are in the name's own zone, want 2", n)
		}
	})
}

// An account that can't be listed doesn't keep the others waiting.
func TestApartAnAccountThatCanNotBeListedDelaysNoOther(t *testing.T) {
	in(t, func(r *rig) {
		deaf := providertest.NewFlaky(providertest.NewMemory())
		deaf.Fail(providertest.OpZones, providertest.Fault{Err: &provider.Error{Class: provider.Denied, Err: errors.New("no")}, Times: -1})
		r.more = []reconcile.Account{{Name: "other", Provider: deaf}}
		r.start()
		r.synced(delta("d/web", ask("web.example.com=192.0.2.1")))
		r.holds(1, "its own account answers")
	})
}
