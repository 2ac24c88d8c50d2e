// SPDX-License-Identifier: Apache-2.0

package r53emu_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

const (
	create = r53emu.Create
	remove = r53emu.Delete
	upsert = r53emu.Upsert
)

// ch makes a change from an action, a name, a type and values; "key=value" among them sets ttl, id, alias ("zone/target") or a
// property.
func ch(action r53emu.Action, name dnsname.Name, kind record.Type, values ...string) r53emu.Change {
	set := record.Set{Key: record.Key{Name: name, Type: kind}, TTL: 300}
	for _, v := range values {
		key, value, _ := strings.Cut(v, "=")
		switch {
		case key == "id":
			set.ID = value
		case key == "ttl":
			_, _ = fmt.Sscan(value, &set.TTL)
		case key == "alias":
			id, target, _ := strings.Cut(value, "/")
			set.Alias, set.TTL = &record.Alias{Zone: id, Target: dnsname.Name(target)}, 0
		case strings.HasPrefix(key, "aws/"):
			set.Props = append(set.Props, record.Prop{Name: key, Value: value})
		default:
			set.Stored = append(set.Stored, v)
		}
	}
	return r53emu.Change{Action: action, Set: set}
}

// zoneWith returns an emulator with one zone and its first sets.
func zoneWith(t *testing.T, opts r53emu.Options, seed ...r53emu.Change) (*r53emu.Server, string) {
	t.Helper()
	s := r53emu.New(opts)
	id := s.AddZone("example.com", false)
	if len(seed) > 0 {
		if _, err := s.Change(id, seed...); err != nil {
			t.Fatalf("seed: %v", err)
		}
	}
	return s, id
}

type rule struct {
	page    string // of AWS's documentation; "stricter" where it leaves the question open
	seed    []r53emu.Change
	changes []r53emu.Change
	code    string // empty: accepted
	message string
}

func list(c ...r53emu.Change) []r53emu.Change { return c }

func checkRules(t *testing.T, opts r53emu.Options, rules map[string]rule) {
	t.Helper()
	for name, tc := range rules {
		t.Run(name, func(t *testing.T) {
			s, id := zoneWith(t, opts, tc.seed...)
			before, _ := s.DB().Zone(id)
			_, err := s.Change(id, tc.changes...)
			after, _ := s.DB().Zone(id)
			if tc.code == "" {
				if err != nil {
					t.Errorf("refused: %v (%s)", err, tc.page)
				}
				return
			}
			e, ok := errors.AsType[*r53emu.Error](err)
			if !ok || e.Code != tc.code || !strings.Contains(e.Message, tc.message) {
				t.Errorf("got %v, want %s with %q (%s)", err, tc.code, tc.message, tc.page)
			}
			if after != before {
				t.Error("a refused batch changed the zone")
			}
		})
	}
}

const (
	badBatch = "InvalidChangeBatch"
	badInput = "InvalidInput"
)

func TestRulesOfNamesAndNeighbours(t *testing.T) {
	www := ch(create, "www.example.com", "A", "192.0.2.1")
	label := strings.Repeat("a", 63)
	long := func(n int) dnsname.Name { // n octets on the wire, 2 more than as text
		return dnsname.Name(strings.Join([]string{label, label, label, strings.Repeat("a", n-206)}, ".") + ".example.com")
	}
	checkRules(t, r53emu.Options{}, map[string]rule{
		"create":             {page: "API_Change", changes: list(www)},
		"outside":            {page: "API_ResourceRecordSet, Name", changes: list(ch(create, "www.example.net", "A", "192.0.2.1")), code: badBatch, message: "[RRSet with DNS name www.example.net. is not permitted in zone example.com.]"},
		"almost inside":      {page: "API_ResourceRecordSet, Name", changes: list(ch(create, "notexample.com", "A", "192.0.2.1")), code: badBatch, message: "is not permitted in zone"},
		"final dot and case": {page: "DomainNameFormat", seed: list(www), changes: list(ch(create, "WWW.Example.com.", "A", "192.0.2.1")), code: badBatch, message: "but it already exists"},
		"escapes":            {page: "DomainNameFormat", seed: list(ch(create, "*.example.com", "A", "192.0.2.1")), changes: list(ch(create, `\052.example.com`, "A", "192.0.2.1")), code: badBatch, message: `[name='\052.example.com.', type='A']`},
		"label of 63":        {page: "DomainNameFormat", changes: list(ch(create, dnsname.Name(label)+".example.com", "A", "192.0.2.1"))},
		"label of 64":        {page: "DomainNameFormat", changes: list(ch(create, dnsname.Name(label)+"a.example.com", "A", "192.0.2.1")), code: badBatch, message: "FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with"},
		"name of 255":        {page: "DomainNameFormat", changes: list(ch(create, long(255), "A", "192.0.2.1"))},
		"name of 256":        {page: "DomainNameFormat", changes: list(ch(create, long(256), "A", "192.0.2.1")), code: badBatch, message: "DomainNameTooLong"},
		"empty label":        {page: "DomainNameFormat", changes: list(ch(create, "a..example.com", "A", "192.0.2.1")), code: badBatch, message: "DomainLabelEmpty"},
		"empty name":         {page: "DomainNameFormat", changes: list(ch(create, "", "A", "192.0.2.1")), code: badBatch, message: "DomainNameEmpty"},
		"raw unicode":        {page: "DomainNameFormat", changes: list(ch(create, "é.example.com", "A", "192.0.2.1")), code: badBatch, message: "UnsupportedCharacter"},

		"CNAME beside A":         {page: "ResourceRecordTypes, CNAME", seed: list(www), changes: list(ch(create, "www.example.com", "CNAME", "example.net")), code: badBatch, message: "[RRSet of type CNAME with DNS name www.example.com. is not permitted as it conflicts with other records with the same DNS name in zone example.com.]"},
		"A beside CNAME":         {page: "ResourceRecordTypes, CNAME", seed: list(ch(create, "www.example.com", "CNAME", "example.net")), changes: list(ch(upsert, "www.example.com", "A", "192.0.2.1")), code: badBatch, message: "[RRSet of type A with DNS name www.example.com. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.com.]"},
		"A to CNAME":             {page: "API_ChangeResourceRecordSets, Change Batches", seed: list(www), changes: list(ch(remove, "www.example.com", "A", "192.0.2.1"), ch(create, "www.example.com", "CNAME", "example.net"))},
		"CNAME before A's end":   {page: "stricter", seed: list(www), changes: list(ch(create, "www.example.com", "CNAME", "example.net"), ch(remove, "www.example.com", "A", "192.0.2.1")), code: badBatch, message: "conflicts with other records"},
		"CNAME at the apex":      {page: "ResourceRecordTypes, CNAME", changes: list(ch(create, "example.com", "CNAME", "example.net")), code: badBatch, message: "[RRSet of type CNAME with DNS name example.com. is not permitted at apex in zone example.com.]"},
		"several weighted CNAME": {page: "routing-policy-weighted", seed: list(ch(create, "www.example.com", "CNAME", "example.net", "id=a", "aws/weight=1")), changes: list(ch(create, "www.example.com", "CNAME", "example.org", "id=b", "aws/weight=1"))},
		"wildcard NS":            {page: "API_ResourceRecordSet, Name", changes: list(ch(create, "*.example.com", "NS", "ns.example.net")), code: badBatch, message: "type NS"},
		"apex NS":                {page: "SOA-NSrecords", changes: list(apexDelete("NS")), code: badBatch, message: "[A HostedZone must contain at least one NS record for the zone itself.]"},
		"apex SOA":               {page: "SOA-NSrecords", changes: list(apexDelete("SOA")), code: badBatch, message: "[A HostedZone must contain exactly one SOA record.]"},
		"apex NS replaced":       {page: "SOA-NSrecords", changes: list(ch(upsert, "example.com", "NS", "ns.example.net"))},
		"delegation":             {page: "CreatingNewSubdomain", seed: list(ch(create, "sub.example.com", "NS", "ns.example.net")), changes: list(ch(remove, "sub.example.com", "NS", "ns.example.net"))},
	})
}

// apexDelete deletes a set that a new zone has.
func apexDelete(kind record.Type) r53emu.Change {
	s := r53emu.New(r53emu.Options{})
	z, _ := s.DB().Zone(s.AddZone("example.com", false))
	i := slices.IndexFunc(z.At("example.com"), func(s record.Set) bool { return s.Type == kind })
	return r53emu.Change{Action: remove, Set: z.At("example.com")[i]}
}

func TestRulesOfActions(t *testing.T) {
	www := ch(create, "www.example.com", "A", "192.0.2.1", "192.0.2.2")
	gone := ch(remove, "www.example.com", "A", "192.0.2.1", "192.0.2.2")
	blue := ch(create, "w.example.com", "A", "192.0.2.1", "id=blue", "aws/weight=1")
	const mismatch = "[Tried to delete resource record set [name='www.example.com.', type='A'] but the values provided do not match the current values]"
	checkRules(t, r53emu.Options{}, map[string]rule{
		"create twice":            {page: "API_Change, Action", seed: list(www), changes: list(www), code: badBatch, message: "[Tried to create resource record set [name='www.example.com.', type='A'] but it already exists]"},
		"create twice with id":    {page: "API_Change, Action", seed: list(blue), changes: list(blue), code: badBatch, message: "[Tried to create resource record set [name='w.example.com.', type='A', set-identifier='blue'] but it already exists]"},
		"upsert creates":          {page: "API_Change, Action", changes: list(ch(upsert, "www.example.com", "A", "192.0.2.1"))},
		"upsert replaces":         {page: "API_Change, Action", seed: list(www), changes: list(ch(upsert, "www.example.com", "A", "192.0.2.9"))},
		"delete":                  {page: "API_ChangeResourceRecordSets, Deleting", seed: list(www), changes: list(gone)},
		"delete in another order": {page: "API_ResourceRecord", seed: list(www), changes: list(ch(remove, "www.example.com", "A", "192.0.2.2", "192.0.2.1"))},
		"delete nothing":          {page: "API_ChangeResourceRecordSets, Deleting", changes: list(gone), code: badBatch, message: "[Tried to delete resource record set [name='www.example.com.', type='A'] but it was not found]"},
		"delete other id":         {page: "API_ResourceRecordSet, SetIdentifier", seed: list(blue), changes: list(ch(remove, "w.example.com", "A", "192.0.2.1", "id=green", "aws/weight=1")), code: badBatch, message: "set-identifier='green'] but it was not found"},
		"delete fewer values":     {page: "API_ChangeResourceRecordSets, Deleting", seed: list(www), changes: list(ch(remove, "www.example.com", "A", "192.0.2.1")), code: badBatch, message: mismatch},
		"delete more values":      {page: "API_ChangeResourceRecordSets, Deleting", seed: list(www), changes: list(ch(remove, "www.example.com", "A", "192.0.2.1", "192.0.2.2", "192.0.2.3")), code: badBatch, message: mismatch},
		"delete other TTL":        {page: "API_ChangeResourceRecordSets, Deleting", seed: list(www), changes: list(ch(remove, "www.example.com", "A", "192.0.2.1", "192.0.2.2", "ttl=60")), code: badBatch, message: mismatch},
		"delete alias for values": {page: "API_ChangeResourceRecordSets, Deleting", seed: list(www), changes: list(ch(remove, "www.example.com", "A", "alias=/w.example.com")), code: badBatch, message: mismatch},
		"delete other weight":     {page: "API_ChangeResourceRecordSets, Deleting", seed: list(blue), changes: list(ch(remove, "w.example.com", "A", "192.0.2.1", "id=blue", "aws/weight=2")), code: badBatch, message: "do not match"},
		"delete other health":     {page: "API_ChangeResourceRecordSets, Deleting", seed: list(blue), changes: list(ch(remove, "w.example.com", "A", "192.0.2.1", "id=blue", "aws/weight=1", "aws/health-check-id=h")), code: badBatch, message: "do not match"},
		"delete other alias": {
			page: "API_ChangeResourceRecordSets, Deleting", seed: list(www, ch(create, "a.example.com", "A", "alias=/www.example.com")),
			changes: list(ch(remove, "a.example.com", "A", "alias=/w.example.com")), code: badBatch, message: "do not match",
		},
		"delete and create": {page: "API_ChangeResourceRecordSets, Change Batches", seed: list(www), changes: list(gone, ch(create, "www.example.com", "A", "192.0.2.9"))},
		"delete twice":      {page: "API_ChangeResourceRecordSets, Change Batches", seed: list(www), changes: list(gone, gone), code: badBatch, message: "[The request contains an invalid set of changes for a resource record set 'A www.example.com.']"},
		"create both":       {page: "API_ChangeResourceRecordSets, Change Batches", changes: list(www, ch(create, "www.example.com", "A", "192.0.2.9")), code: badBatch, message: "invalid set of changes"},
		"upsert both":       {page: "API_ChangeResourceRecordSets, Change Batches", changes: list(ch(upsert, "www.example.com", "A", "192.0.2.1"), ch(upsert, "www.example.com", "A", "192.0.2.2")), code: badBatch, message: "invalid set of changes"},
		"create, delete":    {page: "stricter", changes: list(www, gone), code: badBatch, message: "invalid set of changes"},
		"three of a key":    {page: "stricter", seed: list(www), changes: list(gone, www, gone), code: badBatch, message: "invalid set of changes"},
		"all faults told":   {page: "API_ChangeResourceRecordSets, Errors", seed: list(www), changes: list(www, ch(remove, "x.example.com", "A", "192.0.2.1")), code: badBatch, message: "but it already exists, Tried to delete resource record set [name='x.example.com.', type='A'] but it was not found]"},
		"one fault of two":  {page: "API_ChangeResourceRecordSets, Change Batches", changes: list(www, ch(remove, "x.example.com", "A", "192.0.2.1")), code: badBatch, message: "was not found"},
		"other action":      {page: "API_Change, Action", changes: list(ch("UPDATE", "www.example.com", "A", "192.0.2.1")), code: badInput, message: "[CREATE, DELETE, UPSERT]"},
		"other type":        {page: "API_ResourceRecordSet, Type", changes: list(ch(create, "www.example.com", "DNAME", "example.net")), code: badInput, message: "Value 'DNAME'"},
		"no values":         {page: "API_ResourceRecordSet, ResourceRecords", changes: list(ch(create, "www.example.com", "A")), code: badInput, message: "but found none in Change with [Action=CREATE, Name=www.example.com., Type=A, SetIdentifier=null]"},
		"no changes":        {page: "API_ChangeBatch", changes: nil, code: badInput, message: "greater than or equal to 1"},
		"TTL of 2^31-1":     {page: "API_ResourceRecordSet, TTL", changes: list(ch(create, "www.example.com", "A", "192.0.2.1", "ttl=2147483647"))},
		"TTL of 2^31":       {page: "API_ResourceRecordSet, TTL", changes: list(ch(create, "www.example.com", "A", "192.0.2.1", "ttl=2147483648")), code: badInput, message: "2147483647"},
		"TTL of 0":          {page: "API_ResourceRecordSet, TTL", changes: list(ch(create, "www.example.com", "A", "192.0.2.1", "ttl=0"))},
		"alias with TTL":    {page: "API_ResourceRecordSet, TTL", changes: list(ch(create, "www.example.com", "A", "alias=/example.com", "ttl=60")), code: badInput, message: "but found more than one"},
		"alias with values": {page: "API_ResourceRecordSet, ResourceRecords", changes: list(ch(create, "www.example.com", "A", "alias=/example.com", "192.0.2.1")), code: badInput, message: "but found more than one"},
	})
}

func TestRulesOfAliases(t *testing.T) {
	target := ch(create, "t.example.com", "A", "192.0.2.1")
	const elb = "Z35SXDOTRQ7X7K"
	checkRules(t, r53emu.Options{}, map[string]rule{
		"same zone":        {page: "API_AliasTarget, DNSName", seed: list(target), changes: list(ch(create, "a.example.com", "A", "alias=/t.example.com"))},
		"same batch":       {page: "API_AliasTarget, DNSName", changes: list(ch(create, "a.example.com", "A", "alias=/t.example.com"), target)},
		"alias of alias":   {page: "resource-record-sets-choosing-alias-non-alias", seed: list(target, ch(create, "b.example.com", "A", "alias=/t.example.com")), changes: list(ch(create, "a.example.com", "A", "alias=/b.example.com"))},
		"at the apex":      {page: "resource-record-sets-choosing-alias-non-alias", seed: list(target), changes: list(ch(create, "example.com", "A", "alias=/t.example.com"))},
		"other type":       {page: "API_AliasTarget, DNSName", seed: list(target), changes: list(ch(create, "a.example.com", "AAAA", "alias=/t.example.com")), code: badBatch, message: "[Tried to create an alias that targets t.example.com., type AAAA in zone Z00000000000000000001, but that target was not found]"},
		"absent":           {page: "API_AliasTarget, DNSName", changes: list(ch(create, "a.example.com", "A", "alias=/t.example.com")), code: badBatch, message: "but that target was not found"},
		"itself":           {page: "stricter", changes: list(ch(create, "a.example.com", "A", "alias=/a.example.com")), code: badBatch, message: "but that target was not found"},
		"outside":          {page: "API_AliasTarget, HostedZoneId", changes: list(ch(create, "a.example.com", "A", "alias=/www.example.net")), code: badBatch, message: "[Tried to create an alias that targets www.example.net., type A in zone Z00000000000000000001, but the alias target name does not lie within the target zone, Tried to create an alias that targets www.example.net., type A in zone Z00000000000000000001, but that target was not found]"},
		"target deleted":   {page: "API_AliasTarget, DNSName", seed: list(target), changes: list(ch(remove, "t.example.com", "A", "192.0.2.1"), ch(create, "a.example.com", "A", "alias=/t.example.com")), code: badBatch, message: "not found"},
		"load balancer":    {page: "AWS General Reference, elb", changes: list(ch(create, "a.example.com", "A", "alias="+elb+"/lb.us-east-1.elb.amazonaws.com"))},
		"network balancer": {page: "AWS General Reference, elb", changes: list(ch(create, "a.example.com", "A", "alias=Z26RNL4JYFTOTI/lb.elb.us-east-1.amazonaws.com"))},
		"distribution":     {page: "API_AliasTarget, HostedZoneId", changes: list(ch(create, "a.example.com", "AAAA", "alias=Z2FDTNDATAQYW2/d1.cloudfront.net"))},
		"wrong region":     {page: "AWS General Reference, elb", changes: list(ch(create, "a.example.com", "A", "alias="+elb+"/lb.eu-west-1.elb.amazonaws.com")), code: badBatch, message: "but the alias target name does not lie within the target zone]"},
		"unknown zone":     {page: "API_AliasTarget, HostedZoneId", changes: list(ch(create, "a.example.com", "A", "alias=ZUNKNOWN/lb.example.net")), code: badBatch, message: "in zone ZUNKNOWN, but that target was not found"},
	})
}

func TestRulesOfRouting(t *testing.T) {
	a := func(id string, props ...string) r53emu.Change {
		return ch(create, "w.example.com", "A", append(props, "192.0.2.1", "id="+id)...)
	}
	one := ch(create, "w.example.com", "A", "192.0.2.1")
	checkRules(t, r53emu.Options{Limits: r53emu.Limits{Group: 3}, HealthChecks: []string{"hc-1"}}, map[string]rule{
		"weighted":               {page: "routing-policy-weighted", changes: list(a("x", "aws/weight=0"), a("y", "aws/weight=255"))},
		"weight of 256":          {page: "API_ResourceRecordSet, Weight", changes: list(a("x", "aws/weight=256")), code: badInput, message: "Value '256'"},
		"weight below 0":         {page: "API_ResourceRecordSet, Weight", changes: list(a("x", "aws/weight=-1")), code: badInput, message: "Value '-1'"},
		"no policy":              {page: "API_ResourceRecordSet, SetIdentifier", changes: list(a("x")), code: badInput, message: "but found none in Change with [Action=CREATE, Name=w.example.com., Type=A, SetIdentifier=x]"},
		"no identifier":          {page: "API_ResourceRecordSet, SetIdentifier", changes: list(ch(create, "w.example.com", "A", "192.0.2.1", "aws/region=eu-west-1")), code: badInput, message: "Missing field 'SetIdentifier' in Change with [Action=CREATE, Name=w.example.com., Type=A, SetIdentifier=null]"},
		"two policies":           {page: "API_ResourceRecordSet, Weight", changes: list(a("x", "aws/weight=1", "aws/region=eu-west-1")), code: badInput, message: "but found more than one"},
		"identifier of 129":      {page: "API_ResourceRecordSet, SetIdentifier", changes: list(a(strings.Repeat("x", 129), "aws/weight=1")), code: badInput, message: "less than or equal to 128"},
		"simple, then routed":    {page: "API_ResourceRecordSet, Weight", seed: list(one), changes: list(a("x", "aws/weight=1")), code: badBatch, message: "[RRSet with DNS name w.example.com., type A, SetIdentifier x cannot be created because a non weighted rrset exists with the same name and type.]"},
		"routed, then simple":    {page: "API_ResourceRecordSet, Weight", seed: list(a("x", "aws/weight=1")), changes: list(one), code: badBatch, message: "[RRSet with DNS name w.example.com., type A cannot be created as other RRSets exist with the same name and type.]"},
		"simple to routed":       {page: "API_ChangeResourceRecordSets, Change Batches", seed: list(one), changes: list(ch(remove, "w.example.com", "A", "192.0.2.1"), a("x", "aws/weight=1"))},
		"other type":             {page: "API_ResourceRecordSet, Weight", seed: list(ch(create, "w.example.com", "TXT", `"x"`)), changes: list(a("x", "aws/weight=1"))},
		"weighted with latency":  {page: "API_ResourceRecordSet, Region", seed: list(a("x", "aws/weight=1")), changes: list(a("y", "aws/region=eu-west-1")), code: badBatch, message: "because a non latency rrset exists"},
		"two regions":            {page: "API_ResourceRecordSet, Region", changes: list(a("x", "aws/region=eu-west-1"), a("y", "aws/region=us-east-1"))},
		"one region twice":       {page: "API_ResourceRecordSet, Region", seed: list(a("x", "aws/region=eu-west-1")), changes: list(a("y", "aws/region=eu-west-1")), code: badBatch, message: "[RRSet with DNS name w.example.com., type A, SetIdentifier y, and Region Name=eu-west-1 cannot be created because a latency RRSet with the same name, type and region already exists.]"},
		"region's new id":        {page: "API_ChangeResourceRecordSets, Change Batches", seed: list(a("x", "aws/region=eu-west-1")), changes: list(ch(remove, "w.example.com", "A", "192.0.2.1", "id=x", "aws/region=eu-west-1"), a("y", "aws/region=eu-west-1"))},
		"failover pair":          {page: "API_ResourceRecordSet, Failover", changes: list(a("x", "aws/failover=PRIMARY"), a("y", "aws/failover=SECONDARY"))},
		"two primaries":          {page: "API_ResourceRecordSet, Failover", changes: list(a("x", "aws/failover=PRIMARY"), a("y", "aws/failover=PRIMARY")), code: badBatch, message: "Failover PRIMARY cannot be created"},
		"third role":             {page: "API_ResourceRecordSet, Failover", changes: list(a("x", "aws/failover=TERTIARY")), code: badInput, message: "[PRIMARY, SECONDARY]"},
		"two places":             {page: "API_ResourceRecordSet, GeoLocation", changes: list(a("x", "aws/geolocation-country-code=US"), a("y", "aws/geolocation-country-code=US", "aws/geolocation-subdivision-code=NY"))},
		"one place twice":        {page: "API_ResourceRecordSet, GeoLocation", changes: list(a("x", "aws/geolocation-country-code=US"), a("y", "aws/geolocation-country-code=US")), code: badBatch, message: "geolocation"},
		"multivalue":             {page: "routing-policy-multivalue", changes: list(a("x", "aws/multi-value-answer=true"), a("y", "aws/multi-value-answer=true"))},
		"multivalue beside one":  {page: "routing-policy-multivalue", seed: list(one), changes: list(a("x", "aws/multi-value-answer=true")), code: badBatch, message: "because a non multivalue answer rrset exists with the same name and type.]"},
		"multivalue alias":       {page: "API_ResourceRecordSet, MultiValueAnswer", changes: list(ch(create, "w.example.com", "A", "alias=/example.com", "id=x", "aws/multi-value-answer=true")), code: badInput, message: "MultiValueAnswer"},
		"multivalue CNAME":       {page: "API_ResourceRecordSet, Type", changes: list(ch(create, "w.example.com", "CNAME", "example.net", "id=x", "aws/multi-value-answer=true")), code: badInput, message: "MultiValueAnswer"},
		"weighted NS":            {page: "API_ResourceRecordSet, Type", changes: list(ch(create, "w.example.com", "NS", "ns.example.net", "id=x", "aws/weight=1")), code: badInput, message: "type NS"},
		"no region":              {page: "API_ResourceRecordSet, Region", changes: list(a("x", "aws/region=Ireland")), code: badInput, message: "'Ireland'"},
		"no continent":           {page: "API_GeoLocation", changes: list(a("x", "aws/geolocation-continent-code=XX")), code: badInput, message: "continentCode"},
		"a country's name":       {page: "API_GeoLocation", changes: list(a("x", "aws/geolocation-country-code=USA")), code: badInput, message: "countryCode"},
		"continent and country":  {page: "API_GeoLocation", changes: list(a("x", "aws/geolocation-continent-code=EU", "aws/geolocation-country-code=DE")), code: badInput, message: "can't be used"},
		"subdivision alone":      {page: "API_GeoLocation", changes: list(a("x", "aws/geolocation-subdivision-code=NY")), code: badInput, message: "needs a CountryCode"},
		"long subdivision":       {page: "API_GeoLocation", changes: list(a("x", "aws/geolocation-country-code=US", "aws/geolocation-subdivision-code=NEWY")), code: badInput, message: "subdivisionCode"},
		"geoproximity":           {page: "API_GeoProximityLocation", changes: list(a("x", "aws/geoproximity-region=eu-west-1", "aws/geoproximity-bias=-99"), a("y", "aws/geoproximity-coordinates=-90,180"), a("z", "aws/geoproximity-local-zone-group=us-east-1-bue-1", "aws/geoproximity-bias=99"))},
		"two of its places":      {page: "API_GeoProximityLocation", changes: list(a("x", "aws/geoproximity-region=eu-west-1", "aws/geoproximity-coordinates=0,0")), code: badInput, message: "exactly one of"},
		"none of its places":     {page: "API_GeoProximityLocation", changes: list(a("x", "aws/geoproximity-bias=1")), code: badInput, message: "exactly one of"},
		"bias of 100":            {page: "API_GeoProximityLocation, Bias", changes: list(a("x", "aws/geoproximity-region=eu-west-1", "aws/geoproximity-bias=100")), code: badInput, message: "'100'"},
		"three decimals":         {page: "API_Coordinates", changes: list(a("x", "aws/geoproximity-coordinates=1.001,0")), code: badInput, message: "coordinates"},
		"over the pole":          {page: "API_Coordinates", changes: list(a("x", "aws/geoproximity-coordinates=90.01,0")), code: badInput, message: "coordinates"},
		"no Local Zone group":    {page: "API_GeoProximityLocation", changes: list(a("x", "aws/geoproximity-local-zone-group=us-east-1")), code: badInput, message: "localZoneGroup"},
		"a health check":         {page: "API_ResourceRecordSet, HealthCheckId", changes: list(a("x", "aws/weight=1", "aws/health-check-id=hc-1"))},
		"no such health check":   {page: "API_ChangeResourceRecordSets, Errors", changes: list(a("x", "aws/weight=1", "aws/health-check-id=hc-2")), code: "NoSuchHealthCheck", message: "hc-2"},
		"group at its limit":     {page: "DNSLimitations", changes: list(a("x", "aws/weight=1"), a("y", "aws/weight=1"), a("z", "aws/weight=1"))},
		"group over its limit":   {page: "DNSLimitations", seed: list(a("x", "aws/weight=1"), a("y", "aws/weight=1"), a("z", "aws/weight=1")), changes: list(a("w", "aws/weight=1")), code: badBatch, message: "[Exceeded limit on number of weighted RRSets for w.example.com., type A in this zone.]"},
		"full group, one edited": {page: "DNSLimitations", seed: list(a("x", "aws/weight=1"), a("y", "aws/weight=1"), a("z", "aws/weight=1")), changes: list(ch(upsert, "w.example.com", "A", "192.0.2.9", "id=x", "aws/weight=2"))},
	})
}

func TestRulesOfSize(t *testing.T) {
	many := func(action r53emu.Action, sets, values, length int) (out []r53emu.Change) {
		for i := range sets {
			c := ch(action, dnsname.Name(fmt.Sprintf("n%d.example.com", i)), "TXT")
			for j := range values {
				c.Set.Stored = append(c.Set.Stored, fmt.Sprintf(`"%0*d"`, length-2, j))
			}
			out = append(out, c)
		}
		return out
	}
	checkRules(t, r53emu.Options{}, map[string]rule{
		"1,000 records":         {page: "DNSLimitations", changes: many(create, 1000, 1, 6)},
		"1,001 records":         {page: "DNSLimitations", changes: many(create, 1001, 1, 6), code: badBatch, message: "[Number of records limit of 1000 exceeded.]"},
		"500 upserts":           {page: "DNSLimitations", changes: many(upsert, 500, 1, 6)},
		"501 upserts":           {page: "DNSLimitations", changes: many(upsert, 501, 1, 6), code: badBatch, message: "limit of 1000"},
		"32,000 characters":     {page: "DNSLimitations", changes: many(create, 320, 1, 100)},
		"32,100 characters":     {page: "DNSLimitations", changes: many(create, 321, 1, 100), code: badBatch, message: "[RDATA character limit of 32000 exceeded.]"},
		"16,000 upserted":       {page: "DNSLimitations", changes: many(upsert, 160, 1, 100)},
		"16,100 upserted":       {page: "DNSLimitations", changes: many(upsert, 161, 1, 100), code: badBatch, message: "32000"},
		"400 values":            {page: "DNSLimitations", changes: many(create, 1, 400, 6)},
		"401 values":            {page: "DNSLimitations", changes: many(create, 1, 401, 6), code: badBatch, message: "[Cannot have more than 400 records in a RRSet.]"},
		"value of 4,001":        {page: "API_ResourceRecord", changes: many(create, 1, 1, 4001), code: badInput, message: "4000"},
		"aliases count as none": {page: "DNSLimitations", changes: append(many(create, 999, 1, 6), ch(create, "a.example.com", "TXT", "alias=/n0.example.com"))},
	})
	checkRules(t, r53emu.Options{Limits: r53emu.Limits{Sets: 4}}, map[string]rule{
		"zone at its quota":   {page: "DNSLimitations", changes: many(create, 2, 1, 6)},
		"zone over its quota": {page: "DNSLimitations", changes: many(create, 3, 1, 6), code: badBatch, message: "[Exceeded limit MAX_RRSETS_BY_ZONE for zone: Z00000000000000000001]"},
		"full zone, one replaced": {
			page: "DNSLimitations", seed: many(create, 2, 1, 6),
			changes: append(many(remove, 1, 1, 6), ch(create, "x.example.com", "A", "192.0.2.1")),
		},
	})
}

// TestRulesOfFullZones has a zone with more sets than its quota, as a quota that was lowered leaves it.
func TestRulesOfFullZones(t *testing.T) {
	checkRules(t, r53emu.Options{Limits: r53emu.Limits{Sets: 1}}, map[string]rule{
		"edited": {page: "DNSLimitations", changes: list(ch(upsert, "example.com", "NS", "ns.example.net"))},
		"grown":  {page: "DNSLimitations", changes: list(ch(create, "a.example.com", "A", "192.0.2.1")), code: badBatch, message: "MAX_RRSETS_BY_ZONE"},
	})
}

// TestApplyAlone uses the rules without a server.
func TestApplyAlone(t *testing.T) {
	s, id := zoneWith(t, r53emu.Options{})
	var at []record.Set
	err := s.DB().Edit(id, func(tx *zonedb.Tx) error {
		err := r53emu.Apply(tx, r53emu.Limits{}, list(ch(create, "T.example.com.", "TXT", `"b\"é" "c"`, `"a"`)))
		at = tx.At("t.example.com")
		return err
	})
	want := []record.Set{{
		Key: record.Key{Name: "t.example.com", Type: "TXT"}, TTL: 300,
		Values: []string{`"a"`, `"b\"\195\169c"`}, Stored: []string{`"b\"\303\251" "c"`, `"a"`},
	}}
	if diff := cmp.Diff(want, at, cmpopts.EquateEmpty()); err != nil || diff != "" {
		t.Errorf("%v; stored (-want +got):\n%s", err, diff)
	}
}
