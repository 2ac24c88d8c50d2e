// SPDX-License-Identifier: Apache-2.0

// Package registry is the contract of registries: how claims on record sets are stored.
package registry

import (
	"iter"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// Claim says who owns one record set.
type Claim struct {
	Key      record.Key
	Owner    string
	Resource string // the object it was made for: kind/namespace/name
	Targets  []string
	Expires  time.Time
}

// Look returns the record sets that the mirror holds at a name of one zone. Callers don't change them.
type Look func(dnsname.Name) []record.Set

// Asks reports whether an object, by its resource, asks for a name now.
type Asks func(resource string, name dnsname.Name) bool

// Registry opens the ledger of one name. It is pure: the same mirror gives the same ledger.
type Registry interface {
	// Owner is the id that our claims carry; empty where the registry keeps none and every record set counts as ours.
	Owner() string
	// Open reads the claims on the record sets at a name of a zone.
	Open(name dnsname.Name, z zone.Zone, look Look, asks Asks) Ledger
	// Subjects lists the names whose record sets a change at a name of the zone may claim or unclaim, itself left out: where
	// markers are record sets, the names that a marker there can be read for.
	Subjects(at dnsname.Name, z zone.Zone) []dnsname.Name
}

// Surveyor is a registry whose new claims follow the form that a zone already has. Survey returns the registry to use for that
// zone from now on; it is called once a zone, when the zone has been read in full.
type Surveyor interface {
	Survey(z zone.Zone, sets iter.Seq[record.Set]) Registry
}

// Ledger is the claims on one name's record sets.
type Ledger interface {
	// Claim returns the claim on a record set that stands at the name. A reason, where ok is false, tells why a claim that seems
	// to be there doesn't count.
	Claim(record.Set) (c Claim, ok bool, why reason.Reason)
	// IsMarker reports whether a record set at the name is itself a marker, of whatever owner, and so nothing that objects ask for.
	IsMarker(record.Set) bool
	// Attach returns the changes of markers that go with changes of the name's record sets. after has every record set that
	// will be ours at the name, with its resource; a refusal names one that can't be stored with a marker, and then no marker
	// is changed: leave it out of after and ask again.
	Attach(changes []change.Change, after []Owned) (markers []change.Change, refused []Refused)
}

// Owned is a record set of ours and the object it is for.
type Owned struct {
	Set      record.Set
	Resource string
}

// Refused is a record set that can't have a marker.
type Refused struct {
	Key record.Key
	Why reason.Reason
}
