// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"slices"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider/local"
)

// Subject is one name and type in one zone: what objects ask for there, and what the provider has.
type Subject struct {
	Name    dnsname.Name
	View    string
	Type    record.Type
	Zone    zone.Zone // the zero zone: no zone holds the name
	World   bool      // the zone is the world's, unless it is private
	Servers []string  // host names of the zone's own servers
	Others  []string  // those of other zones that have the zone's name
	Objects []string  // that ask for the name, or hold it, sorted
	There   []record.Set
	Wanted  []record.Set  // There with the changes that are to come
	Known   bool          // whether There is known
	Unasked reason.Reason // why what the objects ask for isn't known, or that nobody asks
	Differs reason.Reason // why There isn't what the objects ask for; none: it is
	LeftOut reason.Reason // why what they ask for isn't to be published; none: it is
	Twins   []record.Set  // of the same name and type in other zones, of whichever view
}

// Subjects makes subjects of what the loop knows about a name, sorted by view, zone and type.
func Subjects(n reconcile.NameFacts) []Subject {
	var out []Subject
	for _, v := range n.Views {
		var of []Subject
		if len(v.Zones) == 0 {
			s := begin(n)
			s.Type, s.Differs = firstType(n), v.NoZone
			s.leaveOut(v.Without)
			of = append(of, s)
		}
		for _, z := range v.Zones {
			for _, t := range types(n, z) {
				s := begin(n)
				s.Type = t
				s.fill(z)
				s.compareWith(others(n, z))
				of = append(of, s)
			}
		}
		for i := range of {
			of[i].View = v.View
		}
		out = append(out, of...)
	}
	return out
}

func begin(n reconcile.NameFacts) Subject {
	s := Subject{Name: n.Name}
	for _, a := range n.Askers {
		s.Objects = append(s.Objects, a.Ref.String())
	}
	return s
}

// firstType is the type that an object asks for; addresses where nothing better is known.
func firstType(n reconcile.NameFacts) record.Type {
	for _, a := range n.Askers {
		for _, e := range a.Endpoints {
			return e.Type
		}
	}
	return record.A
}

// types are those that are there or would be, markers left out, sorted; else the one that an object asks for.
func types(n reconcile.NameFacts, z reconcile.ZoneFacts) []record.Type {
	var out []record.Type
	for _, o := range z.Observed {
		if !o.Marker && !zonesOwn(z, o.Set.Key) {
			out = append(out, o.Set.Type)
		}
	}
	for _, c := range z.Changes {
		if !c.Marker {
			out = append(out, c.Key().Type)
		}
	}
	slices.Sort(out)
	if out = slices.Compact(out); len(out) == 0 {
		out = []record.Type{firstType(n)}
	}
	return out
}

// zonesOwn reports whether a record set belongs to the zone itself rather than to anybody who publishes in it.
func zonesOwn(z reconcile.ZoneFacts, k record.Key) bool {
	return k.Name == z.Zone.Name && (k.Type == record.NS || k.Type == record.SOA)
}

// objectsOwn reports whether a reason is that it isn't known what an object asks for.
func objectsOwn(c reason.Code) bool {
	return c.Unlearned() || c == reason.NoAddressYet || c == reason.HostNotFound || c == reason.NotAttached
}

// fill enters what a zone has and would have.
func (s *Subject) fill(z reconcile.ZoneFacts) {
	s.Zone, s.World, s.Servers, s.Known = z.Zone, z.World, z.Servers, z.Unusable.None()
	for _, o := range z.Observed {
		if o.Set.Type == s.Type && !o.Marker {
			s.There = append(s.There, o.Set)
		}
	}
	s.Wanted = s.wanted(z.Changes)
	s.Differs = s.differs(z)
	switch {
	case objectsOwn(s.Differs.Code):
		s.Unasked, s.Differs = s.Differs, reason.Reason{}
	case len(s.Objects) == 0 && len(s.There) == 0 && s.Known:
		s.Unasked = reason.New(reason.NobodyAsks, "no object asks for %s, and it isn't there", s.Name)
	}
}

// wanted is There after changes.
func (s *Subject) wanted(changes []change.Change) []record.Set {
	out := slices.Clone(s.There)
	for _, c := range changes {
		if c.Marker || c.Key().Type != s.Type {
			continue
		}
		out = slices.DeleteFunc(out, func(have record.Set) bool { return have.Key == c.Key() })
		if c.After != nil {
			out = append(out, *c.After)
		}
	}
	return out
}

// asServed is the subject as it is known once the servers have been asked. Of a zone that a running instance serves itself, another process has a copy at
// most: the file that is a second behind, or none. Where the servers answer what is wanted already, the instance has it.
func (s Subject) asServed(f Found) Subject {
	if s.Zone.Provider != local.Name || !s.Known {
		return s
	}
	i := informed(f.Servers)
	if i < 0 || !f.Servers[i].Seen.Authority || compare(s.There, f.Servers[i].Seen) == same || compare(s.Wanted, f.Servers[i].Seen) != same {
		return s
	}
	s.There, s.Differs = s.Wanted, reason.Reason{}
	return s
}

// differs says why the zone doesn't have what is asked for, and enters why that may be left out.
func (s *Subject) differs(z reconcile.ZoneFacts) reason.Reason {
	if !z.Unusable.None() {
		return z.Unusable
	}
	for _, d := range z.Decisions {
		switch here := d.Key.Type == s.Type || d.Key.Type == ""; {
		case here && (d.Verdict == change.Refused || d.Verdict == change.Held):
			return d.Why
		case here && d.Verdict == change.Filtered && len(s.There) == 0:
			s.LeftOut = d.Why
		}
	}
	return s.waiting(z)
}

// waiting says why what would change hasn't yet.
func (s *Subject) waiting(z reconcile.ZoneFacts) reason.Reason {
	if !z.Parked.None() {
		return z.Parked
	}
	for _, c := range z.Changes {
		switch {
		case c.Key().Type != s.Type || c.Marker || c.Keeps():
		case !z.Fault.None():
			return z.Fault
		default:
			return c.Why
		}
	}
	return reason.Reason{}
}

// leaveOut enters that filters leave out all that is asked for at a name without a zone.
func (s *Subject) leaveOut(decisions []change.Decision) {
	if len(decisions) > 0 && !slices.ContainsFunc(decisions, func(d change.Decision) bool { return d.Verdict != change.Filtered }) {
		s.LeftOut, s.Differs = decisions[0].Why, reason.Reason{}
	}
}

// others are the zones of a name beside one, each once.
func others(n reconcile.NameFacts, but reconcile.ZoneFacts) []reconcile.ZoneFacts {
	seen := map[zone.Key]bool{but.Zone.Key: true}
	var out []reconcile.ZoneFacts
	for _, v := range n.Views {
		for _, z := range v.Zones {
			if !seen[z.Zone.Key] {
				out = append(out, z)
			}
			seen[z.Zone.Key] = true
		}
	}
	return out
}

// compareWith enters what other zones have that may be answered instead.
func (s *Subject) compareWith(zones []reconcile.ZoneFacts) {
	for _, z := range zones {
		for _, o := range z.Observed {
			if o.Set.Type == s.Type && !o.Marker {
				s.Twins = append(s.Twins, o.Set)
			}
		}
		if z.Zone.Name == s.Zone.Name {
			s.Others = append(s.Others, z.Servers...)
		}
	}
}
