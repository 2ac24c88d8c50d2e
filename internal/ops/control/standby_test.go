// SPDX-License-Identifier: Apache-2.0

package control_test

import (
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/control"
)

// turn is an election whose outcome is known.
type turn struct{ ours bool }

func (t turn) Permit(zone.Key) (time.Time, uint64, bool) { return time.Time{}, 1, t.ours }
func (turn) Changed() <-chan struct{}                    { return nil }
func (turn) Holder() string                              { return "nafuda-1" }

func TestStandbyOf(t *testing.T) {
	for _, ours := range []bool{true, false} {
		if leader, standby := control.StandbyOf(turn{ours})(); leader != "nafuda-1" || standby == ours {
			t.Errorf("with our turn %t: leader %s, standby %t", ours, leader, standby)
		}
	}
}
