// SPDX-License-Identifier: Apache-2.0

// Package noop is the registry that stores no claims: every record set that passes the filters counts as ours.
package noop

import (
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

// Registry is the registry without claims. The zero value is ready.
type Registry struct{}

var _ registry.Registry = Registry{}

// Owner is empty: there are no owners.
func (Registry) Owner() string { return "" }

// Subjects is empty: no record set says anything about another.
func (Registry) Subjects(dnsname.Name, zone.Zone) []dnsname.Name { return nil }

// Open returns a ledger in which everything is ours, markers of others apart.
func (Registry) Open(dnsname.Name, zone.Zone, registry.Look, registry.Asks) registry.Ledger {
	return ledger{}
}

type ledger struct{}

func (ledger) Claim(s record.Set) (registry.Claim, bool, reason.Reason) {
	return registry.Claim{Key: s.Key}, true, reason.Reason{}
}

func (ledger) IsMarker(s record.Set) bool {
	_, ok := registry.MarkerOf(s)
	return ok
}

func (ledger) Attach([]change.Change, []registry.Owned) ([]change.Change, []registry.Refused) {
	return nil, nil
}
