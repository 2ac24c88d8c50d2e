// SPDX-License-Identifier: Apache-2.0

package sdemu

import (
	"maps"
	"slices"
	"strings"
)

// Service is a service as tests look at it.
type Service struct {
	ID, Name, Description, Policy string
	Types                         []string
	TTL                           int64 // of the first type
	Tags                          map[string]string
	Instances                     map[string]map[string]string // id → attributes
}

// Services returns the services of a namespace by name, with what operations have done so far.
func (s *Server) Services(namespace string) []Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	var out []Service
	for _, sv := range s.services {
		if sv.namespace != namespace {
			continue
		}
		o := Service{
			ID: sv.id, Name: sv.name, Description: sv.description, Policy: sv.policy, Tags: maps.Clone(sv.tags),
			Instances: make(map[string]map[string]string, len(sv.instances)),
		}
		for i, r := range sv.records {
			o.Types = append(o.Types, r.Type)
			if i == 0 {
				o.TTL = *r.TTL
			}
		}
		for id, attributes := range sv.instances {
			o.Instances[id] = maps.Clone(attributes)
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b Service) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Register puts an instance into a service at once, as somebody else would; without attributes it takes one away.
func (s *Server) Register(namespace, name, id string, attributes map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sv := range s.services {
		switch {
		case sv.namespace != namespace || sv.name != name:
		case attributes == nil:
			delete(sv.instances, id)
		default:
			sv.instances[id] = maps.Clone(attributes)
		}
	}
}
