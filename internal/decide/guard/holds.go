// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"time"

	"nafuda.io/nafuda/internal/model/reason"
)

// Holds bounds how long what is published is kept for objects that have no address. K says what is held, such as a name with the
// object that holds it. Its methods change it; one goroutine owns it.
type Holds[K comparable] struct{ grace *Grace[K] }

// NewHolds returns the bound that the options give: none with --hold-for=0, and then nothing is remembered.
func NewHolds[K comparable](o Options) *Holds[K] {
	if o.HoldFor == 0 {
		return &Holds[K]{}
	}
	return &Holds[K]{grace: NewGrace[K](o.HoldFor)}
}

// Held says that k is held, since now unless it was already. It returns HoldExpired once that has gone on for too long, and no
// reason before: the hold stands.
func (h *Holds[K]) Held(now time.Time, k K) reason.Reason {
	if h.grace == nil {
		return reason.Reason{}
	}
	h.grace.Start(now, k)
	if !h.grace.Over(now, k) {
		return reason.Reason{}
	}
	return reason.New(reason.HoldExpired, "no address for longer than --hold-for=%s", h.grace.after)
}

// Free says that k isn't held any more.
func (h *Holds[K]) Free(k K) {
	if h.grace != nil {
		h.grace.Stop(k)
	}
}

// Due returns what has been held for too long since the last call: plan it again.
func (h *Holds[K]) Due(now time.Time) []K {
	if h.grace == nil {
		return nil
	}
	return h.grace.Due(now)
}

// Next is when Due will have something; zero: never.
func (h *Holds[K]) Next() time.Time {
	if h.grace == nil {
		return time.Time{}
	}
	return h.grace.Next()
}
