// SPDX-License-Identifier: Apache-2.0

package sdemu

import (
	"maps"
	"slices"
)

// mostInstances is how many a service may have, and mostInNamespace how many all services of a namespace together ("Cloud Map quotas").
const (
	mostInstances   = 1000
	mostInNamespace = 2000
)

type instance map[string]string // attributes

type instanceInput struct {
	ServiceID, InstanceID, CreatorRequestID string
	Attributes                              map[string]string
}

func (s *Server) registerInstance(in instanceInput) (any, error) {
	sv, err := s.find(in.ServiceID)
	if err != nil {
		return nil, err
	}
	if err := sv.checkInstance(in.InstanceID, in.Attributes); err != nil {
		return nil, err
	}
	if err := s.busy(register, sv.id, in.InstanceID); err != nil {
		return nil, err
	}
	total := 0
	for _, other := range s.services {
		if other.namespace == sv.namespace {
			total += len(other.instances)
		}
	}
	if _, there := sv.instances[in.InstanceID]; !there && (len(sv.instances) >= mostInstances || total >= mostInNamespace) {
		return nil, refuse("ResourceLimitExceeded", "The resource can't be created because you've reached the quota on the number of resources.")
	}
	return s.start(register, sv.id, in.InstanceID, func() { sv.instances[in.InstanceID] = in.Attributes }), nil
}

func (s *Server) deregisterInstance(in instanceInput) (any, error) {
	sv, err := s.find(in.ServiceID)
	if err != nil {
		return nil, err
	}
	if err := s.busy(deregister, sv.id, in.InstanceID); err != nil {
		return nil, err
	}
	if _, there := sv.instances[in.InstanceID]; !there {
		return nil, refuse("InstanceNotFound", "No instance exists with the specified ID.")
	}
	return s.start(deregister, sv.id, in.InstanceID, func() { delete(sv.instances, in.InstanceID) }), nil
}

type listInstancesInput struct {
	ServiceID  string
	MaxResults *int
	NextToken  string
}

func (s *Server) listInstances(in listInstancesInput) (any, error) {
	sv, err := s.find(in.ServiceID)
	if err != nil {
		return nil, err
	}
	var out []map[string]any
	for _, id := range slices.Sorted(maps.Keys(sv.instances)) {
		out = append(out, map[string]any{"Id": id, "Attributes": sv.instances[id]})
	}
	return page(s, "Instances", out, in.MaxResults, in.NextToken)
}
