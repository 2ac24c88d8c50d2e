// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"strings"
	"testing"
	"time"
)

// TestUndoOutlivesAClockThatJumps: that a name was undone in what is now the future, or long ago, ends nothing.
func TestUndoOutlivesAClockThatJumps(t *testing.T) {
	for why, year := range map[string]string{"the clock was set back": "2040", "it was set forward": "1971"} {
		t.Run(why, func(t *testing.T) {
			in(t, func(r *rig) {
				r.keepJournal("")
				s := new(shelf)
				r.keeper = s
				l := r.start()
				r.synced(delta("d/x", ask("a.example.com=192.0.2.1")))
				r.put("d/x", ask("a.example.com=192.0.2.2"))
				r.settle()
				r.undo(l, r.last())
				r.stop()
				now := time.Now().Format("2006")
				if !strings.Contains(string(s.kept), `"at":"`+now) {
					t.Fatalf("kept %s, want the time", s.kept)
				}
				s.kept = []byte(strings.ReplaceAll(string(s.kept), `"at":"`+now, `"at":"`+year))
				l = r.start()
				r.synced(delta("d/x", ask("a.example.com=192.0.2.2")))
				r.want("example.com", a1, a1m)
				if !r.held(l, "a.example.com") {
					t.Error("the name isn't held")
				}
				r.put("d/x", ask("a.example.com=192.0.2.3"))
				r.settle()
				r.want("example.com", "a.example.com A 192.0.2.3", a1m)
			})
		})
	}
}
