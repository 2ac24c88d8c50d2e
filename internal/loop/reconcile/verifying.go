// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// Verifier asks a zone's authoritative servers over DNS. It may be called from several goroutines.
type Verifier interface {
	// Verify asks every server of the zone, servers being its NS targets, for all that sets say of one name (none: that nothing of
	// those types is left), once.
	Verify(ctx context.Context, q Question) Answer
}

// Question is what a name should answer.
type Question struct {
	Zone    zone.Zone
	Servers []string // host names of the zone's authoritative servers
	Gone    []record.Key
	Sets    []record.Set
}

// Answer is what the servers said.
type Answer struct {
	As    bool          // as planned, all of them
	Why   reason.Reason // else why not, or not yet
	Never bool          // DNS can't judge this name, however often it is asked
}
