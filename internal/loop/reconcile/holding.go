// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
)

// holding is a name and the object that holds it.
type holding struct {
	name dnsname.Name
	by   endpoint.Ref
}

// holding enters which names an object holds now, for --hold-for.
func (c *core) holding(ref endpoint.Ref, before, after endpoint.Result) {
	now := time.Now()
	for _, h := range before.Holds {
		if !slices.ContainsFunc(after.Holds, func(o endpoint.Hold) bool { return o.Name == h.Name && bounded(o) }) {
			c.holds.Free(holding{h.Name, ref})
		}
	}
	for _, h := range after.Holds {
		if bounded(h) {
			_ = c.holds.Held(now, holding{h.Name, ref}) // it begins now, or goes on
		}
	}
}

// bounded reports whether --hold-for bounds a hold.
func bounded(h endpoint.Hold) bool { return !h.Why.Code.Unlearned() }

// expired tells that a name has been held for too long; no reason: it is held.
func (c *core) expired(h endpoint.Hold) reason.Reason {
	if !bounded(h) {
		return reason.Reason{}
	}
	return c.holds.Held(time.Now(), holding{h.Name, h.From.Ref})
}

// expire makes names dirty that have been held for too long and tells when to look again.
func (c *core) expire(now time.Time) time.Time {
	var names []dnsname.Name
	for _, h := range c.holds.Due(now) {
		names = append(names, h.name)
	}
	c.window.add(names, now, looked)
	if next := c.holds.Next(); !next.IsZero() {
		return next
	}
	return never
}
