// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"time"

	"nafuda.io/nafuda/internal/model/zone"
)

// Permits say whether this process may call providers: of several replicas one does at a time. The methods may be called from
// several goroutines.
type Permits interface {
	// Permit tells until when a call for a zone, or with the zero key for an account, must have ended; ok is false where another replica has the turn.
	Permit(z zone.Key) (until time.Time, ok bool)
	// Changed gets a value after the turn has come or gone.
	Changed() <-chan struct{}
	// Holder names the replica that has the turn; empty where nobody is known to.
	Holder() string
}
