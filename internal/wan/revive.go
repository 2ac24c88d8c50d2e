// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"slices"
	"time"
)

// revival is somebody who answers again while nothing is believed: then others may, too, and all are asked. Where that tells nothing the next
// time is farther away, so that those who come and go have nobody asked more often than docs/wan.md says.
type revival struct {
	noticed bool      // since the last round
	vain    int       // rounds in a row that were called for because of one, and couldn't tell
	at      time.Time // of the last of those
}

// revived enters whether somebody gives an address who gave none when asked last.
func (f *follower) revived(said []Said) {
	if !unsure(f.state.told) {
		return
	}
	for i, m := range f.methods {
		before, asked := f.heard[i]
		if asked && len(before.Addrs) == 0 && slices.ContainsFunc(said, func(s Said) bool { return s.By == m.Source() && s.Class == Public }) {
			f.revival.noticed = true
		}
	}
}

// hurries reports whether there is to be a round at once because of that.
func (f *follower) hurries(now time.Time) bool {
	r := &f.revival
	if !r.noticed || r.vain > 0 && now.Sub(r.at) < min(beat<<min(r.vain, mostVain), roundEvery) {
		return false
	}
	r.at = now
	r.vain++
	return true
}
