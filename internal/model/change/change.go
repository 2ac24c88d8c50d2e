// SPDX-License-Identifier: Apache-2.0

// Package change holds edits of record sets: single changes, the groups that must go together, and the batches they are sent in.
package change

import (
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// Action is what a change does.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// Change is one edit of one record set: before → after. Before is nil for a create, after for a delete; the two have the same key.
type Change struct {
	Before, After *record.Set
	Marker        bool   // an ownership marker rather than what an object asked for
	Resource      string // the object it is for: kind/namespace/name
	View          string // the view it is made for
	Why           reason.Reason
}

// Action tells what the change does.
func (c Change) Action() Action {
	switch {
	case c.Before == nil:
		return Create
	case c.After == nil:
		return Delete
	default:
		return Update
	}
}

// Key is the record set that the change edits.
func (c Change) Key() record.Key {
	if c.After != nil {
		return c.After.Key
	}
	return c.Before.Key
}

// Keeps reports that the change leaves the set as it is: it makes the batch conditional on it.
func (c Change) Keeps() bool { return c.Before != nil && c.After != nil && c.Before.Equal(*c.After) }

// Inverse undoes the change.
func (c Change) Inverse() Change {
	c.Before, c.After = c.After, c.Before
	return c
}

func (c Change) String() string { return fmt.Sprintf("%s %s", c.Action(), c.Key()) }

// Group is every change for one name of a zone, its markers included: it is sent in one batch or not at all.
type Group struct {
	Name    dnsname.Name
	Changes []Change
}

// Batch is what one call sends.
type Batch struct{ Groups []Group }

// Changes returns the batch's changes in the order of its groups.
func (b Batch) Changes() []Change {
	var out []Change
	for _, g := range b.Groups {
		out = append(out, g.Changes...)
	}
	return out
}

// Inverse undoes the batch: its changes inverted, in reverse order.
func (b Batch) Inverse() Batch {
	out := Batch{Groups: make([]Group, 0, len(b.Groups))}
	for _, g := range slices.Backward(b.Groups) {
		inv := Group{Name: g.Name, Changes: make([]Change, 0, len(g.Changes))}
		for _, c := range slices.Backward(g.Changes) {
			inv.Changes = append(inv.Changes, c.Inverse())
		}
		out.Groups = append(out.Groups, inv)
	}
	return out
}

// Decision is one choice about a record set and its reason.
type Decision struct {
	Key      record.Key
	Verdict  Verdict
	Resource string // the object it concerns: kind/namespace/name
	Why      reason.Reason
}

// Verdict is the kind of a decision.
type Verdict string

// The verdicts.
const (
	Refused  Verdict = "refused"  // asked for, and not published
	Held     Verdict = "held"     // published, and left as it is for now
	Lost     Verdict = "lost"     // another object has the name
	Filtered Verdict = "filtered" // left out because the options say so
	Noted    Verdict = "noted"    // published, with something to know
)

// Policy says which changes may be made.
type Policy string

// The policies.
const (
	Sync       Policy = "sync"
	UpsertOnly Policy = "upsert-only"
	CreateOnly Policy = "create-only"
)

// Allows reports whether the policy lets an action happen.
func (p Policy) Allows(a Action) bool {
	switch a {
	case Create:
		return true
	case Update:
		return p == Sync || p == UpsertOnly
	default:
		return p == Sync
	}
}
