// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"net/netip"
	"time"

	"nafuda.io/nafuda/internal/model/reason"
)

const (
	steady     = 5 * time.Second  // that a new address has to be there
	steadier   = 4                // times as long for each change of late
	steadiest  = 5 * time.Minute  // the longest of those
	lately     = 10 * time.Minute // what is of late
	unsaid     = time.Minute      // that nothing is believed before that is told
	noPublic   = 15 * time.Second // that an address is private or shared before that is told
	mostOfLate = 8                // changes that are remembered
)

// settle keeps what is believed from flapping. The zero value believes nothing yet.
type settle struct {
	told    Verdict
	begun   bool
	address netip.Addr // the last that was told
	next    Verdict    // what isn't believed yet
	since   time.Time  // zero: there is nothing next
	changes []time.Time
}

// step enters a verdict and returns what is believed, and how long it takes until a verdict that differs is, if it stays; 0: none does.
func (s *settle) step(now time.Time, v Verdict) (Verdict, time.Duration) {
	switch {
	case !s.begun:
		s.tell(now, v)
	case v.same(s.told):
		s.since = time.Time{}
	default:
		if s.since.IsZero() || !v.same(s.next) {
			s.next, s.since = v, now
		}
		if wait := s.since.Add(s.needs(now, v)).Sub(now); wait > 0 {
			return s.told, wait
		}
		s.tell(now, s.next)
	}
	return s.told, 0
}

func (s *settle) tell(now time.Time, v Verdict) {
	if v.Known() {
		if s.address.IsValid() && s.address != v.Addr {
			s.changes = append(s.recent(now), now)
			s.changes = s.changes[max(0, len(s.changes)-mostOfLate):]
		}
		s.address = v.Addr
	}
	s.told, s.begun, s.since = v, true, time.Time{}
}

// needs is how long a verdict has to stay before it is believed.
func (s *settle) needs(now time.Time, v Verdict) time.Duration {
	switch v.Why.Code {
	case "":
	case reason.WANPrivate, reason.WANShared:
		return noPublic
	default:
		return unsaid
	}
	if v.Addr == s.address {
		return 0 // it is back
	}
	d := steady
	for range s.recent(now) {
		d = min(d*steadier, steadiest)
	}
	return d
}

func (s *settle) recent(now time.Time) []time.Time {
	var out []time.Time
	for _, at := range s.changes {
		if now.Sub(at) < lately {
			out = append(out, at)
		}
	}
	return out
}
