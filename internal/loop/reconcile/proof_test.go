// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"testing"
	"time"

	"nafuda.io/nafuda/internal/feed"
)

// TestProofNothingIsPlannedBeforeEverySourceIsRead: a part of the objects is no ground to act on. Here the one that has the name by its age is
// among those that come last.
func TestProofNothingIsPlannedBeforeEverySourceIsRead(t *testing.T) {
	in(t, func(r *rig) {
		r.start()
		older, newer := ask("a.example.com=192.0.2.1"), ask("a.example.com=www.example.org")
		newer.Created = newer.Created.Add(time.Hour)
		r.say(feed.Event{Deltas: []feed.Delta{delta("d/newer", newer)}})
		r.settle()
		if n := r.memory.Calls().Apply; n > 0 {
			t.Errorf("%d writes for what has been read so far", n)
		}
		r.synced(delta("d/newer", newer), delta("d/older", older))
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/older")
		if n := r.memory.Calls().Apply; n != 1 {
			t.Errorf("%d writes, want 1", n)
		}
	})
}
