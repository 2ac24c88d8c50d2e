// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"context"
	"net"
	"slices"
	"strings"
	"sync"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider/local"
)

// delegation is who answers for a zone, by the zone itself and by its parent.
type delegation struct {
	zone   zone.Zone
	world  bool     // the zones of its provider are the world's
	own    []string // the name servers in the zone's own NS record set
	parent []string // those that the parent's servers refer to; none: it has no such delegation
	err    error    // the parent couldn't be asked
}

// inFlight is how many parents are asked at the same time.
const inFlight = 8

func checkDelegation(ctx context.Context, e *exam) []Finding {
	if e.patient.NoDNS {
		return []Finding{ok("not asked: --no-verify lets no DNS server be asked")}
	}
	var mu sync.Mutex
	var asked []delegation
	places := make(chan struct{}, inFlight)
	var all sync.WaitGroup
	out := e.each(ctx, func(c content) []Finding {
		if c.Zone.Private {
			return []Finding{ok("zone %s (%s) is private: nothing is delegated to it", c.Zone.Name, c.Zone.ID)}
		}
		if c.Zone.Provider == local.Name {
			return []Finding{ok("zone %s is served by us: resolvers of the LAN are told of it, its parent needn't", c.Zone.Name)}
		}
		all.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			d := delegation{zone: c.Zone, world: c.World, own: c.servers()}
			d.parent, d.err = e.probe.Delegation(ctx, cmp.Or(e.patient.Resolver, net.DefaultResolver), cmp.Or(e.patient.Port, "53"), c.Zone.Name)
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, d)
		})
		return nil
	})
	all.Wait()
	slices.SortFunc(asked, func(a, b delegation) int { return zone.Compare(a.zone, b.zone) })
	for _, d := range asked {
		out = append(out, judgeDelegation(d))
	}
	return out
}

// servers are the name servers in the NS record set of the zone's apex.
func (c content) servers() []string {
	for _, s := range c.Sets[c.Zone.Name] {
		if s.Type == record.NS {
			return s.Values
		}
	}
	return nil
}

func judgeDelegation(d delegation) Finding {
	own, parent := servers(d.own), servers(d.parent)
	common := slices.DeleteFunc(slices.Clone(own), func(s string) bool { return !slices.Contains(parent, s) })
	fix := "set the NS record set of " + string(d.zone.Name) + " at its parent, for a registered domain at the registrar, to " + strings.Join(own, ", ")
	switch {
	case len(own) == 0:
		return warn("restore the NS record set of the zone's apex", "zone %s (%s) has no NS record set of its own", d.zone.Name, d.zone.ID)
	case d.err != nil:
		return warn("see that port 53 leads out of this network; nothing is published by DNS from here, so this may not matter", "who answers for %s isn't known: %v", d.zone.Name, d.err)
	case len(common) == 0 && !d.world:
		return warn("where the whole Internet is to find it, "+fix+"; in a LAN, add a forward or stub entry for it to the resolver (docs/home.md)",
			"zone %s (%s): its parent doesn't name its servers %s, so only resolvers that are told of them find its names", d.zone.Name, d.zone.ID, strings.Join(own, ", "))
	case len(parent) == 0:
		return fail(fix, "zone %s (%s) isn't delegated: its parent has no NS record set for it, so nobody finds its names", d.zone.Name, d.zone.ID)
	case len(common) == 0:
		return fail(fix, "zone %s (%s) isn't the one that is asked: its parent names %s", d.zone.Name, d.zone.ID, strings.Join(parent, ", "))
	case len(common) < len(own) || len(common) < len(parent):
		return warn(fix, "zone %s (%s): its parent names %s, and the zone itself %s", d.zone.Name, d.zone.ID, strings.Join(parent, ", "), strings.Join(own, ", "))
	default:
		return ok("zone %s (%s) is delegated to its servers %s", d.zone.Name, d.zone.ID, strings.Join(own, ", "))
	}
}

// servers brings host names into one spelling and order.
func servers(list []string) []string {
	var out []string
	for _, s := range list {
		if n, err := dnsname.Parse(s); err == nil {
			s = string(n)
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
