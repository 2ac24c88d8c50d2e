// SPDX-License-Identifier: Apache-2.0

// Package plan decides which changes bring one name of one zone from what is observed to what is wanted: by policy, by ownership,
// and never against a hold.
package plan

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

// Row is what is wanted under one set identifier.
type Row struct {
	ID     string
	Wants  []change.Want
	Hold   reason.Reason                 // none: what isn't wanted may go
	Holds  map[record.Type]reason.Reason // of single types
	Askers []string                      // objects that ask for the row, those that wait included, sorted
}

// held tells why the row or a type of it is held, that of the row first.
func (r Row) held() reason.Reason {
	why := r.Hold
	for _, t := range slices.Sorted(maps.Keys(r.Holds)) {
		why = cmp.Or(why, r.Holds[t])
	}
	return why
}

// Input is all that a plan depends on. Nothing of it is changed.
type Input struct {
	Name     dnsname.Name
	Zone     zone.Zone
	Rows     []Row
	Observed []record.Set // every record set at the name
	Ledger   registry.Ledger
	Owner    string // empty: every record set that the ledger gives counts as ours
	Policy   change.Policy
	Full     reason.Reason // why no record set may be added; none: they may
	Manages  func(record.Type) bool
	Desired  func(record.Set) ([]record.Set, error) // the provider's normal form
	// Gone tells why it isn't proven that an object is gone or no longer asks; none: it is proven.
	Gone func(resource string) reason.Reason
	// Left tells why a record set that isn't wanted, and the object that it is for, are somebody else's to decide about; none, or a nil Left:
	// they aren't.
	Left func(k record.Key, resource string) reason.Reason
}

// Name plans one name. The group has no changes where there is nothing to do. Equal inputs give equal outputs.
func Name(in Input) (change.Group, []change.Decision) {
	barred := make(map[record.Key]reason.Reason)
	for {
		p := newPlanner(in, barred)
		p.rows()
		refused := p.refused
		if refused == nil {
			refused = p.exclude(func(s record.Set) bool { return p.Ledger.IsMarker(s) }) // markers may move
		}
		if refused == nil {
			refused = p.attach()
		}
		if refused == nil {
			refused = p.exclude(func(record.Set) bool { return false })
		}
		if refused == nil {
			return change.Group{Name: in.Name, Changes: p.changes}, p.decisions
		}
		known := len(barred)
		for _, r := range refused {
			barred[r.Key] = r.Why
		}
		if len(barred) == known { // leaving it out hasn't helped: the name stays as it is
			for _, r := range refused {
				p.decide(change.Held, r.Key, p.ours[r.Key].Resource, r.Why)
			}
			return change.Group{Name: in.Name}, p.decisions
		}
	}
}

// Owns reports whether a record set of ours is among those observed: one that Name could change. It looks at Zone, Observed, Ledger,
// Owner and Manages.
func Owns(in Input) bool { return len(newPlanner(in, nil).ours) > 0 }

// planner makes one attempt, with some record sets barred.
type planner struct {
	Input
	barred    map[record.Key]reason.Reason
	ours      map[record.Key]registry.Claim
	unclaimed map[record.Key]reason.Reason // why a record set isn't ours
	wanted    []change.Want                // in all rows, in the provider's form
	stays     map[string]reason.Reason     // objects that ask for something here which isn't published, and why
	changes   []change.Change
	after     []registry.Owned             // what will be ours
	kept      map[record.Key]reason.Reason // what isn't wanted and stays
	refused   []registry.Refused
	decisions []change.Decision
}

func newPlanner(in Input, barred map[record.Key]reason.Reason) *planner {
	p := &planner{
		Input: in, barred: barred, ours: make(map[record.Key]registry.Claim), unclaimed: make(map[record.Key]reason.Reason),
		stays: make(map[string]reason.Reason), kept: make(map[record.Key]reason.Reason),
	}
	for _, s := range in.Observed {
		if !in.Manages(s.Type) || in.Ledger.IsMarker(s) || p.untouchable(s) {
			continue
		}
		c, ok, why := in.Ledger.Claim(s)
		switch {
		case ok && c.Owner == in.Owner:
			p.ours[s.Key] = c
		case ok:
			p.unclaimed[s.Key] = reason.New(reason.OtherOwner, "%s belongs to the owner %q", s.Key, c.Owner)
		default:
			p.unclaimed[s.Key] = why
		}
	}
	return p
}

// untouchable says that the apex's NS and SOA are never ours.
func (p *planner) untouchable(s record.Set) bool {
	return s.Type == record.SOA || s.Type == record.NS && s.Name == p.Zone.Name
}

func (p *planner) decide(v change.Verdict, k record.Key, resource string, why reason.Reason) {
	p.decisions = append(p.decisions, change.Decision{Key: k, Verdict: v, Resource: resource, Why: why})
}

// observed returns the record sets of ours in a row, sorted.
func (p *planner) observed(id string) []record.Set {
	var out []record.Set
	for _, s := range p.Observed {
		if _, mine := p.ours[s.Key]; mine && s.ID == id {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, record.Compare)
	return out
}

// rows plans each row that is wanted or observed.
func (p *planner) rows() {
	ids := make([]string, 0, len(p.Rows))
	for _, r := range p.Rows {
		ids = append(ids, r.ID)
	}
	for k := range p.ours {
		ids = append(ids, k.ID)
	}
	slices.Sort(ids)
	var plans []rowPlan
	for _, id := range slices.Compact(ids) {
		row := Row{ID: id}
		if i := slices.IndexFunc(p.Rows, func(r Row) bool { return r.ID == id }); i >= 0 {
			row = p.Rows[i]
		}
		row.Holds = p.managed(row.Holds)
		if why := row.held(); !why.None() {
			p.stay(row.Askers, why)
			p.waiting(row, why)
		}
		r := rowPlan{planner: p, have: p.observed(id), wants: p.wants(row), hold: row.Hold, holds: row.Holds}
		if r.hold.None() {
			r.hold = p.unproven(row, r.have)
		}
		plans = append(plans, r)
		p.wanted = append(p.wanted, r.wants...)
	}
	for _, r := range plans {
		r.run()
	}
}

// managed leaves the holds of types that may be touched.
func (p *planner) managed(holds map[record.Type]reason.Reason) map[record.Type]reason.Reason {
	holds = maps.Clone(holds)
	maps.DeleteFunc(holds, func(t record.Type, _ reason.Reason) bool { return !p.Manages(t) })
	return holds
}

// waiting says of a name, or of a type of it, that has nothing yet why it has nothing.
func (p *planner) waiting(row Row, why reason.Reason) {
	have := p.observed(row.ID)
	if len(row.Askers) == 0 {
		return
	}
	if len(have) == 0 && len(row.Wants) == 0 {
		p.decide(change.Held, record.Key{Name: p.Name, ID: row.ID}, row.Askers[0], why)
		return
	}
	for _, t := range slices.Sorted(maps.Keys(row.Holds)) {
		if !slices.ContainsFunc(have, func(s record.Set) bool { return s.Type == t || s.Type == record.CNAME }) {
			verdict := change.Held
			if row.Holds[t].Code == reason.WANAbsent { // nothing is lacking that there could be
				verdict = change.Noted
			}
			p.decide(verdict, record.Key{Name: p.Name, Type: t, ID: row.ID}, row.Askers[0], row.Holds[t])
		}
	}
}

// stay says that what is published for the objects, or for none that is known, may not go now, whatever row it is in.
func (p *planner) stay(askers []string, why reason.Reason) {
	for _, a := range append(slices.Clone(askers), "") {
		if p.stays[a].None() {
			p.stays[a] = why
		}
	}
}

// wants brings what is wanted into the provider's form and leaves out what can't be.
func (p *planner) wants(row Row) []change.Want {
	var out []change.Want
	refuse := func(k record.Key, w change.Want, why reason.Reason) {
		p.decide(change.Refused, k, w.Resource, why)
		p.stay(append(slices.Clone(w.Askers), w.Resource), why)
		p.kept[k] = why
	}
	for _, w := range row.Wants {
		sets, err := p.Desired(w.Set)
		if err != nil {
			why, known := errors.AsType[reason.Reason](err)
			if !known {
				why = reason.New(reason.BadValue, "%s", err)
			}
			refuse(w.Set.Key, w, why)
			continue
		}
		for _, s := range sets {
			switch why, barred := p.barred[s.Key]; {
			case !p.Manages(s.Type):
				p.decide(change.Filtered, s.Key, w.Resource, reason.New(reason.TypeNotManaged, "the type %s of %s isn't managed", s.Type, s.Name))
			case barred:
				refuse(s.Key, w, why)
			default:
				out = append(out, change.Want{Set: s, Resource: w.Resource, Askers: w.Askers})
			}
		}
	}
	slices.SortFunc(out, func(a, b change.Want) int { return record.Compare(a.Set, b.Set) })
	return out
}

// unproven holds a row of which a record set is for an object that doesn't ask for it but may still be there.
func (p *planner) unproven(row Row, have []record.Set) reason.Reason {
	for _, s := range have {
		c := p.ours[s.Key]
		if slices.Contains(row.Askers, c.Resource) {
			continue
		}
		if why := p.Gone(c.Resource); !why.None() {
			return why
		}
	}
	return reason.Reason{}
}
