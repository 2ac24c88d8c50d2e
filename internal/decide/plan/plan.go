// SPDX-License-Identifier: Apache-2.0

// Package plan decides which changes bring one name of one zone from what is observed to what is wanted: by policy, by ownership,
// and never against a hold.
package plan

import (
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
	Hold   reason.Reason // none: what isn't wanted may go
	Askers []string      // objects that ask for the row, those that wait included, sorted
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
	Manages  func(record.Type) bool
	Desired  func(record.Set) ([]record.Set, error) // the provider's normal form
	// Gone tells why it isn't proven that an object is gone or no longer asks; none: it is proven.
	Gone func(resource string) reason.Reason
}

// Name plans one name. The group has no changes where there is nothing to do. Equal inputs give equal outputs.
func Name(in Input) (change.Group, []change.Decision) {
	barred := make(map[record.Key]reason.Reason)
	for {
		p := newPlanner(in, barred)
		p.rows()
		refused := p.attach()
		if refused == nil {
			refused = p.exclude()
		}
		if refused == nil {
			return change.Group{Name: in.Name, Changes: p.changes}, p.decisions
		}
		for _, r := range refused {
			barred[r.Key] = r.Why
		}
	}
}

// planner makes one attempt, with some record sets barred.
type planner struct {
	Input
	barred    map[record.Key]reason.Reason
	ours      map[record.Key]registry.Claim
	unclaimed map[record.Key]reason.Reason // why a record set isn't ours
	changes   []change.Change
	after     []registry.Owned // what will be ours
	decisions []change.Decision
}

func newPlanner(in Input, barred map[record.Key]reason.Reason) *planner {
	p := &planner{Input: in, barred: barred, ours: make(map[record.Key]registry.Claim), unclaimed: make(map[record.Key]reason.Reason)}
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
	for _, id := range slices.Compact(ids) {
		row := Row{ID: id}
		if i := slices.IndexFunc(p.Rows, func(r Row) bool { return r.ID == id }); i >= 0 {
			row = p.Rows[i]
		}
		p.row(row)
	}
}

func (p *planner) row(row Row) {
	have := p.observed(row.ID)
	wants, hold := p.wants(row)
	if hold.None() {
		hold = p.unproven(row, have)
	}
	c := rowPlan{planner: p, row: row, have: have, wants: wants, hold: hold}
	c.run()
}

// wants brings what is wanted into the provider's form and leaves out what can't be. What is barred holds the rest of the row.
func (p *planner) wants(row Row) ([]change.Want, reason.Reason) {
	var out []change.Want
	hold := row.Hold
	for _, w := range row.Wants {
		sets, err := p.Desired(w.Set)
		if err != nil {
			hold = reason.New(reason.BadValue, "%s: %s", w.Set.Key, err)
			p.decide(change.Refused, w.Set.Key, w.Resource, hold)
			continue
		}
		for _, s := range sets {
			switch why, barred := p.barred[s.Key]; {
			case !p.Manages(s.Type):
				p.decide(change.Filtered, s.Key, w.Resource, reason.New(reason.TypeNotManaged, "the type %s of %s isn't managed", s.Type, s.Name))
			case barred:
				hold = why
				p.decide(change.Refused, s.Key, w.Resource, why)
			default:
				out = append(out, change.Want{Set: s, Resource: w.Resource, Askers: w.Askers})
			}
		}
	}
	slices.SortFunc(out, func(a, b change.Want) int { return record.Compare(a.Set, b.Set) })
	return out, hold
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

// attach adds the changes of markers.
func (p *planner) attach() []registry.Refused {
	slices.SortFunc(p.after, func(a, b registry.Owned) int { return record.Compare(a.Set, b.Set) })
	slices.SortStableFunc(p.changes, func(a, b change.Change) int { return a.Key().Compare(b.Key()) })
	markers, refused := p.Ledger.Attach(p.changes, p.after)
	if refused != nil {
		return refused
	}
	records := len(p.changes)
	for _, m := range markers {
		if m.After != nil {
			sets, err := p.Desired(*m.After)
			if err != nil || len(sets) != 1 {
				return p.refuseAll(reason.New(reason.BadValue, "the marker %s: %v", m.Key(), err))
			}
			m.After = &sets[0]
		}
		if m.Before != nil && m.After != nil && m.Before.Equal(*m.After) {
			continue
		}
		p.changes = append(p.changes, m)
	}
	if records == 0 && !p.Policy.Allows(change.Update) {
		p.changes = nil // a marker alone changes only because its object did
	}
	return nil
}

// refuseAll bars every create and update.
func (p *planner) refuseAll(why reason.Reason) []registry.Refused {
	var out []registry.Refused
	for _, c := range p.changes {
		if c.After != nil {
			out = append(out, registry.Refused{Key: c.Key(), Why: why})
		}
	}
	return out
}

// exclude finds creates that can't stand beside what will be at the name: a CNAME beside anything, a set with an identifier
// beside one without (RFC 1034 section 3.6.2; Route 53, ChangeResourceRecordSets).
func (p *planner) exclude() []registry.Refused {
	var out []registry.Refused
	final := p.final()
	for _, c := range p.changes {
		if c.Action() != change.Create || c.Key().Name != p.Name || c.Marker {
			continue
		}
		for _, s := range final {
			if s.Key != c.Key() && clash(s.Key, c.Key()) {
				why := reason.New(reason.Foreign, "%s can't stand beside %s, which isn't ours to change now", c.Key(), s.Key)
				if p.Ledger.IsMarker(s) {
					why = reason.New(reason.MarkerCNAME, "%s can't stand beside the marker %s", c.Key(), s.Key)
				}
				out = append(out, registry.Refused{Key: c.Key(), Why: why})
				break
			}
		}
	}
	return out
}

// final is what will be at the name.
func (p *planner) final() []record.Set {
	gone := make(map[record.Key]bool)
	var out []record.Set
	for _, c := range p.changes {
		if c.Key().Name != p.Name {
			continue
		}
		gone[c.Key()] = true
		if c.After != nil {
			out = append(out, *c.After)
		}
	}
	for _, s := range p.Observed {
		if !gone[s.Key] {
			out = append(out, s)
		}
	}
	return out
}

// clash reports whether two record sets of one name exclude each other.
func clash(a, b record.Key) bool {
	if a.Type != b.Type {
		return a.Type == record.CNAME || b.Type == record.CNAME
	}
	return (a.ID == "") != (b.ID == "")
}
