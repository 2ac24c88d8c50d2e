// SPDX-License-Identifier: Apache-2.0

package local

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
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
	if err := p.storable(s); err != nil {
		return s, err
	}
	values, err := record.Canonical(s.Type, s.Values)
	if err != nil {
		return s, err
	}
	if len(values) == 0 {
		return s, errors.New("it has no values")
	}
	out := record.Set{Key: s.Key, TTL: p.ttl(s.TTL), Values: values}
	if s.Type == record.CNAME || s.Type == record.DNAME {
		if err := p.single(out); err != nil {
			return s, err
		}
	}
	return out, nameserver.Writable(out)
}

// storable refuses what plain DNS hasn't, and what is ours.
func (p *Provider) storable(s record.Set) error {
	switch {
	case s.ID != "":
		return errors.New("plain DNS has no set identifiers: leave the annotation out")
	case s.Alias != nil:
		return errors.New("plain DNS has no aliases: use a CNAME")
	case !slices.Contains(writable[:], s.Type):
		return fmt.Errorf("there is no type %s: use one of %v", s.Type, writable)
	case s.TTL > math.MaxInt32:
		return fmt.Errorf("its TTL of %d s is over %d s (RFC 2181 section 8)", s.TTL, math.MaxInt32)
	case p.served.ours[s.Key]:
		return errors.New("it is our own name server's: use another name, or name the server with --dns-ns")
	}
	return nil
}

// single refuses what a CNAME or DNAME can't say.
func (p *Provider) single(s record.Set) error {
	switch {
	case len(s.Values) > 1:
		return fmt.Errorf("a %s has one target, not %d: keep one", s.Type, len(s.Values))
	case slices.Contains(p.served.zones, s.Name):
		return fmt.Errorf("a zone's own name can't have a %s: use the addresses", s.Type)
	case s.Type == record.CNAME && s.Values[0] == string(s.Name):
		return errors.New("it points at itself: name another target")
	}
	return nil
}

// ttl is that of a set that asks for one, or for none, in seconds.
func (p *Provider) ttl(asked uint32) uint32 {
	const usual = 300
	return cmp.Or(asked, uint32(p.served.opts.Server.TTL/time.Second), usual)
}
