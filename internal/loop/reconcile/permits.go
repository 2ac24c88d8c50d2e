// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"time"

	"nafuda.io/nafuda/internal/model/zone"
)

// Permits say whether this process may call providers: of several replicas one does at a time. The methods may be called from
// several goroutines.
type Permits interface {
	// Permit tells until when a call for a zone, or with the zero key for an account, must have ended, with a reading of the
	// monotonic clock; ok is false where another replica has the turn, or may have it. The term counts how often the turn has come to
	// this process: others may have written between two terms, so what is planned in one isn't sent in another.
	Permit(z zone.Key) (until time.Time, term uint64, ok bool)
	// Changed gets a value after the turn has come or gone.
	Changed() <-chan struct{}
	// Holder names the replica that has the turn; empty where nobody is known to.
	Holder() string
}

// callTimeout bounds one call, so that a service which doesn't answer can't hold a zone for ever.
const callTimeout = 10 * time.Second

// permit asks for a permit; without Permits it is always our turn.
func (c *Config) permit(z zone.Key) (until time.Time, term uint64, ok bool) {
	if c.Permits == nil {
		return never, 0, true
	}
	return c.Permits.Permit(z)
}

// turned gets a value after the turn has come or gone.
func (c *Config) turned() <-chan struct{} {
	if c.Permits == nil {
		return nil
	}
	return c.Permits.Changed()
}

// deadline is when a call must end; ok is false where it may not be made, for it isn't our turn or not that any more in which the
// job was made.
func (c *Config) deadline(j job) (at time.Time, ok bool) {
	until, term, ok := c.permit(j.zone.Key)
	if !ok || term != j.term {
		return time.Time{}, false
	}
	return earlier(time.Now().Add(callTimeout), until), true
}
