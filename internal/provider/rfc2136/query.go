// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"strings"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
)

// pipelined is how many questions are under way at once over a connection (RFC 7766 section 6.2.1.1). BIND reads no more than 23
// before it has answered one.
const pipelined = 20

// query asks for record sets. Where the server isn't authoritative, since a delegation is above the name, what stands there stays
// unsure. What a wildcard or a DNAME makes up is among the answers.
func query(c *conn, questions []record.Key) (sets []record.Set, unsure []record.Key, err error) {
	a := asking{conn: c, left: questions, under: make(map[uint16]question, pipelined), out: make(collector)}
	for len(a.left) > 0 || len(a.under) > 0 {
		if len(a.left) > 0 && len(a.under) < pipelined {
			err = a.send()
		} else {
			err = a.receive()
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return a.out.sets(), a.unsure, nil
}

// asking is a list of questions of which some are under way.
type asking struct {
	conn   *conn
	left   []record.Key
	under  map[uint16]question // by the messages' ids
	out    collector
	unsure []record.Key
}

type question struct {
	key  record.Key
	sigs *chain
}

// send sends the next question. Where its random id is one that is under way it does nothing, to be called again.
func (a *asking) send() error {
	q := new(dns.Msg)
	q.SetQuestion(a.left[0].Name.FQDN(), dns.StringToType[string(a.left[0].Type)])
	q.RecursionDesired = false
	if _, taken := a.under[q.Id]; taken {
		return nil
	}
	sigs, err := a.conn.send(q)
	a.under[q.Id] = question{a.left[0], sigs}
	a.left = a.left[1:]
	return err
}

// receive takes the next answer, in whatever order they come.
func (a *asking) receive() error {
	raw, m, err := a.conn.receive()
	if err != nil {
		return err
	}
	q, ok := a.under[m.Id]
	if !ok || !answers(m, q.key) {
		return errNoAnswer
	}
	delete(a.under, m.Id)
	if err := believable(q.sigs.check(raw, m, true), m); err != nil {
		return err
	}
	a.note(q.key, m)
	return told(q, m)
}

// told turns a failure into an error.
func told(q question, m *dns.Msg) error {
	switch {
	case m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError:
		return codeError(m.Rcode)
	case m.Rcode == dns.RcodeNameError && m.IsTsig() == nil && q.sigs != nil:
		return errUnsigned // that there is nothing is no failure
	}
	return nil
}

func (a *asking) note(k record.Key, m *dns.Msg) {
	if !m.Authoritative || m.Truncated {
		a.unsure = append(a.unsure, k)
		return
	}
	a.out.only(k, m.Answer)
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
