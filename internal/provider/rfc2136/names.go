// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/spelling"
	"nafuda.io/nafuda/internal/model/zone"
)

// Names implements provider.NameReader, with a question for each type and name, or a zone transfer where these can't tell.
func (p *Provider) Names(ctx context.Context, z zone.Zone, names []dnsname.Name) ([]record.Set, error) {
	names = slices.Clone(names)
	slices.SortFunc(names, dnsname.Name.Compare)
	names = slices.Compact(names)
	doing := fmt.Sprintf("read %s in zone %s", spelling.Count(len(names), "name"), z.Name)
	if err := p.known(z); err != nil {
		return nil, failed(err, doing)
	}
	if len(names) == 0 {
		return nil, nil
	}
	var sets []record.Set
	err := p.ask(ctx, doing, func(_ context.Context, c *conn) (err error) {
		sets, err = readNames(c, z, names)
		return err
	})
	return sets, err
}

// readNames reads sorted names over a connection.
func readNames(c *conn, z zone.Zone, names []dnsname.Name) ([]record.Set, error) {
	var questions []record.Key
	for _, n := range names {
		for _, t := range readable() {
			if t != record.SOA || n == z.Name {
				questions = append(questions, record.Key{Name: n, Type: t})
			}
		}
	}
	sets, unsure, err := query(c, questions)
	if err == nil && len(unsure) == 0 {
		sets, err = standing(c, z, sets)
	}
	switch {
	case err != nil && !refused(err):
		return nil, err
	case err == nil && len(unsure) == 0:
		return sets, nil
	}
	sets, _, err = transfer(c, z)
	return slices.DeleteFunc(sets, func(s record.Set) bool {
		_, asked := slices.BinarySearchFunc(names, s.Name, dnsname.Name.Compare)
		return !asked
	}), err
}

// refused reports that the server answers, but not this.
func refused(err error) bool {
	_, code := errors.AsType[codeError](err)
	_, key := errors.AsType[keyError](err) // Knot says BADKEY where a key may not do this
	return code || key
}

// standing leaves out record sets that an answer had but the zone doesn't (RFC 4592, RFC 6672): an UPDATE whose prerequisites say
// that they exist, and which changes nothing, fails then (RFC 2136 section 2.4.1).
func standing(c *conn, z zone.Zone, sets []record.Set) ([]record.Set, error) {
	for chunk := range slices.Chunk(sets, mostChanges) {
		all, err := exist(c, z, chunk)
		if err != nil {
			return nil, err
		}
		if all {
			continue
		}
		var out []record.Set
		for i := range sets {
			one, err := exist(c, z, sets[i:i+1])
			if err != nil {
				return nil, err
			}
			if one {
				out = append(out, sets[i])
			}
		}
		return out, nil
	}
	return sets, nil
}

// exist reports whether all of some sets' names and types are there.
func exist(c *conn, z zone.Zone, sets []record.Set) (bool, error) {
	m := message(z)
	for _, s := range sets {
		m.RRsetUsed([]dns.RR{header(s.Key)})
	}
	answer, _, err := c.exchange(m)
	switch {
	case err != nil:
		return false, err
	case answer.Rcode == dns.RcodeSuccess:
		return true, nil
	case answer.Rcode != dns.RcodeNXRrset && answer.Rcode != dns.RcodeNameError:
		return false, codeError(answer.Rcode)
	case c.key != nil && answer.IsTsig() == nil:
		return false, errUnsigned // that there is nothing is no failure
	default:
		return false, nil
	}
}

// message starts an UPDATE of a zone.
func message(z zone.Zone) *dns.Msg {
	m := new(dns.Msg)
	m.SetUpdate(z.Name.FQDN())
	m.Compress = true
	return m
}

// header names a record set in an UPDATE.
func header(k record.Key) dns.RR {
	return &dns.ANY{Hdr: dns.RR_Header{Name: k.Name.FQDN(), Rrtype: dns.StringToType[string(k.Type)], Class: dns.ClassINET}}
}
