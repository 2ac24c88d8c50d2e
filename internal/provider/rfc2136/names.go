// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// pipelined is how many questions are under way at once over a connection (RFC 7766 section 6.2.1.1). BIND reads no more than 23
// before it has answered one.
const pipelined = 20

// Names implements provider.NameReader, with a question for each type and name, or a zone transfer where these can't tell.
func (p *Provider) Names(ctx context.Context, z zone.Zone, names []dnsname.Name) ([]record.Set, error) {
	names = slices.Clone(names)
	slices.SortFunc(names, dnsname.Name.Compare)
	names = slices.Compact(names)
	doing := fmt.Sprintf("read %d names in zone %s", len(names), z.Name)
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
	sets, err = transfer(c, z)
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

// query asks for record sets. Where the server isn't authoritative, since a delegation is above the name, what stands there stays
// unsure. What a wildcard or a DNAME makes up is among the answers.
func query(c *conn, questions []record.Key) (sets []record.Set, unsure []record.Key, err error) {
	out := make(collector)
	type asked struct {
		key  record.Key
		sigs *chain
	}
	under := make(map[uint16]asked, pipelined)
	for next := 0; next < len(questions) || len(under) > 0; {
		if next < len(questions) && len(under) < pipelined {
			q := new(dns.Msg)
			q.SetQuestion(questions[next].Name.FQDN(), dns.StringToType[string(questions[next].Type)])
			q.RecursionDesired = false
			if _, taken := under[q.Id]; taken {
				continue // another random id
			}
			sigs, err := c.send(q)
			if err != nil {
				return nil, nil, err
			}
			under[q.Id] = asked{questions[next], sigs}
			next++
			continue
		}
		raw, m, err := c.receive()
		if err != nil {
			return nil, nil, err
		}
		a, ok := under[m.Id]
		if !ok || !answers(m, a.key) {
			return nil, nil, errNoAnswer
		}
		delete(under, m.Id)
		if err := believable(a.sigs.check(raw, m, true), m); err != nil {
			return nil, nil, err
		}
		switch {
		case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
			return nil, nil, codeError(m.Rcode)
		case m.Rcode == dns.RcodeNameError && m.IsTsig() == nil && a.sigs != nil:
			return nil, nil, errUnsigned // that there is nothing is no failure
		case !m.Authoritative || m.Truncated:
			unsure = append(unsure, a.key)
		default:
			out.only(a.key, m.Answer)
		}
	}
	return out.sets(), unsure, nil
}

// answers reports whether a message answers the question for a record set. A failure needn't repeat it.
func answers(m *dns.Msg, k record.Key) bool {
	if m.Opcode != dns.OpcodeQuery || len(m.Question) > 1 {
		return false
	}
	if len(m.Question) == 0 {
		return m.Rcode != dns.RcodeSuccess
	}
	q := m.Question[0]
	return q.Qclass == dns.ClassINET && q.Qtype == dns.StringToType[string(k.Type)] && strings.EqualFold(q.Name, k.Name.FQDN())
}

// only adds those records of an answer that are of one record set: it may have a CNAME, and what that leads to.
func (c collector) only(k record.Key, answer []dns.RR) {
	for _, rr := range answer {
		if got, ok := keyOf(rr); ok && got == k {
			c.add(rr)
		}
	}
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
