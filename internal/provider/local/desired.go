// SPDX-License-Identifier: Apache-2.0

package local

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/nameserver"
)

// Desired implements provider.Provider. Properties have no meaning in plain DNS and are left out.
func (p *Provider) Desired(s record.Set) ([]record.Set, error) {
	out, err := p.desired(s)
	if err != nil {
		return nil, fmt.Errorf("serve %s: %w", s.Key, err)
	}
	return []record.Set{out}, nil
}

func (p *Provider) desired(s record.Set) (record.Set, error) {
	switch {
	case s.ID != "":
		return s, errors.New("plain DNS has no set identifiers: leave the annotation out")
	case s.Alias != nil:
		return s, errors.New("plain DNS has no aliases: use a CNAME")
	case !slices.Contains(writable[:], s.Type):
		return s, fmt.Errorf("there is no type %s: use one of %v", s.Type, writable)
	case s.TTL > math.MaxInt32:
		return s, fmt.Errorf("its TTL of %d s is over %d s (RFC 2181 section 8)", s.TTL, math.MaxInt32)
	case p.served.ours[s.Key]:
		return s, errors.New("it is our own name server's: use another name, or name the server with --dns-ns")
	}
	values, err := record.Canonical(s.Type, s.Values)
	if err != nil {
		return s, err
	}
	single := s.Type == record.CNAME || s.Type == record.DNAME
	switch {
	case len(values) == 0:
		return s, errors.New("it has no values")
	case len(values) > 1 && single:
		return s, fmt.Errorf("a %s has one target, not %d: keep one", s.Type, len(values))
	case single && p.isZone(s):
		return s, fmt.Errorf("a zone's own name can't have a %s: use the addresses", s.Type)
	case s.Type == record.CNAME && strings.EqualFold(values[0], string(s.Name)):
		return s, errors.New("it points at itself: name another target")
	}
	out := record.Set{Key: s.Key, TTL: s.TTL, Values: values}
	if out.TTL == 0 {
		out.TTL = uint32(p.served.opts.Server.TTL / time.Second)
	}
	if out.TTL == 0 {
		out.TTL = 300
	}
	return out, nameserver.Writable(out)
}

// isZone reports whether a set stands at the name of a zone that we serve.
func (p *Provider) isZone(s record.Set) bool { return slices.Contains(p.served.zones, s.Name) }
