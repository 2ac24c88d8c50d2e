// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// The attributes that a value is in (API_RegisterInstance, Attributes).
const (
	attrIPv4  = "AWS_INSTANCE_IPV4"
	attrIPv6  = "AWS_INSTANCE_IPV6"
	attrCNAME = "AWS_INSTANCE_CNAME"
	attrAlias = "AWS_ALIAS_DNS_NAME"
)

// service is a service with what is registered there.
type service struct {
	id, name, description string
	dns                   *types.DnsConfig
	health                *types.HealthCheckConfig
	count                 int
	instances             []types.InstanceSummary
}

func summarised(s types.ServiceSummary) *service {
	return &service{
		id: aws.ToString(s.Id), name: aws.ToString(s.Name), description: aws.ToString(s.Description),
		dns: s.DnsConfig, health: s.HealthCheckConfig, count: int(aws.ToInt32(s.InstanceCount)),
	}
}

func detailed(s *types.Service) *service {
	if s == nil {
		s = &types.Service{}
	}
	return &service{
		id: aws.ToString(s.Id), name: aws.ToString(s.Name), description: aws.ToString(s.Description),
		dns: s.DnsConfig, health: s.HealthCheckConfig,
	}
}

// at is the name that a service publishes in a zone; empty where that isn't one.
func (s *service) at(z zone.Zone) dnsname.Name {
	n, err := dnsname.Parse(s.name + "." + string(z.Name))
	if err != nil {
		return ""
	}
	return n
}

// serviceName is what a name is called within its zone.
func serviceName(n dnsname.Name, z zone.Zone) string {
	return strings.TrimSuffix(string(n), "."+string(z.Name))
}

// shape is what a service says of its records.
type shape struct {
	typ    types.RecordType
	policy types.RoutingPolicy
	ttl    uint32
}

var errOdd = errors.New("it isn't a service that could be ours")

// shape tells what records a service has. The error says what isn't as we would make it.
func (s *service) shape() (shape, error) {
	if s.dns == nil || len(s.dns.DnsRecords) != 1 {
		return shape{}, fmt.Errorf("%w: it has %d record types, not one", errOdd, len(recordsOf(s.dns)))
	}
	r := s.dns.DnsRecords[0]
	ttl := aws.ToInt64(r.TTL)
	if r.Type == types.RecordTypeSrv || ttl < 0 || ttl > math.MaxInt32 {
		return shape{}, fmt.Errorf("%w: it has %s records", errOdd, r.Type)
	}
	return shape{r.Type, s.dns.RoutingPolicy, uint32(ttl)}, nil
}

func recordsOf(c *types.DnsConfig) []types.DnsRecord {
	if c == nil {
		return nil
	}
	return c.DnsRecords
}

// shapeFor is what a service has to be for a record set.
func shapeFor(s record.Set) shape {
	switch {
	case s.Type == record.AAAA:
		return shape{types.RecordTypeAaaa, types.RoutingPolicyMultivalue, s.TTL}
	case s.Type == record.A:
		return shape{types.RecordTypeA, types.RoutingPolicyMultivalue, s.TTL}
	case len(s.Values) > 0 && balancer(s.Values[0]):
		return shape{types.RecordTypeA, types.RoutingPolicyWeighted, s.TTL}
	default:
		return shape{types.RecordTypeCname, types.RoutingPolicyWeighted, s.TTL}
	}
}

// balancerName matches the names of elastic load balancers: classic ones and application ones end in REGION.elb.amazonaws.com, network
// ones in elb.REGION.amazonaws.com.
var balancerName = regexp.MustCompile(`^.+\.([^.]+\.elb|elb\.[^.]+)\.amazonaws\.com$`)

func balancer(target string) bool { return balancerName.MatchString(target) }

// attributes are those of the instance for a value.
func attributes(t record.Type, value string) map[string]string {
	switch {
	case t == record.A:
		return map[string]string{attrIPv4: value}
	case t == record.AAAA:
		return map[string]string{attrIPv6: value}
	case balancer(value):
		return map[string]string{attrAlias: value}
	default:
		return map[string]string{attrCNAME: value}
	}
}

// idPattern matches what can be an instance's id (API_RegisterInstance, InstanceId).
var idPattern = regexp.MustCompile(`^[0-9a-zA-Z_/:.@-]{1,64}$`)

// instanceID is the id of the instance for a value.
func instanceID(value string) string {
	id := strings.ToLower(value)
	if idPattern.MatchString(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// value is what an instance adds to a record set of which type.
func (s shape) value(i types.InstanceSummary) (record.Type, string) {
	if v := i.Attributes[attrAlias]; v != "" {
		return record.CNAME, v
	}
	switch s.typ {
	case types.RecordTypeA:
		return record.A, i.Attributes[attrIPv4]
	case types.RecordTypeAaaa:
		return record.AAAA, i.Attributes[attrIPv6]
	default:
		return record.CNAME, i.Attributes[attrCNAME]
	}
}

// main is the record set that a service publishes at a name; nil where it has no instances.
func (s *service) main(n dnsname.Name) (*record.Set, error) {
	sh, err := s.shape()
	if err != nil || len(s.instances) == 0 {
		return nil, err
	}
	out := record.Set{Key: record.Key{Name: n}, TTL: sh.ttl}
	var values []string
	for _, i := range s.instances {
		t, v := sh.value(i)
		if out.Type != "" && t != out.Type || v == "" {
			return nil, fmt.Errorf("%w: its instances are of several kinds", errOdd)
		}
		out.Type = t
		values = append(values, v)
	}
	if out.Values, err = record.Canonical(out.Type, values); err != nil {
		return nil, fmt.Errorf("%w: %w", errOdd, err)
	}
	return &out, nil
}

// sets are the record sets of a service as the mirror has them.
func (s *service) sets(n dnsname.Name) []record.Set {
	m, err := s.main(n)
	var out []record.Set
	if err == nil && m != nil {
		out = append(out, *m)
	}
	if s.description != "" || len(out) == 0 {
		out = append(out, note(record.Key{Name: n}, s.description))
	}
	return out
}
