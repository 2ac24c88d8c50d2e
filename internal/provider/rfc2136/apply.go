// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// Apply implements provider.Provider: questions for what is replaced, one UPDATE message, and a question for the zone's serial. There are no receipts.
func (p *Provider) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	changes := b.Changes()
	doing := fmt.Sprintf("update %d record sets in zone %s", len(changes), z.Name)
	err := p.known(z)
	if err == nil {
		err = p.check(z, b)
	}
	var m *dns.Msg
	if err == nil {
		m, err = update(z, b)
	}
	if err != nil {
		return "", failed(err, doing)
	}
	err = p.ask(ctx, doing, func(_ context.Context, c *conn) error {
		if err := expected(c, changes); err != nil {
			return err
		}
		if err := sendUpdate(c, z, m, changes); err != nil {
			return err
		}
		if serial, err := askSerial(c, z); err == nil { // the update is made, whatever becomes of the question
			p.serials.wrote(z, serial)
		}
		return nil
	})
	if e, is := errors.AsType[*provider.Error](err); is && e.Class == provider.Denied {
		e.Action = "UPDATE"
	}
	return "", err
}

// check refuses what no server would take, or what isn't ours to send.
func (p *Provider) check(z zone.Zone, b change.Batch) error {
	var cost change.Cost
	types := make(map[dnsname.Name][]record.Key) // after the batch
	for _, g := range b.Groups {
		c := change.CostOf(g)
		cost.Changes, cost.Values, cost.Chars = cost.Changes+c.Changes, cost.Values+c.Values, cost.Chars+c.Chars
		for _, c := range g.Changes {
			k := c.Key()
			apex := k.Name == z.Name && k.Type == record.NS
			switch {
			case !k.Name.In(z.Name):
				return rejected(k, "%s isn't in the zone", k.Name)
			case apex && !c.Keeps(), k.ID != "", !slices.Contains(writable[:], k.Type):
				return rejected(k, "%s isn't a record set that updates may change", k)
			}
			if c.After != nil {
				types[k.Name] = append(types[k.Name], k)
			}
		}
	}
	if !p.limits.Fits(cost) {
		return &provider.Error{Class: provider.Rejected, Err: fmt.Errorf(
			"%d record sets, %d values and %d characters are more than one message has room for", cost.Changes, cost.Values, cost.Chars)}
	}
	for _, keys := range types {
		if i := slices.IndexFunc(keys, func(k record.Key) bool { return k.Type == record.CNAME }); i >= 0 && len(keys) > 1 {
			return rejected(keys[i], "a CNAME can't stand beside anything else (RFC 1034 section 3.6.2)")
		}
	}
	return nil
}

func rejected(k record.Key, format string, args ...any) *provider.Error {
	return &provider.Error{Class: provider.Rejected, Keys: []record.Key{k}, Err: fmt.Errorf(format, args...)}
}

// expected asks for what a batch replaces and keeps, and refuses it where that isn't as expected, its TTL included.
func expected(c *conn, changes []change.Change) error {
	before := make(map[record.Key]record.Set)
	var questions []record.Key
	for _, ch := range changes {
		if ch.Before != nil {
			before[ch.Key()] = *ch.Before
			questions = append(questions, ch.Key())
		}
	}
	if len(questions) == 0 {
		return nil
	}
	sets, unsure, err := query(c, questions)
	if refused(err) {
		return nil // the prerequisites tell the most of it
	}
	if err != nil {
		return err
	}
	found := make(map[record.Key]record.Set, len(sets))
	for _, s := range sets {
		found[s.Key] = s
	}
	var stale []record.Key
	for _, k := range questions {
		if !slices.Contains(unsure, k) && !same(found[k], before[k]) {
			stale = append(stale, k)
		}
	}
	return staleError(stale)
}

// same compares what DNS has of two sets.
func same(a, b record.Set) bool { return a.TTL == b.TTL && slices.Equal(a.Values, b.Values) }

func staleError(keys []record.Key) error {
	if len(keys) == 0 {
		return nil
	}
	return &provider.Error{Class: provider.Stale, Keys: keys, Err: fmt.Errorf("%s isn't as it was read", keys[0])}
}

// sendUpdate sends the message. Without a believable answer the update may have been made.
func sendUpdate(c *conn, z zone.Zone, m *dns.Msg, changes []change.Change) error {
	m = m.Copy()
	m.Id = dns.Id()
	if size := m.Len(); size > dns.MaxMsgSize-mostTSIG {
		return &provider.Error{Class: provider.Rejected, Err: fmt.Errorf("the message has %d bytes, more than DNS can send", size)}
	}
	answer, sent, err := c.exchange(m)
	if _, is := errors.AsType[keyError](err); err != nil && sent && !is {
		return &provider.Error{Class: provider.Uncertain, Err: fmt.Errorf("wait for the answer to the update: %w", err)}
	}
	switch {
	case err != nil:
		return err
	case answer.Rcode == dns.RcodeSuccess:
		return nil
	}
	failure := codeError(answer.Rcode)
	if classOf(failure) != provider.Stale {
		return failure
	}
	return diagnose(c, z, changes, failure)
}

// mostTSIG is what a signature takes of a message: two names and at most 64 bytes of MAC, and its fields.
const mostTSIG = 255 + 32 + 64 + 26
