// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// Bounds of one transfer, so that no server can fill the memory.
const (
	mostRecords = 2_000_000
	mostBytes   = 256 << 20
)

// Records implements provider.Provider, with a zone transfer: the whole zone is one page.
func (p *Provider) Records(ctx context.Context, z zone.Zone, _ provider.Cursor) (provider.Page, error) {
	doing := fmt.Sprintf("read zone %s by zone transfer", z.Name)
	if err := p.known(z); err != nil {
		return provider.Page{}, failed(err, doing)
	}
	var sets []record.Set
	err := p.ask(ctx, doing, func(_ context.Context, c *conn) error {
		read, serial, err := transfer(c, z)
		if err == nil {
			sets = read
			p.serials.read(z, serial)
		}
		return err
	})
	if e, is := errors.AsType[*provider.Error](err); is && e.Class == provider.Denied {
		e.Action = "AXFR"
	}
	return provider.Page{Sets: sets}, err
}

// transfer reads a zone (RFC 5936), and which version of it that is: an SOA, everything else, and the SOA again, in any number of messages.
func transfer(c *conn, z zone.Zone) (sets []record.Set, serial uint32, err error) {
	q := new(dns.Msg)
	q.SetAxfr(z.Name.FQDN())
	sigs, err := c.send(q)
	if err != nil {
		return nil, 0, err
	}
	t := incoming{zone: z, out: make(collector)}
	for size := 0; ; {
		raw, m, err := c.receive()
		if err != nil {
			return nil, 0, err
		}
		if m.Id != q.Id || m.Opcode != dns.OpcodeQuery {
			return nil, 0, errNoAnswer
		}
		if m.Rcode != dns.RcodeSuccess {
			if err := believable(sigs.check(raw, m, true), m); err != nil {
				return nil, 0, err
			}
			return nil, 0, codeError(m.Rcode)
		}
		if size += len(raw); size > mostBytes {
			return nil, 0, fmt.Errorf("the zone has more than %d bytes", mostBytes)
		}
		taken := t.take(m.Answer)
		if err := sigs.check(raw, m, t.done); err != nil {
			return nil, 0, err
		}
		if taken != nil {
			return nil, 0, taken
		}
		if t.done {
			return t.out.sets(), t.soa.Serial, nil
		}
	}
}

// incoming is a transfer that goes on.
type incoming struct {
	zone  zone.Zone
	out   collector
	soa   *dns.SOA // the first record
	count int
	done  bool
}

var errTransfer = errors.New("the transfer isn't one of the zone")

func (t *incoming) take(answer []dns.RR) error {
	if t.soa == nil && len(answer) == 0 {
		return errTransfer
	}
	for _, rr := range answer {
		soa, is := rr.(*dns.SOA)
		switch {
		case t.done, !within(rr, t.zone), t.soa == nil && !is:
			return errTransfer
		case t.soa == nil:
			t.soa = soa
		case is:
			if err := t.end(soa); err != nil {
				return err
			}
			continue
		}
		if t.count++; t.count > mostRecords {
			return fmt.Errorf("the zone has more than %d records", mostRecords)
		}
		t.out.add(rr)
	}
	return nil
}

// end takes the last record.
func (t *incoming) end(soa *dns.SOA) error {
	if soa.Serial != t.soa.Serial {
		return fmt.Errorf("%w: its serial changed from %d to %d", errTransfer, t.soa.Serial, soa.Serial)
	}
	t.done = true
	return nil
}

// within reports whether a record is at a name of the zone, and an SOA at its apex.
func within(rr dns.RR, z zone.Zone) bool {
	if rr.Header().Rrtype == dns.TypeSOA {
		return strings.EqualFold(rr.Header().Name, z.Name.FQDN())
	}
	return dns.IsSubDomain(z.Name.FQDN(), rr.Header().Name)
}
