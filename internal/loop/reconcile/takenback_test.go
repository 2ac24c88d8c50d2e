// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
)

// deleted counts the deletes that were applied, markers left out.
func (r *rig) deleted() (n int) {
	for _, e := range r.seen() {
		a, ok := e.(reconcile.Applied)
		if !ok {
			continue
		}
		for _, ch := range a.Batch.Changes() {
			if !ch.Marker && ch.Action() == change.Delete {
				n++
			}
		}
	}
	return n
}

// A delete that waits for the limiter isn't sent where an object asks again meanwhile.
func TestProofADeleteThatWaitsIsTakenBack(t *testing.T) {
	in(t, func(r *rig) {
		r.opts.Rate, r.opts.Burst = 0.1, 2 // one for the zones, one for the records
		r.own(2)
		r.start()
		r.synced(numbered(0, "192.0.2.1"))
		time.Sleep(time.Second)
		r.put("d/n1", ask("n1.example.com=192.0.2.1"))
		time.Sleep(time.Minute)
		synctest.Wait()
		r.holds(2, "both are asked for")
		if n := r.deleted(); n != 0 {
			t.Errorf("%d were deleted, though an object asked again before the call", n)
		}
	})
}

// Nor is it where what proved that it may go is in doubt meanwhile.
func TestProofADeleteThatWaitsIsTakenBackWithItsProof(t *testing.T) {
	in(t, func(r *rig) {
		r.opts.Rate, r.opts.Burst = 0.1, 2
		r.own(2)
		r.start()
		r.synced(numbered(0, "192.0.2.1"))
		time.Sleep(time.Second)
		r.say(feed.Event{State: feed.Failing, Err: errors.New("no answer")})
		time.Sleep(time.Minute)
		synctest.Wait()
		r.holds(2, "it isn't known whether nobody asks")
		r.synced(numbered(0, "192.0.2.1"))
		time.Sleep(time.Minute)
		synctest.Wait()
		r.holds(1, "now it is")
	})
}

// What is sent along with a delete that was taken back is sent all the same.
func TestApartADeleteTakenBackKeepsNoOtherBack(t *testing.T) {
	in(t, func(r *rig) {
		r.opts.Rate, r.opts.Burst = 0.1, 2
		r.own(4)
		r.start()
		r.synced(numbered(0, "192.0.2.1"))
		time.Sleep(time.Second)
		r.put("d/n1", ask("n1.example.com=192.0.2.1"))
		time.Sleep(time.Minute)
		synctest.Wait()
		r.holds(2, "two of three are gone")
	})
}
