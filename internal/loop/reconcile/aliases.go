// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// aliases remembers which names of a zone are aliases of which others of it. A name that isn't one any more costs a plan that
// changes nothing.
type aliases map[dnsname.Name]map[dnsname.Name]bool

func (a aliases) add(target, name dnsname.Name) {
	if a[target] == nil {
		a[target] = make(map[dnsname.Name]bool)
	}
	a[target][name] = true
}

// prune forgets names that nobody wants any more: else those that come and go would add up, and each change of what they pointed to
// would plan all of them.
func (a aliases) prune(wanted func(dnsname.Name) bool) {
	for target, names := range a {
		maps.DeleteFunc(names, func(n dnsname.Name, _ bool) bool { return !wanted(n) })
		if len(names) == 0 {
			delete(a, target)
		}
	}
}

// desired brings a set into the provider's form. Of an alias within the zone it leaves the types that the target has: one of a
// type that isn't there is refused by the service (Route 53, API_AliasTarget), and the others with it. So is one into no known zone.
func (z *zoneState) desired(s record.Set) ([]record.Set, error) {
	if pointsAtItself(s) {
		return nil, fmt.Errorf("store %s: a name can't be a CNAME of itself, nothing would answer: give it another target", s.Key)
	}
	sets, err := z.account.desired(s)
	if err != nil {
		return nil, err
	}
	out := make([]record.Set, 0, len(sets))
	for _, d := range sets {
		if d.Alias == nil || d.Alias.Zone != "" {
			out = append(out, d)
			continue
		}
		if !d.Alias.Target.In(z.Name) {
			return nil, fmt.Errorf("store %s: its alias target %s is neither in the zone %s nor a name of a service that takes aliases: publish a CNAME, with the annotation alias=false", s.Key, d.Alias.Target, z.Name)
		}
		z.aliases.add(d.Alias.Target, s.Name)
		if has(z.mirror.At(d.Alias.Target), d.Type) {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return nil, reason.New(reason.NoTarget, "the alias target %s of %s has no record set of the type in the zone yet", sets[0].Alias.Target, s.Key)
	}
	return out, nil
}

// pointsAtItself finds what a target annotation does to a host of its own object that is also the target.
func pointsAtItself(s record.Set) bool {
	if s.Type != record.CNAME {
		return false
	}
	values, err := record.Canonical(s.Type, s.Values)
	return err == nil && slices.Contains(values, string(s.Name))
}

func has(sets []record.Set, t record.Type) bool {
	for _, s := range sets {
		if s.Type == t {
			return true
		}
	}
	return false
}
