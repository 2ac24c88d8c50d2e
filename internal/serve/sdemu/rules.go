// SPDX-License-Identifier: Apache-2.0

package sdemu

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// The patterns of the service's model: ServiceName, InstanceId, AttrKey, AttrValue.
var (
	serviceName = regexp.MustCompile(`^(([a-zA-Z0-9_][a-zA-Z0-9-_]{0,61}[a-zA-Z0-9_]|[a-zA-Z0-9])(\.([a-zA-Z0-9_][a-zA-Z0-9-_]{0,61}[a-zA-Z0-9_]|[a-zA-Z0-9]))*|\.)$`)
	instanceID  = regexp.MustCompile(`^[0-9a-zA-Z_/:.@-]+$`)
	attrKey     = regexp.MustCompile(`^[!-~]+$`)
	attrValue   = regexp.MustCompile(`^([!-~][ \t!-~]*)?[!-~]?$`)
	hostName    = regexp.MustCompile(`^([a-zA-Z0-9_-]{1,63}\.)*[a-zA-Z0-9_-]{1,63}\.?$`)
	balancer    = regexp.MustCompile(`\.elb\.([a-z0-9-]+\.)?amazonaws\.com\.?$`)
)

func (in createInput) check() error {
	if len(in.Name) > 127 || !serviceName.MatchString(in.Name) {
		return invalid("1 validation error detected: Value '%s' at 'name' failed to satisfy constraint", in.Name)
	}
	if err := checkDescription(in.Description); err != nil {
		return err
	}
	if len(in.CreatorRequestID) > 64 || len(in.NamespaceID) > 255 {
		return invalid("a member is too long")
	}
	if err := checkTags(in.Tags); err != nil {
		return err
	}
	if in.DNSConfig == nil {
		return nil
	}
	if p := in.DNSConfig.RoutingPolicy; p != "" && p != "MULTIVALUE" && p != "WEIGHTED" {
		return invalid("the routing policy %s isn't valid", p)
	}
	return checkRecords(in.DNSConfig.DNSRecords, in.DNSConfig.policy())
}

func checkTags(tags []tag) error {
	for _, t := range tags {
		if t.Key == "" || len(t.Key) > 128 || len(t.Value) > 256 || len(tags) > 200 {
			return invalid("the tag %q isn't valid", t.Key)
		}
	}
	return nil
}

// policy is the routing policy, the default of which depends on the types (API_DnsConfig).
func (c *dnsConfig) policy() string {
	switch {
	case c.RoutingPolicy != "":
		return c.RoutingPolicy
	case slices.ContainsFunc(c.DNSRecords, func(r dnsRecord) bool { return r.Type == "CNAME" }):
		return "WEIGHTED"
	default:
		return "MULTIVALUE"
	}
}

func checkDescription(text string) error {
	if len([]rune(text)) > 1024 {
		return invalid("the description has more than 1024 characters")
	}
	return nil
}

// checkRecords: one of A, AAAA, both, SRV or CNAME, the last with weights only (API_CreateService, API_DnsRecord).
func checkRecords(records []dnsRecord, policy string) error {
	var types []string
	for _, r := range records {
		if r.TTL == nil || *r.TTL < 0 || *r.TTL > 2147483647 {
			return invalid("the TTL of %s must be between 0 and 2147483647", r.Type)
		}
		types = append(types, r.Type)
	}
	slices.Sort(types)
	switch strings.Join(types, " ") {
	case "A", "AAAA", "A AAAA", "SRV":
	case "CNAME":
		if policy != "WEIGHTED" {
			return invalid("CNAME records need the routing policy WEIGHTED")
		}
	default:
		return invalid("the record types %v can't be together in a service", types)
	}
	return nil
}

// checkInstance: the attributes that the record types of the service ask for (API_RegisterInstance, Attributes).
func (sv *service) checkInstance(id string, attributes map[string]string) error {
	if id == "" || len(id) > 64 || !instanceID.MatchString(id) {
		return invalid("1 validation error detected: Value '%s' at 'instanceId' failed to satisfy constraint", id)
	}
	if err := checkAttributes(attributes); err != nil {
		return err
	}
	if alias, ok := attributes["AWS_ALIAS_DNS_NAME"]; ok {
		return sv.checkAlias(alias, attributes)
	}
	for _, r := range sv.records {
		if err := r.checkValue(attributes); err != nil {
			return err
		}
	}
	return nil
}

func checkAttributes(attributes map[string]string) error {
	size := 0
	for k, v := range attributes {
		size += len(k) + len(v)
		if len(k) > 255 || len(v) > 1024 || !attrKey.MatchString(k) || !attrValue.MatchString(v) {
			return invalid("the attribute %s isn't valid", k)
		}
	}
	if size > 5000 || size == 0 {
		return invalid("the attributes have %d characters", size)
	}
	return nil
}

func (sv *service) checkAlias(alias string, attributes map[string]string) error {
	for k := range attributes {
		if strings.HasPrefix(k, "AWS_INSTANCE_") {
			return invalid("%s can't be beside AWS_ALIAS_DNS_NAME", k)
		}
	}
	addresses := slices.ContainsFunc(sv.records, func(r dnsRecord) bool { return r.Type == "A" || r.Type == "AAAA" })
	if !addresses || sv.policy != "WEIGHTED" || !balancer.MatchString(alias) {
		return invalid("AWS_ALIAS_DNS_NAME needs A or AAAA records with the routing policy WEIGHTED, and the name of a load balancer")
	}
	return nil
}

func (r dnsRecord) checkValue(attributes map[string]string) error {
	key := map[string]string{"A": "AWS_INSTANCE_IPV4", "AAAA": "AWS_INSTANCE_IPV6", "CNAME": "AWS_INSTANCE_CNAME", "SRV": "AWS_INSTANCE_PORT"}[r.Type]
	v, ok := attributes[key]
	if !ok {
		return invalid("a service with %s records needs the attribute %s", r.Type, key)
	}
	a, err := netip.ParseAddr(v)
	switch {
	case r.Type == "A" && (err != nil || !a.Is4()), r.Type == "AAAA" && (err != nil || !a.Is6() || a.Zone() != ""):
		return invalid("%s: %q isn't an address of the kind", key, v)
	case r.Type == "CNAME" && (!hostName.MatchString(v) || len(v) > 254):
		return invalid("%s: %q isn't a name", key, v)
	}
	return nil
}
