// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/record"
)

// types are what Route 53 stores, in its order (API_ResourceRecordSet, Type).
func types() []record.Type {
	return []record.Type{
		record.SOA, record.A, record.TXT, record.NS, record.CNAME, record.MX, record.NAPTR, record.PTR, record.SRV, spf, record.AAAA, record.CAA,
		ds, tlsa, sshfp, svcb, https,
	}
}

// maxValue is the length of one Value (API_ResourceRecord); maxID that of a SetIdentifier (API_ResourceRecordSet); maxTTL is
// 2^31-1 seconds (RFC 2181 section 8).
const (
	maxValue = 4000
	maxID    = 128
	maxTTL   = 1<<31 - 1
)

// checkShape checks what can be told from one change without the zone; Route 53 refuses such requests as InvalidInput.
func checkShape(i int, c Change) error {
	s := c.Set
	member := memberOf(i)
	switch {
	case c.Action != Create && c.Action != Delete && c.Action != Upsert:
		return constraint(c.Action, member+"action", "Member must satisfy enum value set: [CREATE, DELETE, UPSERT]")
	case !slices.Contains(types(), s.Type):
		return constraint(s.Type, member+"resourceRecordSet.type", fmt.Sprintf("Member must satisfy enum value set: %v", types()))
	case len(s.ID) > maxID:
		return constraint(s.ID, member+"resourceRecordSet.setIdentifier", "Member must have length less than or equal to 128")
	}
	for _, v := range valuesOf(s) {
		if len(v) > maxValue {
			return constraint(v[:32]+"...", member+"resourceRecordSet.resourceRecords", "Member must have length less than or equal to 4000")
		}
	}
	if err := checkTTL(member, int64(s.TTL)); err != nil {
		return err
	}
	if err := checkContent(c, s.TTL != 0, len(valuesOf(s)) > 0); err != nil {
		return err
	}
	return checkRouting(member, c)
}

// memberOf names the change of an index as Route 53's messages do.
func memberOf(i int) string { return fmt.Sprintf("changeBatch.changes.%d.member.", i+1) }

func checkTTL(member string, ttl int64) error {
	switch {
	case ttl < 0:
		return constraint(ttl, member+"resourceRecordSet.tTL", "Member must have value greater than or equal to 0")
	case ttl > maxTTL:
		return constraint(ttl, member+"resourceRecordSet.tTL", "Member must have value less than or equal to 2147483647")
	}
	return nil
}

// checkContent checks that a set is either an alias or has values.
func checkContent(c Change, ttl, values bool) error {
	found := ""
	switch {
	case c.Set.Alias != nil && (ttl || values):
		found = "more than one"
	case c.Set.Alias == nil && !values:
		found = "none"
	default:
		return nil
	}
	return invalidInput("Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found %s in Change with %s", found, change(c))
}

// change describes a change as Route 53's messages do.
func change(c Change) string {
	id := c.Set.ID
	if id == "" {
		id = "null"
	}
	return fmt.Sprintf("[Action=%s, Name=%s., Type=%s, SetIdentifier=%s]", c.Action, strings.TrimSuffix(string(c.Set.Name), "."), c.Set.Type, id)
}

// checkData checks the values of a set.
func (b *batch) checkData(s record.Set) bool {
	values, ok := valuesOf(s), true
	switch {
	case len(values) > b.limits.Values:
		b.refuse("Cannot have more than %d records in a RRSet.", b.limits.Values)
		return false
	case len(values) > 1 && (s.Type == record.CNAME || s.Type == record.SOA):
		b.refuse("RRSet of type %s with DNS name %s can have only one record", s.Type, wireName(s.Name))
		return false
	case s.Type == record.NS && s.Name.IsWildcard():
		b.refuse("RRSet of type NS with DNS name %s is not permitted because NS records can't be wildcards", wireName(s.Name))
		return false
	}
	for i, v := range values {
		if p := checkValue(s.Type, v); p != nil {
			b.refuse("Invalid Resource Record: '%s'", p)
			ok = false
		}
		if slices.Contains(values[:i], v) {
			b.refuse("Duplicate Resource Record: '%s'", v)
			ok = false
		}
	}
	return ok
}

// checkAlias checks the target of an alias (API_AliasTarget): a record set of the same type in the same zone, or a name of the AWS
// service that the hosted zone id belongs to.
func (b *batch) checkAlias(given record.Set) {
	s, ok := b.normal(given)
	if !ok {
		return
	}
	target := fmt.Sprintf("Tried to create an alias that targets %s, type %s in zone %s", wireName(s.Alias.Target), s.Type, s.Alias.Zone)
	if s.Alias.Zone != b.zone.ID {
		inside, known := serviceName(s.Alias.Zone, s.Alias.Target)
		switch {
		case !known:
			b.refuse("%s, but that target was not found", target)
		case !inside:
			b.refuse("%s, but the alias target name does not lie within the target zone", target)
		}
		return
	}
	if !s.Alias.Target.In(b.zone.Name) {
		b.refuse("%s, but the alias target name does not lie within the target zone", target)
	}
	if s.Alias.Target == s.Name || !slices.ContainsFunc(b.tx.At(s.Alias.Target), func(o record.Set) bool { return o.Type == s.Type }) {
		b.refuse("%s, but that target was not found", target)
	}
}
