// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"fmt"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// Action is what a change does to its record set (API_Change).
type Action string

// The actions of Route 53.
const (
	Create Action = "CREATE"
	Delete Action = "DELETE"
	Upsert Action = "UPSERT"
)

// Change is one element of a change batch. The values of Set are those of Stored, or the canonical ones of Values where Stored is
// nil. Routing and health checks are properties called aws/weight, aws/region, aws/failover, aws/multi-value-answer,
// aws/geolocation-*, aws/geoproximity-*, aws/cidr-* and aws/health-check-id.
type Change struct {
	Action Action
	Set    record.Set
}

// Limits are Route 53's quotas (DNSLimitations). Zero is the default.
type Limits struct {
	Records int // ResourceRecord elements of a batch, UPSERT counting twice: 1,000
	Chars   int // characters of all values of a batch, UPSERT counting twice: 32,000
	Sets    int // record sets of a zone: 10,000
	Values  int // values of a record set: 400
	Group   int // record sets of one name, type and routing policy: 100
}

func (l Limits) withDefaults() Limits {
	or := func(n, d int) int {
		if n == 0 {
			return d
		}
		return n
	}
	return Limits{or(l.Records, 1000), or(l.Chars, 32_000), or(l.Sets, 10_000), or(l.Values, 400), or(l.Group, 100)}
}

// Apply makes a change batch, all of it or, where it returns an *Error, nothing: the caller gives the error back to zonedb, which
// drops the transaction. Changes are made in their order, so that DELETE and CREATE of one record set replace it; a CREATE that
// conflicts with a set deleted only later is refused (Route 53's documentation doesn't say what it does then). Alias targets and
// the zone's quota are looked at in the end.
func Apply(tx *zonedb.Tx, limits Limits, changes []Change) error {
	b := batch{tx: tx, zone: tx.Zone(), limits: limits.withDefaults(), seen: make(map[record.Key]Action)}
	if err := b.measure(changes); err != nil {
		return err
	}
	for i, c := range changes {
		if err := checkShape(i, c); err != nil {
			return err
		}
	}
	for _, c := range changes {
		b.make(c)
	}
	b.finish(changes)
	if len(b.messages) > 0 {
		return invalidBatch(b.messages)
	}
	return nil
}

type batch struct {
	tx       *zonedb.Tx
	zone     *zonedb.Zone
	limits   Limits
	seen     map[record.Key]Action
	messages []string
}

func (b *batch) refuse(format string, args ...any) {
	b.messages = append(b.messages, fmt.Sprintf(format, args...))
}

// measure checks the limits of the request itself (API_ChangeResourceRecordSets, DNSLimitations).
func (b *batch) measure(changes []Change) error {
	records, chars := 0, 0
	for _, c := range changes {
		weight := 1
		if c.Action == Upsert {
			weight = 2
		}
		for _, v := range valuesOf(c.Set) {
			records += weight
			chars += weight * len(v)
		}
	}
	switch {
	case len(changes) == 0:
		return constraint("[]", "changeBatch.changes", "Member must have length greater than or equal to 1")
	case records > b.limits.Records || len(changes) > b.limits.Records:
		return invalidBatch([]string{fmt.Sprintf("Number of records limit of %d exceeded.", b.limits.Records)})
	case chars > b.limits.Chars:
		return invalidBatch([]string{fmt.Sprintf("RDATA character limit of %d exceeded.", b.limits.Chars)})
	}
	return nil
}

// make checks one change against what the batch has made of the zone so far, and makes it.
func (b *batch) make(c Change) {
	set, ok := b.normal(c.Set)
	if !ok {
		return
	}
	before, again := b.seen[set.Key]
	if again && (before != Delete || c.Action != Create) {
		b.refuse("The request contains an invalid set of changes for a resource record set '%s %s'", set.Type, wireName(set.Name))
		return
	}
	b.seen[set.Key] = c.Action
	old, exists := find(b.tx.At(set.Name), set.Key)
	switch {
	case c.Action == Delete:
		b.remove(set, old, exists)
	case c.Action == Create && exists:
		b.refuse("Tried to create resource record set %s but it already exists", label(set.Key))
	default:
		b.put(set)
	}
}

func (b *batch) remove(set, old record.Set, exists bool) {
	switch {
	case !exists:
		b.refuse("Tried to delete resource record set %s but it was not found", label(set.Key))
	case !same(old, set):
		b.refuse("Tried to delete resource record set %s but the values provided do not match the current values", label(set.Key))
	default:
		b.tx.Delete(set.Key)
	}
}

func (b *batch) put(set record.Set) {
	if b.checkData(set) && b.checkNeighbours(set) && b.checkGroup(set) {
		b.tx.Set(set)
	}
}

// checkNeighbours keeps CNAME alone at its name and off the apex (RFC 1034 section 3.6.2; ResourceRecordTypes, CNAME).
func (b *batch) checkNeighbours(s record.Set) bool {
	zone := wireName(b.zone.Name)
	if s.Type == record.CNAME && s.Name == b.zone.Name {
		b.refuse("RRSet of type CNAME with DNS name %s is not permitted at apex in zone %s", wireName(s.Name), zone)
		return false
	}
	for _, o := range b.tx.At(s.Name) {
		switch {
		case s.Type == record.CNAME && o.Type != record.CNAME:
			b.refuse("RRSet of type CNAME with DNS name %s is not permitted as it conflicts with other records with the same DNS name in zone %s", wireName(s.Name), zone)
			return false
		case s.Type != record.CNAME && o.Type == record.CNAME:
			b.refuse("RRSet of type %s with DNS name %s is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone %s", s.Type, wireName(s.Name), zone)
			return false
		}
	}
	return true
}

// finish checks what only the whole batch tells.
func (b *batch) finish(changes []Change) {
	if len(b.messages) > 0 {
		return
	}
	had := func(t record.Type) bool { _, ok := find(b.zone.At(b.zone.Name), apex(b.zone.Name, t)); return ok }
	has := func(t record.Type) bool { _, ok := find(b.tx.At(b.zone.Name), apex(b.zone.Name, t)); return ok }
	if had(record.NS) && !has(record.NS) {
		b.refuse("A HostedZone must contain at least one NS record for the zone itself.")
	}
	if had(record.SOA) && !has(record.SOA) {
		b.refuse("A HostedZone must contain exactly one SOA record.")
	}
	for _, c := range changes {
		if c.Action != Delete && c.Set.Alias != nil {
			b.checkAlias(c.Set)
		}
	}
	if n := b.tx.Len(); n > b.limits.Sets && n > b.zone.Len() {
		b.refuse("Exceeded limit MAX_RRSETS_BY_ZONE for zone: %s", b.zone.ID)
	}
}

func apex(zone dnsname.Name, t record.Type) record.Key { return record.Key{Name: zone, Type: t} }
