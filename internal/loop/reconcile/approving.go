// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
)

// Braked is what the brake of a zone holds.
type Braked struct {
	Zone             zone.Zone
	Deletes, Updates []change.Change // as they would be sent, sorted by key, markers left out
	Hash             string          // approves exactly these
	Why              []reason.Reason
}

// Braked lists what brakes hold, by zone, sorted by the zone's name and id.
func (l *Loop) Braked(ctx context.Context) ([]Braked, error) {
	return nil, errors.ErrUnsupported
}

// Approve lets go what a zone's brake holds, if it is still what the hash was made of, and returns it. Else the error is
// guard.ErrOtherPlan or guard.ErrNothingHeld.
func (l *Loop) Approve(ctx context.Context, hash string) (Braked, error) {
	return Braked{}, errors.ErrUnsupported
}
