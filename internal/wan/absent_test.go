// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"testing"
	"testing/synctest"

	"nafuda.io/nafuda/internal/model/reason"
)

// TestProofALineWithoutIPv6: it is told only where there is no way out and there never was an address; it is unknown all the same.
func TestProofALineWithoutIPv6(t *testing.T) {
	tests := map[string]struct {
		why    string
		route  bool
		before bool // somebody has given an address once
		family Family
		want   reason.Code
	}{
		"no way out":           {"nothing is lacking", false, false, V6, reason.WANAbsent},
		"a way out":            {"a firewall may be in the way", true, false, V6, reason.WANUnknown},
		"an address before":    {"it may come back", false, true, V6, reason.WANUnknown},
		"IPv4 without a route": {"every line has IPv4, in some way", false, false, V4, reason.WANUnknown},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				parties, all := gather("stun/a dns/b")
				if tt.before {
					parties.say("2001:db8::1")
				}
				o := Options{Quorum: 2, IPv4: true, IPv6: true, AllowRange: []string{"2001:db8::/32"}, Route: func(context.Context, Family) bool { return tt.route }}
				f := With(o, all, nil).follower(tt.family)
				f.look(t.Context(), true)
				parties.say("")
				state := f.look(t.Context(), true)
				if got := state.Verdict.Why.Code; got != tt.want || state.fact().Known {
					t.Errorf("%s: told %q, want %q, and unknown", tt.why, got, tt.want)
				}
			})
		})
	}
}
