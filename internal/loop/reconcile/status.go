// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// Status is what the loop knows at one moment, as a value.
type Status struct {
	Ready   bool     `json:"ready"`
	Missing []string `json:"missing,omitempty"` // what readiness waits for
	Standby string   `json:"standby,omitempty"` // whose turn it is, where it isn't ours
	Kinds   []Kind   `json:"kinds"`
	Zones   []Zone   `json:"zones"`
	Waiting int      `json:"waiting"`         // names that wait to be planned or sent
	Views   []string `json:"views,omitempty"` // in their order
	Names   []Name   `json:"names,omitempty"`
	// States counts the names by how far they have come, sorted.
	States []StateCount `json:"states,omitempty"`
	// Unfollowed counts the changes whose way to the servers wasn't followed, for too many were under way.
	Unfollowed int `json:"unfollowed,omitempty"`
	// Refusals are the parts of objects that can't be used.
	Refusals []Refusal `json:"refusals,omitempty"`
}

// Kind is the state of a watched kind.
type Kind struct {
	Name    string     `json:"name"`
	State   feed.State `json:"state"`
	Objects int        `json:"objects"`
	Error   string     `json:"error,omitempty"`
}

// Zone is the state of a hosted zone.
type Zone struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	Account  string     `json:"account"`
	Views    []string   `json:"views"` // that use it, in their order; none: what one has left is in it
	Private  bool       `json:"private,omitempty"`
	Read     bool       `json:"read"`
	Records  int        `json:"records"`
	Limit    int        `json:"limit,omitempty"`  // how many record sets it may have, where that is known
	NoRoom   int        `json:"noRoom,omitempty"` // names that wait because the zone has no room for what they add
	Waiting  int        `json:"waiting"`
	Vanished bool       `json:"vanished,omitempty"`
	Error    string     `json:"error,omitempty"`
	Retry    time.Time  `json:"retry,omitzero"`
	Braked   *ZoneBrake `json:"braked,omitempty"`
}

// ZoneBrake says how many changes of record sets the brake of a zone holds, and which hash releases them.
type ZoneBrake struct {
	Deletes int    `json:"deletes"`
	Updates int    `json:"updates"`
	Approve string `json:"approve"`
}

// Name is a name about which something was decided beyond publishing it as asked for.
type Name struct {
	View      string         `json:"view"`
	Zone      string         `json:"zone,omitempty"` // its id
	ZoneName  string         `json:"zoneName,omitempty"`
	Name      dnsname.Name   `json:"name"`
	Type      record.Type    `json:"type,omitempty"`
	ID        string         `json:"setIdentifier,omitempty"`
	Verdict   change.Verdict `json:"verdict"`
	Resource  string         `json:"from,omitempty"`
	Reason    reason.Reason  `json:"reason"`
	RetryTime time.Time      `json:"retry,omitzero"`
}

// Refusal is a part of an object that can't be used.
type Refusal struct {
	Resource string        `json:"from"`
	Field    string        `json:"field"`
	Value    string        `json:"value,omitempty"`
	Reason   reason.Reason `json:"reason"`
}

// Parking is the verdict on a name whose change the provider refused.
const Parking change.Verdict = "parked"

// Status asks the loop for its status; it waits for the step that is under way.
func (l *Loop) Status(ctx context.Context) (Status, error) {
	var s Status
	err := l.ask(ctx, func(c *core) { s = c.status() })
	return s, err
}

// Missing asks the loop what readiness waits for; nothing: it is ready.
func (l *Loop) Missing(ctx context.Context) ([]string, error) {
	var m []string
	err := l.ask(ctx, func(c *core) { m = c.missing() })
	return m, err
}

func (c *core) status() Status {
	s := Status{Missing: c.missing(), Standby: c.standby(), States: sortStates(c.states()), Unfollowed: c.watches.missed}
	s.Ready = len(s.Missing) == 0
	for _, v := range c.Views {
		s.Views = append(s.Views, v.Spec.Name)
	}
	s.Waiting = len(c.window.names)
	for _, name := range slices.Sorted(maps.Keys(c.kinds)) {
		state, err := c.objects.State(name)
		s.Kinds = append(s.Kinds, Kind{Name: name, State: state, Objects: c.objects.Len(name), Error: text(err)})
	}
	for _, z := range c.sortedZones() {
		s.Zones = append(s.Zones, z.status())
		s.Waiting += z.queue.len()
		s.Names = append(s.Names, z.names()...)
	}
	for key, decisions := range c.noZone {
		for _, d := range decisions {
			s.Names = append(s.Names, nameOf(key.view, nil, d))
		}
	}
	slices.SortStableFunc(s.Names, func(a, b Name) int {
		return cmp.Or(a.Name.Compare(b.Name), cmp.Compare(a.View, b.View), cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID),
			cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Reason.Code, b.Reason.Code))
	})
	for ref, r := range c.catalog.All() {
		for _, f := range r.Refusals {
			s.Refusals = append(s.Refusals, refusalOf(ref, f))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.broken)) {
		for _, f := range c.broken[name] {
			s.Refusals = append(s.Refusals, refusalOf(f.Ref, f))
		}
	}
	return s
}

func refusalOf(ref endpoint.Ref, f endpoint.Refusal) Refusal {
	return Refusal{Resource: ref.String(), Field: f.Field, Value: f.Value, Reason: f.Why}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// missing lists what isn't known yet: sources that haven't been read and zones that haven't. A kind that we may not read, or that
// the server doesn't have, isn't waited for: it holds its names.
func (c *core) missing() []string {
	var out []string
	for _, s := range c.Sources {
		if c.unheard(s.Kind) {
			out = append(out, "source "+s.Name)
		}
	}
	if !c.turn.ours { // a standby is ready: it can take over
		return out
	}
	for _, a := range c.accounts {
		if !a.listed {
			what := "zones of account " + a.name
			if a.fault != nil {
				what += ": " + a.fault.Error()
			}
			out = append(out, what)
		}
	}
	for _, z := range c.sortedZones() {
		if !z.read && !z.vanished {
			out = append(out, "zone "+string(z.Name))
		}
	}
	return append(append(out, c.storesUnread()...), c.notHeard(time.Now())...)
}

func (z *zoneState) status() Zone {
	s := Zone{
		ID: z.ID, Name: string(z.Name), Account: z.account.name, Private: z.Private, Read: z.read, Records: z.mirror.Len(), Limit: z.quota.limit, NoRoom: len(z.quota.waiting),
		Waiting: z.queue.len(), Vanished: z.vanished, Error: text(z.fault),
	}
	s.Views = make([]string, 0, len(z.views))
	for _, v := range z.views {
		s.Views = append(s.Views, v.Spec.Name)
	}
	if z.fault != nil {
		s.Retry = z.pause
	}
	if b := z.braked(time.Now()); b.Hash != "" {
		s.Braked = &ZoneBrake{Deletes: len(b.Deletes), Updates: len(b.Updates), Approve: b.Hash}
	}
	return s
}

// names lists the decisions about the zone's names.
func (z *zoneState) names() []Name {
	var out []Name
	for _, all := range z.decided {
		for _, v := range all {
			for _, d := range v.decisions {
				out = append(out, nameOf(v.view, z, d))
			}
		}
	}
	for n, p := range z.parked {
		if p.why.None() {
			continue
		}
		parked := nameOf("", z, change.Decision{Key: record.Key{Name: n}, Verdict: Parking, Why: p.why})
		parked.RetryTime = p.until
		out = append(out, parked)
	}
	return out
}

func nameOf(view string, z *zoneState, d change.Decision) Name {
	n := Name{View: view, Name: d.Key.Name, Type: d.Key.Type, ID: d.Key.ID, Verdict: d.Verdict, Resource: d.Resource, Reason: d.Why}
	if z != nil {
		n.Zone, n.ZoneName = z.ID, string(z.Name)
	}
	return n
}
