// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// serials remember which version of each zone was read, or made of that by updates of ours alone. Their methods may be called at the
// same time.
type serials struct {
	mu    sync.Mutex
	known map[string]uint32 // by the zone's id
}

// read notes the version that a transfer had.
func (s *serials) read(z zone.Zone, serial uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = make(map[string]uint32)
	}
	s.known[z.ID] = serial
}

// wrote notes the version after an update of ours, which is one step of the serial (RFC 2136 section 3.6). After more than that
// somebody else was there too, or the server counts otherwise, by the clock for instance: the zone is then to be read again.
func (s *serials) wrote(z zone.Zone, serial uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before, was := s.known[z.ID]; was && serial == before+1 {
		s.known[z.ID] = serial
	}
}

// moved reports whether a version that a zone has now is of another hand's making. An older one is that of a server that lags behind
// (RFC 1982 section 3.2).
func (s *serials) moved(z zone.Zone, serial uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, was := s.known[z.ID]
	return was && int32(serial-before) > 0 //nolint:gosec // the arithmetic of serials
}

// among leaves the zones that have been read.
func (s *serials) among(zones []zone.Zone) []zone.Zone {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(zones), func(z zone.Zone) bool {
		_, was := s.known[z.ID]
		return !was
	})
}

// compare asks for the serials of zones that have been read, one question each over one connection, and marks those that somebody
// else has changed since. A server that doesn't tell is left alone: reads and writes will find out why.
func (p *Provider) compare(ctx context.Context, zones []zone.Zone) {
	known := p.serials.among(zones)
	if len(known) == 0 {
		return
	}
	moved := make(map[string]bool)
	_ = p.ask(ctx, "ask for the zones' serials", func(_ context.Context, c *conn) error {
		for _, z := range known {
			serial, err := askSerial(c, z)
			if _, refuses := errors.AsType[codeError](err); refuses || errors.Is(err, errNoSerial) {
				continue // of this zone alone
			}
			if err != nil {
				return err
			}
			moved[z.ID] = p.serials.moved(z, serial)
		}
		return nil
	})
	for i, z := range zones {
		zones[i].Changed = moved[z.ID]
	}
}

var errNoSerial = errors.New("the server doesn't tell the zone's serial")

// askSerial asks for a zone's SOA record.
func askSerial(c *conn, z zone.Zone) (uint32, error) {
	q := new(dns.Msg)
	q.SetQuestion(z.Name.FQDN(), dns.TypeSOA)
	q.RecursionDesired = false
	m, _, err := c.exchange(q)
	switch {
	case err != nil:
		return 0, err
	case m.Rcode != dns.RcodeSuccess:
		return 0, codeError(m.Rcode)
	case !m.Authoritative || !answers(m, record.Key{Name: z.Name, Type: record.SOA}):
		return 0, errNoSerial
	}
	for _, rr := range m.Answer {
		if soa, is := rr.(*dns.SOA); is && within(rr, z) {
			return soa.Serial, nil
		}
	}
	return 0, errNoSerial
}
