// SPDX-License-Identifier: Apache-2.0

// Package report is the form in which changes and decisions are shown: as JSON for programs, as text for people. Plans, the journal and the
// commands to a running instance share it.
package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// Plan is what would change, for people and machines. Equal states give equal plans, byte for byte.
type Plan struct {
	Hash  string `json:"hash"` // of the changes: the same hash, the same changes
	Views []View `json:"views"`
}

// View is the plan of one view.
type View struct {
	Name    string   `json:"name"`
	Changes []Change `json:"changes"`
	Held    []Name   `json:"held"`
	Refused []Name   `json:"refused"`
	Noted   []Name   `json:"noted,omitempty"`    // published, with something to know
	LeftOut []Name   `json:"filtered,omitempty"` // not published because the options say so
	Braked  []Braked `json:"braked,omitempty"`
}

// Braked says how much of Held the brake of a zone holds, in changes of record sets, and under which hash a person can release it.
type Braked struct {
	Zone    Zone   `json:"zone"`
	Deletes int    `json:"deletes"`
	Updates int    `json:"updates"`
	Approve string `json:"approve"`
}

// Zone names a hosted zone.
type Zone struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Change is one change of a record set, markers included. Every key is always there, Marker's apart: programs needn't ask whether
// Before (null for a create) or After (null for a delete) exist. Reason is an object rather than a text, so that programs can go
// by its code, which stays the same, and people read its text, which doesn't.
type Change struct {
	Zone   Zone          `json:"zone"`
	Name   dnsname.Name  `json:"name"`
	Type   record.Type   `json:"type"`
	ID     string        `json:"setIdentifier"`
	Action change.Action `json:"action"`
	Before *Set          `json:"before"`
	After  *Set          `json:"after"`
	From   string        `json:"from"`
	Marker bool          `json:"marker,omitempty"`
	Reason reason.Reason `json:"reason"`
}

// Set is what a record set holds.
type Set struct {
	TTL     uint32            `json:"ttl,omitempty"`
	Targets []string          `json:"targets"`
	Props   map[string]string `json:"properties,omitempty"`
}

// Name is a name that is held or refused. Type is empty where that concerns the whole name.
type Name struct {
	Zone   *Zone          `json:"zone,omitempty"`
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
	return !slices.ContainsFunc(p.Views, func(v View) bool { return len(v.Changes) > 0 })
}

// Hash sums up changes: the same hash, the same changes in the same order.
func Hash(changes []Change) (string, error) {
	bytes, err := json.Marshal(changes)
	if err != nil {
		return "", fmt.Errorf("hash the changes: %w", err)
	}
	sum := sha256.Sum256(bytes)
	return hex.EncodeToString(sum[:8]), nil
}

// Compare orders changes by zone, then by record set.
func Compare(a, b Change) int {
	return cmp.Or(dnsname.Name(a.Zone.Name).Compare(dnsname.Name(b.Zone.Name)), strings.Compare(a.Zone.ID, b.Zone.ID),
		record.Key{Name: a.Name, Type: a.Type, ID: a.ID}.Compare(record.Key{Name: b.Name, Type: b.Type, ID: b.ID}))
}

// ZoneOf names a zone.
func ZoneOf(z zone.Zone) Zone { return Zone{ID: z.ID, Name: string(z.Name)} }

// ChangeOf shows a change of a zone.
func ChangeOf(z zone.Zone, c change.Change) Change {
	k := c.Key()
	return Change{
		Zone: ZoneOf(z), Name: k.Name, Type: k.Type, ID: k.ID, Action: c.Action(),
		Before: setOf(c.Before), After: setOf(c.After), From: c.Resource, Marker: c.Marker, Reason: c.Why,
	}
}

func setOf(s *record.Set) *Set {
	if s == nil {
		return nil
	}
	out := SetOf(*s)
	return &out
}

// SetOf shows a record set.
func SetOf(s record.Set) Set {
	out := Set{TTL: s.TTL, Targets: s.Targets()}
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
