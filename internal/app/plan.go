// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// Plan is what would change, for people and machines. Equal states give equal plans, byte for byte.
type Plan struct {
	Hash  string     `json:"hash"` // of the changes: the same hash, the same changes
	Views []PlanView `json:"views"`
}

// PlanView is the plan of one view.
type PlanView struct {
	Name    string       `json:"name"`
	Changes []PlanChange `json:"changes"`
	Held    []PlanName   `json:"held"`
	Refused []PlanName   `json:"refused"`
	Noted   []PlanName   `json:"noted,omitempty"`    // published, with something to know
	LeftOut []PlanName   `json:"filtered,omitempty"` // not published because the options say so
}

// PlanZone names a hosted zone.
type PlanZone struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// PlanChange is one change of a record set, markers included. Every key is always there, Marker's apart: programs needn't ask whether
// Before (null for a create) or After (null for a delete) exist. Reason is an object rather than a text, so that programs can go
// by its code, which stays the same, and people read its text, which doesn't.
type PlanChange struct {
	Zone   PlanZone      `json:"zone"`
	Name   dnsname.Name  `json:"name"`
	Type   record.Type   `json:"type"`
	ID     string        `json:"setIdentifier"`
	Action change.Action `json:"action"`
	Before *PlanSet      `json:"before"`
	After  *PlanSet      `json:"after"`
	From   string        `json:"from"`
	Marker bool          `json:"marker,omitempty"`
	Reason reason.Reason `json:"reason"`
}

// PlanSet is what a record set holds.
type PlanSet struct {
	TTL     uint32            `json:"ttl,omitempty"`
	Targets []string          `json:"targets"`
	Props   map[string]string `json:"properties,omitempty"`
}

// PlanName is a name that is held or refused. Type is empty where that concerns the whole name.
type PlanName struct {
	Zone   *PlanZone      `json:"zone,omitempty"`
	Name   dnsname.Name   `json:"name,omitempty"`
	Type   record.Type    `json:"type,omitempty"`
	ID     string         `json:"setIdentifier,omitempty"`
	What   change.Verdict `json:"verdict"`
	From   string         `json:"from,omitempty"`
	Field  string         `json:"field,omitempty"` // of an object that can't be used as it is
	Value  string         `json:"value,omitempty"`
	Reason reason.Reason  `json:"reason"`
	Fix    string         `json:"fix,omitempty"`
}

// Empty reports whether nothing would change.
func (p Plan) Empty() bool {
	return !slices.ContainsFunc(p.Views, func(v PlanView) bool { return len(v.Changes) > 0 })
}

// MakePlan finds out what a run with the options would change now, and changes nothing.
func MakePlan(ctx context.Context, o Options, v Version, log *slog.Logger) (Plan, error) {
	o.Loop.Once, o.Loop.DryRun = true, true
	var changes []PlanChange
	var last reconcile.Status
	logs := &logger{log: log, options: &o, warned: make(map[string]bool)}
	loop, err := build(ctx, o, v, log, func(e reconcile.Event) {
		logs.observe(e)
		switch e := e.(type) {
		case reconcile.Applied:
			for _, c := range e.Batch.Changes() {
				if !c.Keeps() {
					changes = append(changes, planChange(e.Zone, c))
				}
			}
		case reconcile.Settled:
			last = e.Status
		}
	})
	if err != nil {
		return Plan{}, err
	}
	if err := loop.Run(ctx); err != nil && !errors.Is(err, reconcile.ErrIncomplete) { // what is incomplete is among the refused
		return Plan{}, fmt.Errorf("plan: %w", err)
	}
	if err := ctx.Err(); err != nil {
		return Plan{}, fmt.Errorf("plan: %w", err)
	}
	return makePlan(changes, last)
}

func makePlan(changes []PlanChange, s reconcile.Status) (Plan, error) {
	view := PlanView{Name: viewName, Changes: []PlanChange{}, Held: []PlanName{}, Refused: []PlanName{}}
	view.Changes = append(view.Changes, changes...)
	slices.SortStableFunc(view.Changes, func(a, b PlanChange) int {
		if c := dnsname.Name(a.Zone.Name).Compare(dnsname.Name(b.Zone.Name)); c != 0 {
			return c
		}
		if c := strings.Compare(a.Zone.ID, b.Zone.ID); c != 0 {
			return c
		}
		return record.Key{Name: a.Name, Type: a.Type, ID: a.ID}.Compare(record.Key{Name: b.Name, Type: b.Type, ID: b.ID})
	})
	for _, n := range s.Names {
		view.add(n)
	}
	for _, r := range s.Refusals {
		view.Refused = append(view.Refused, PlanName{What: change.Refused, From: r.Resource, Field: r.Field, Value: r.Value, Reason: r.Reason, Fix: r.Reason.Fix()})
	}
	bytes, err := json.Marshal(view.Changes)
	if err != nil {
		return Plan{}, fmt.Errorf("hash the plan: %w", err)
	}
	sum := sha256.Sum256(bytes)
	return Plan{Hash: hex.EncodeToString(sum[:8]), Views: []PlanView{view}}, nil
}

// add enters a decision where people look for it.
func (v *PlanView) add(n reconcile.Name) {
	p := PlanName{Name: n.Name, Type: n.Type, ID: n.ID, What: n.Verdict, From: n.Resource, Reason: n.Reason, Fix: n.Reason.Fix()}
	if n.Zone != "" {
		p.Zone = &PlanZone{ID: n.Zone, Name: n.ZoneName}
	}
	switch {
	case n.Verdict == change.Held:
		v.Held = append(v.Held, p)
	case n.Verdict == change.Refused || n.Verdict == change.Lost || n.Verdict == reconcile.Parking:
		v.Refused = append(v.Refused, p)
	case n.Verdict == change.Noted:
		v.Noted = append(v.Noted, p)
	case n.Verdict == change.Filtered && n.Reason.Code != reason.TypeNotManaged: // every NodePort Service has SRV record sets that few want
		v.LeftOut = append(v.LeftOut, p)
	}
}

func planChange(z zone.Zone, c change.Change) PlanChange {
	k := c.Key()
	return PlanChange{
		Zone: PlanZone{ID: z.ID, Name: string(z.Name)}, Name: k.Name, Type: k.Type, ID: k.ID, Action: c.Action(),
		Before: planSet(c.Before), After: planSet(c.After), From: c.Resource, Marker: c.Marker, Reason: c.Why,
	}
}

func planSet(s *record.Set) *PlanSet {
	if s == nil {
		return nil
	}
	out := &PlanSet{TTL: s.TTL, Targets: s.Targets()}
	props := s.Props
	if s.Alias != nil && !s.Alias.EvaluateHealth { // most do
		props = append(slices.Clone(props), record.Prop{Name: "evaluate-target-health", Value: "false"})
	}
	for _, p := range props {
		if out.Props == nil {
			out.Props = make(map[string]string)
		}
		out.Props[p.Name] = p.Value
	}
	return out
}
