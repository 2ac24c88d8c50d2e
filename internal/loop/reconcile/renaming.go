// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
)

// tolerated is how many refusals of a name, or failures of a zone, others wait for.
const tolerated = 3

// renames remembers, for a short time in which nothing else happens, of which objects a name that they ask for waits to be published.
type renames map[string]bool

// waits lists the objects of a group that only takes away whose other names come first.
func (r renames) waits(c *core, g change.Group) []string {
	var out []string
	for _, ch := range g.Changes {
		if !ch.Marker && !slices.Contains(out, ch.Resource) && r.coming(c, ch.Resource) {
			out = append(out, ch.Resource)
		}
	}
	return out
}

// coming reports whether a name that an object asks for waits to be published, or is about to be.
func (r renames) coming(c *core, resource string) bool {
	if coming, known := r[resource]; known {
		return coming
	}
	ref, _ := endpoint.ParseRef(resource)
	result, _ := c.catalog.Result(ref)
	r[resource] = slices.ContainsFunc(result.Endpoints, func(e endpoint.Endpoint) bool {
		return len(c.byHand.names[e.Name]) == 0 && c.coming(e.Name) // what is undone isn't published, though it is asked for
	})
	return r[resource]
}

// coming reports whether something may yet be published at a name. One that is refused for good has left all queues. A name that the
// provider refuses again and again isn't waited for, nor is a zone that fails again and again.
func (c *core) coming(n dnsname.Name) bool {
	if _, waits := c.window.names[n]; waits {
		return true
	}
	for _, z := range c.names.above(n) {
		r, sorted := z.queue.ranked(n)
		p := z.parked[n]
		switch {
		case z.vanished, max(z.back.tries, z.writes.tries) > tolerated:
		case !z.read, z.queue.has(n) && (!sorted || r != goes), z.flight.brings[n], z.bisect.has(n):
			return true
		case p != nil && !c.Once && p.back.tries > 0 && p.back.tries <= tolerated && p.why.Code != reason.Fight:
			return true
		}
	}
	return false
}

// follow makes names dirty that don't have to wait for others any longer.
func (z *zoneState) follow(c *core, now time.Time) (some bool) {
	asks := make(renames)
	for _, n := range slices.SortedFunc(maps.Keys(z.after), dnsname.Name.Compare) {
		if !slices.ContainsFunc(z.after[n], func(resource string) bool { return asks.coming(c, resource) }) {
			delete(z.after, n)
			z.queue.push(dirty{n, now, looked})
			some = true
		}
	}
	return some
}

// followAll does so for each zone: what names wait for may have come to nothing without a call, in another zone.
func (c *core) followAll(now time.Time) (some bool) {
	for _, z := range c.zones {
		if len(z.after) > 0 && !z.vanished {
			some = z.follow(c, now) || some
		}
	}
	return some
}

// behind adds to the decisions about a name that it goes after others.
func behind(g change.Group, all []verdicts) []verdicts {
	for _, ch := range g.Changes {
		if ch.Marker {
			continue
		}
		d := change.Decision{
			Key: ch.Key(), Verdict: change.Held, Resource: ch.Resource,
			Why: reason.New(reason.NewNameFirst, "%s asks for another name now, which is published first", ch.Resource),
		}
		i := slices.IndexFunc(all, func(v verdicts) bool { return v.view == ch.View })
		if i < 0 {
			all = append(all, verdicts{view: ch.View, decisions: []change.Decision{d}})
			continue
		}
		all[i].decisions = append(all[i].decisions, d)
	}
	return all
}
