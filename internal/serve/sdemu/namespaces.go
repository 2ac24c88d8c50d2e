// SPDX-License-Identifier: Apache-2.0

package sdemu

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// The types of namespaces (API_Namespace).
const (
	Public  = "DNS_PUBLIC"
	Private = "DNS_PRIVATE"
	HTTP    = "HTTP"
)

type namespace struct{ id, name, kind string }

// AddNamespace makes a namespace of a type and returns its id.
func (s *Server) AddNamespace(name, kind string) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := &namespace{id: s.id("ns"), name: name, kind: kind}
	s.namespaces[n.id] = n
	return n.id
}

// id makes an id, whose order says nothing of when it was made.
func (s *Server) id(kind string) string {
	s.made++
	return fmt.Sprintf("%s-%07x%09d", kind, uint32(s.made)*2654435761>>4, s.made)
}

type filter struct {
	Name, Condition string
	Values          []string
}

// one returns the only value of the only filter of a name.
func one(filters []filter, name string) (value string, ok bool, err error) {
	for _, f := range filters {
		switch {
		case f.Name != name:
			return "", false, invalid("filter %s isn't emulated", f.Name)
		case ok || len(f.Values) != 1 || f.Condition != "" && f.Condition != "EQ":
			return "", false, invalid("filter %s: EQ takes one value", f.Name)
		}
		value, ok = f.Values[0], true
	}
	return value, ok, nil
}

type listInput struct {
	Filters    []filter
	MaxResults *int
	NextToken  string
}

func (s *Server) listNamespaces(in listInput) (any, error) {
	kind, some, err := one(in.Filters, "TYPE")
	if err != nil {
		return nil, err
	}
	var out []any
	for _, id := range slices.Sorted(maps.Keys(s.namespaces)) {
		if n := s.namespaces[id]; !some || n.kind == kind {
			out = append(out, s.describe(n))
		}
	}
	return page(s, "Namespaces", out, in.MaxResults, in.NextToken)
}

type idInput struct {
	ID string `json:"Id"`
}

func (s *Server) getNamespace(in idInput) (any, error) {
	n := s.namespaces[in.ID]
	if n == nil {
		return nil, refuse("NamespaceNotFound", "No namespace exists with the specified ID.")
	}
	return map[string]any{"Namespace": s.describe(n)}, nil
}

func (s *Server) describe(n *namespace) map[string]any {
	count := 0
	for _, sv := range s.services {
		if sv.namespace == n.id {
			count++
		}
	}
	return map[string]any{
		"Id": n.id, "Name": n.name, "Type": n.kind, "ServiceCount": count, "Arn": arn("namespace", n.id),
		"Properties": map[string]any{"DnsProperties": map[string]any{"HostedZoneId": "Z" + n.id[len("ns-"):]}},
	}
}

func arn(kind, id string) string {
	return "arn:aws:servicediscovery:us-east-1:123456789012:" + kind + "/" + id
}

// page cuts a page out of a list. Tokens are positions.
func page[T any](s *Server, name string, all []T, most *int, token string) (any, error) {
	size, at := 100, 0
	if most != nil {
		size = *most
	}
	if size < 1 || size > 100 {
		return nil, invalid("MaxResults must be between 1 and 100")
	}
	if s.opts.Page > 0 {
		size = min(size, s.opts.Page)
	}
	if token != "" {
		n, err := strconv.Atoi(token)
		if err != nil || n < 0 || n > len(all) {
			return nil, invalid("The NextToken isn't valid")
		}
		at = n
	}
	end := min(at+size, len(all))
	out := map[string]any{name: append([]T{}, all[at:end]...)}
	if end < len(all) {
		out["NextToken"] = strconv.Itoa(end)
	}
	return out, nil
}
