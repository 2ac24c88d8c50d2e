// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// update writes a batch as one message: prerequisites, then what goes, then what comes (RFC 2136 section 2).
func update(z zone.Zone, b change.Batch) (*dns.Msg, error) {
	m := message(z)
	var come []dns.RR
	for _, g := range b.Groups {
		alone(m, g.Changes)
		for _, c := range g.Changes {
			if err := require(m, c); err != nil {
				return nil, err
			}
			if c.Keeps() {
				continue
			}
			if c.Before != nil {
				m.RemoveRRset([]dns.RR{header(c.Key())})
			}
			if c.After == nil {
				continue
			}
			rrs, err := records(c.After)
			if err != nil {
				return nil, rejected(c.Key(), "write %s: %w", c.Key(), err)
			}
			come = append(come, rrs...)
		}
	}
	m.Insert(come)
	return m, nil
}

// require says in a message what a change expects to find.
func require(m *dns.Msg, c change.Change) error {
	if c.Before == nil {
		m.RRsetNotUsed([]dns.RR{header(c.Key())})
		return nil
	}
	rrs, err := records(c.Before)
	if err != nil {
		return rejected(c.Key(), "write %s as it was read: %w", c.Key(), err)
	}
	m.Used(rrs)
	return nil
}

// alone requires that no CNAME comes to stand beside another record set, whoever's: a server passes over such an addition.
func alone(m *dns.Msg, changes []change.Change) {
	gone := make(map[record.Key]bool) // or told about by the change itself
	for _, c := range changes {
		gone[c.Key()] = true
	}
	for _, c := range changes {
		k := c.Key()
		if c.Before != nil || c.After == nil {
			continue
		}
		cname := record.Key{Name: k.Name, Type: record.CNAME}
		switch {
		case k.Type != record.CNAME && !gone[cname]:
			gone[cname] = true
			m.RRsetNotUsed([]dns.RR{header(cname)})
		case k.Type == record.CNAME && lone(changes, k.Name):
			m.NameNotUsed([]dns.RR{header(k)})
		case k.Type == record.CNAME:
			for _, t := range writable {
				if other := (record.Key{Name: k.Name, Type: t}); !gone[other] {
					m.RRsetNotUsed([]dns.RR{header(other)})
				}
			}
		}
	}
}

// lone reports whether a name has one change.
func lone(changes []change.Change, n dnsname.Name) bool {
	count := 0
	for _, c := range changes {
		if c.Key().Name == n {
			count++
		}
	}
	return count == 1
}
