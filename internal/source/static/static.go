// SPDX-License-Identifier: Apache-2.0

// Package static is the source "static": names that are written down where we are configured, with the targets that they have, or at
// our public address. With nothing else there is no need for a cluster: that is dynamic DNS.
package static

import (
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// Name is the source's name, as --source has it.
const Name = "static"

// New returns the source. It looks nothing up.
func New() source.Source {
	return source.Source{Name: Name, Kind: kinds.KindStatic, Eval: func(obj any, _ source.Lookup) endpoint.Result {
		s, ok := obj.(*kinds.Static)
		if !ok {
			return endpoint.Result{}
		}
		return evaluate(s)
	}}
}

func evaluate(s *kinds.Static) endpoint.Result {
	b := source.NewBuilder(&endpoint.Origin{Source: Name, Ref: s.Ref()}, source.Annotations{TTL: s.TTL})
	if name, ok := b.Name(s.Ref(), "name", s.Name); ok {
		b.Point([]dnsname.Name{name}, s.Targets, source.NoTarget())
	}
	return b.Result()
}
