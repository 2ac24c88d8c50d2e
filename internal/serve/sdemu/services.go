// SPDX-License-Identifier: Apache-2.0

package sdemu

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

type service struct {
	id, namespace, name, description string
	policy                           string
	records                          []dnsRecord
	tags                             map[string]string
	request                          string // CreatorRequestId
	made                             time.Time
	instances                        map[string]instance
}

type dnsRecord struct {
	Type string
	TTL  *int64
}

type dnsConfig struct {
	RoutingPolicy string
	DNSRecords    []dnsRecord `json:"DnsRecords"`
}

type tag struct{ Key, Value string }

type createInput struct {
	Name, NamespaceID, CreatorRequestID, Description string
	DNSConfig                                        *dnsConfig
	Tags                                             []tag
}

func (s *Server) createService(in createInput) (any, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	n := s.namespaces[in.NamespaceID]
	if n == nil {
		return nil, refuse("NamespaceNotFound", "No namespace exists with the specified ID.")
	}
	if n.kind != HTTP && in.DNSConfig == nil || n.kind == HTTP && in.DNSConfig != nil {
		return nil, invalid("a namespace of the type %s and DnsConfig", n.kind)
	}
	for _, other := range s.services {
		if other.namespace != n.id || !strings.EqualFold(other.name, in.Name) {
			continue
		}
		return nil, &Error{
			Status: http.StatusBadRequest, Code: "ServiceAlreadyExists", Message: "Service already exists.",
			More: map[string]string{"ServiceId": other.id, "ServiceArn": arn("service", other.id), "CreatorRequestId": other.request},
		}
	}
	sv := &service{
		id: s.id("srv"), namespace: n.id, name: in.Name, description: in.Description, request: in.CreatorRequestID, made: s.opts.Now(),
		tags: make(map[string]string), instances: make(map[string]instance),
	}
	if in.DNSConfig != nil {
		sv.policy, sv.records = in.DNSConfig.policy(), in.DNSConfig.DNSRecords
	}
	for _, t := range in.Tags {
		sv.tags[t.Key] = t.Value
	}
	s.services[sv.id] = sv
	return map[string]any{"Service": sv.describe()}, nil
}

func (sv *service) describe() map[string]any {
	out := map[string]any{
		"Id": sv.id, "Arn": arn("service", sv.id), "Name": sv.name, "NamespaceId": sv.namespace, "InstanceCount": len(sv.instances),
		"CreateDate": seconds(sv.made), "CreatorRequestId": sv.request, "Type": "HTTP",
	}
	if sv.description != "" {
		out["Description"] = sv.description
	}
	if len(sv.records) > 0 {
		out["Type"], out["DnsConfig"] = "DNS_HTTP", map[string]any{"NamespaceId": sv.namespace, "RoutingPolicy": sv.policy, "DnsRecords": sv.records}
	}
	return out
}

func (s *Server) find(id string) (*service, error) {
	if sv := s.services[id]; sv != nil {
		return sv, nil
	}
	return nil, refuse("ServiceNotFound", "No service exists with the specified ID.")
}

func (s *Server) getService(in idInput) (any, error) {
	sv, err := s.find(in.ID)
	if err != nil {
		return nil, err
	}
	return map[string]any{"Service": sv.describe()}, nil
}

func (s *Server) listServices(in listInput) (any, error) {
	ns, some, err := one(in.Filters, "NAMESPACE_ID")
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	for _, id := range slices.Sorted(maps.Keys(s.services)) {
		if sv := s.services[id]; !some || sv.namespace == ns {
			d := sv.describe()
			delete(d, "NamespaceId") // a summary hasn't them
			delete(d, "CreatorRequestId")
			out = append(out, d)
		}
	}
	return page(s, "Services", out, in.MaxResults, in.NextToken)
}

type updateInput struct {
	ID      string `json:"Id"`
	Service *struct {
		Description string
		DNSConfig   *struct {
			DNSRecords []dnsRecord `json:"DnsRecords"`
		} `json:"DnsConfig"`
	}
}

// updateService changes the TTLs and the description of a service. The record types can't be changed (API_UpdateService).
func (s *Server) updateService(in updateInput) (any, error) {
	sv, err := s.find(in.ID)
	if err != nil {
		return nil, err
	}
	if in.Service == nil || in.Service.DNSConfig == nil {
		return nil, invalid("without DnsConfig the records of the service would be deleted")
	}
	if err := checkDescription(in.Service.Description); err != nil {
		return nil, err
	}
	records := in.Service.DNSConfig.DNSRecords
	same := slices.EqualFunc(records, sv.records, func(a, b dnsRecord) bool { return a.Type == b.Type })
	if err := checkRecords(records, sv.policy); err != nil || !same {
		return nil, cmp.Or(err, invalid("the record types of a service can't be changed"))
	}
	if err := s.busy(update, sv.id, ""); err != nil {
		return nil, err
	}
	return s.start(update, sv.id, "", func() { sv.description, sv.records = in.Service.Description, records }), nil
}

func (s *Server) deleteService(in idInput) (any, error) {
	sv, err := s.find(in.ID)
	if err != nil {
		return nil, err
	}
	underWay := slices.ContainsFunc(s.pending, func(op *operation) bool { return op.service == sv.id })
	if len(sv.instances) > 0 || underWay {
		return nil, refuse("ResourceInUse", "Service contains registered instances; delete the instances before deleting the service")
	}
	delete(s.services, sv.id)
	return map[string]any{}, nil
}
