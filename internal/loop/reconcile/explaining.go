// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"fmt"
	"time"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// Explanation is all that the loop knows about a name or an object at one moment. Nobody changes it, except for what it says may be
// filled in.
type Explanation struct {
	Name   dnsname.Name // what was asked about; empty: Ref
	Ref    endpoint.Ref
	Object *ObjectFacts // about Ref
	Names  []NameFacts  // about Name, or about each name of the object and each that is marked for it, sorted
	Kinds  []Kind       // that sources iterate over, sorted by name
	Zones  []ZoneSeen   // that are used, sorted
	Unread []Refusal    // objects and files that can't be read: what was asked about may be in one of them
	Near   []string     // what is spelt alike, where nothing is known of what was asked about
	DryRun bool         // nothing is sent
}

// ZoneSeen is a hosted zone. World is that of its provider's description: whether the zones that aren't private are the world's.
type ZoneSeen struct {
	zone.Zone
	World bool
}

// ObjectFacts are what is known of one object.
type ObjectFacts struct {
	Source string          // that iterates over its kind; empty: none does
	There  bool            // among the objects that we see
	Unseen reason.Reason   // of one that isn't: why it may be there for all we know; none: it isn't there
	Silent reason.Reason   // of one that asks for nothing: why
	Result endpoint.Result // what it asks for
}

// NameFacts are what is known of one name.
type NameFacts struct {
	Name   dnsname.Name
	Askers []Asker // sorted by object
	Views  []ViewFacts
}

// Asker is an object and what it asks for, or holds, at one name.
type Asker struct {
	Ref       endpoint.Ref
	Source    string
	Endpoints []endpoint.Endpoint
	Holds     []endpoint.Hold
}

// ViewFacts are what one view makes of a name.
type ViewFacts struct {
	View    string
	Policy  change.Policy
	Without []change.Decision // of a name that no zone holds: what was decided all the same
	NoZone  reason.Reason     // why no zone of the view holds the name; none: one does
	Zones   []ZoneFacts
}

// ZoneFacts are what is and would be at a name in one zone.
type ZoneFacts struct {
	Zone      zone.Zone
	World     bool            // see ZoneSeen
	Chosen    bool            // the name's records belong here; else it only lies below
	Unusable  reason.Reason   // the zone has vanished, or hasn't been read, and why: nothing below is known then
	Fault     reason.Reason   // why the zone's last call failed
	Retry     time.Time       // when the zone, or the name if it is parked or in its grace time, is tried again; zero: now
	Hash      string          // approves what the zone's brake holds, the name among it; empty: it holds nothing of it
	Observed  []SetFacts      // sorted by key
	Servers   []string        // host names of the zone's authoritative servers
	Changes   []change.Change // what would change now if nothing held it, markers included
	Decisions []change.Decision
	Queued    bool          // it waits to be planned
	Busy      bool          // a call for the zone is in flight
	Parked    reason.Reason // why its change is put off
	State     State         // empty: there is nothing here that objects ask for
	Why       reason.Reason // of State, where there is more to say
	Pending   bool          // more is going to be known of the state
	Entry     *journal.Entry
	Answer    *Answer // what DNS said; filled in by who asks it
}

// SetFacts are a record set and whose it is.
type SetFacts struct {
	Set             record.Set
	Marker          bool // it marks others
	Ours            bool
	Owner, Resource string        // of the claim on it; empty: there is none
	Why             reason.Reason // why there is none
}

// Question is what the zone's servers should answer of what is there and ours.
func (f ZoneFacts) Question() Question {
	q := Question{Zone: f.Zone, Servers: f.Servers}
	for _, s := range f.Observed {
		if s.Ours {
			q.Sets = append(q.Sets, s.Set)
		}
	}
	return q
}

// Explain tells all about a name, or, where name is empty, about an object and each name that it asks for, holds or is marked as the
// owner of. It waits for the step of the loop that is under way, and changes nothing.
func (l *Loop) Explain(ctx context.Context, name dnsname.Name, ref endpoint.Ref) (Explanation, error) {
	var e Explanation
	if err := l.ask(ctx, func(c *core) { e = c.explain(name, ref) }); err != nil {
		return Explanation{}, fmt.Errorf("explain: %w", err)
	}
	return e, l.config.recall(e)
}

// recall enters the last entry of the journal for each name. It reads files, so the loop's goroutine doesn't do it.
func (c Config) recall(e Explanation) error {
	if c.Journal == nil {
		return nil
	}
	for _, n := range e.Names {
		for _, v := range n.Views {
			for i, z := range v.Zones {
				entry, err := c.lastEntry(n.Name, z.Zone.Key)
				if err != nil {
					return fmt.Errorf("find %s in the journal: %w", n.Name, err)
				}
				v.Zones[i].Entry = entry
			}
		}
	}
	return nil
}

func (c Config) lastEntry(name dnsname.Name, z zone.Key) (*journal.Entry, error) {
	for entry, err := range c.Journal.Entries(journal.Filter{Name: name}) {
		if err != nil {
			return nil, err
		}
		if entry.Intent.Zone == z {
			return &entry, nil
		}
	}
	return nil, nil
}

func (c *core) explain(name dnsname.Name, ref endpoint.Ref) Explanation {
	e := Explanation{Name: name, Ref: ref, DryRun: c.DryRun, Kinds: c.iterated()}
	for _, z := range c.sortedZones() {
		e.Zones = append(e.Zones, ZoneSeen{z.Zone, z.world()})
	}
	names := []dnsname.Name{name}
	if name == "" {
		e.Object = c.explainObject(ref)
		names = c.namesOf(ref, e.Object.Result)
	}
	known := e.Object != nil && (e.Object.There || len(names) > 0)
	for _, n := range names {
		f := c.explainName(n)
		known = known || f.known()
		e.Names = append(e.Names, f)
	}
	if !known {
		e.Unread = c.unreadable()
		e.Near = c.near(name, ref)
	}
	return e
}

// known reports that something is asked for or published at the name.
func (f NameFacts) known() bool {
	if len(f.Askers) > 0 {
		return true
	}
	for _, v := range f.Views {
		for _, z := range v.Zones {
			if len(z.Observed) > 0 {
				return true
			}
		}
	}
	return false
}
