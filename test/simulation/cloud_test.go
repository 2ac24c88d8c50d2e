// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// Limits of one call and one page, those of Route 53 in small so that they matter.
const (
	mostChanges = 24
	mostChars   = 1600
	pageSize    = 14
)

// cloud is the model of the service: strict, atomic, one write in flight a zone. The world's mutex guards it.
type cloud struct {
	zones    map[string]holdings
	writing  map[string]string // zone to who writes, while a write is in flight
	vanished map[string]bool
	receipts int
}

func newCloud() *cloud {
	c := &cloud{zones: make(map[string]holdings), writing: make(map[string]string), vanished: make(map[string]bool)}
	for _, z := range castZones {
		c.zones[z] = holdings{}
		for typ, value := range map[string]string{"NS": "ns1.example.org", "SOA": "ns1.example.org hostmaster.example.org 1 7200 900 1209600 86400"} {
			c.zones[z][at(z, typ)] = record.Set{Key: record.Key{Name: dnsname.Name(z), Type: record.Type(typ)}, TTL: 900, Values: []string{value}}
		}
	}
	return c
}

func zoneValue(name string, records int) zone.Zone {
	return zone.Zone{Key: zone.Key{Provider: "model", Account: "default", ID: name}, Name: dnsname.Name(name), Records: records}
}

func (c *cloud) list() (out []zone.Zone) {
	for _, name := range castZones {
		if !c.vanished[name] {
			out = append(out, zoneValue(name, len(c.zones[name])))
		}
	}
	return out
}

func (h holdings) sorted() []record.Set { return slices.SortedFunc(maps.Values(h), record.Compare) }

// page reads whole names from a cursor on.
func (h holdings) page(cursor provider.Cursor) provider.Page {
	p := provider.Page{From: dnsname.Name(cursor)}
	for _, s := range h.sorted() {
		if cursor != "" && s.Name.Compare(p.From) < 0 {
			continue
		}
		if n := len(p.Sets); n >= pageSize && p.Sets[n-1].Name != s.Name {
			p.Until, p.Next = s.Name, provider.Cursor(s.Name)
			return p
		}
		p.Sets = append(p.Sets, s)
	}
	return p
}

func (h holdings) at(names []dnsname.Name) (out []record.Set) {
	for _, s := range h.sorted() {
		if slices.Contains(names, s.Name) {
			out = append(out, s)
		}
	}
	return out
}

// exactly compares sets as the service does.
func exactly(a, b record.Set) bool {
	return a.Key == b.Key && a.TTL == b.TTL && slices.Equal(slices.Sorted(slices.Values(a.Values)), slices.Sorted(slices.Values(b.Values))) &&
		a.Alias == nil && b.Alias == nil && len(a.Props) == 0 && len(b.Props) == 0
}

var errTooLarge = errors.New("the batch is over the limits")

// after is what a zone would hold after a batch. Deletes go first; each is of exactly what is there, and each create of what isn't.
func (h holdings) after(zoneName string, b change.Batch) (holdings, error) {
	next := maps.Clone(h)
	changes, chars := 0, 0
	var stale []record.Key
	for _, ch := range b.Changes() {
		for _, s := range []*record.Set{ch.Before, ch.After} {
			if s == nil {
				continue
			}
			changes++
			for _, v := range s.Values {
				chars += len(v)
			}
			if zoneFor(string(s.Name)) != zoneName {
				return nil, refuse(provider.Rejected, errors.New("it is outside the zone"), s.Key)
			}
		}
		if ch.Before == nil {
			continue
		}
		key := at(string(ch.Before.Name), string(ch.Before.Type))
		if have, there := next[key]; !there || !exactly(have, *ch.Before) {
			stale = append(stale, ch.Before.Key)
		}
		delete(next, key)
	}
	if changes > mostChanges || chars > mostChars {
		return nil, refuse(provider.Rejected, errTooLarge)
	}
	for _, ch := range b.Changes() {
		if ch.After == nil {
			continue
		}
		key := at(string(ch.After.Name), string(ch.After.Type))
		if _, there := next[key]; there {
			stale = append(stale, ch.After.Key)
		}
		next[key] = *ch.After
	}
	if len(stale) > 0 {
		return nil, refuse(provider.Stale, fmt.Errorf("%v isn't as it was read", stale), stale...)
	}
	for _, ch := range b.Changes() {
		name := string(ch.Key().Name)
		if _, is := next[at(name, "CNAME")]; is && next.others(name) {
			return nil, refuse(provider.Rejected, errors.New("a CNAME shares its name with nothing else"), ch.Key())
		}
	}
	return next, nil
}

// others reports whether a name has other record sets than a CNAME.
func (h holdings) others(name string) bool {
	for _, typ := range []string{"A", "AAAA", "TXT", "NS", "SOA"} {
		if _, there := h[at(name, typ)]; there {
			return true
		}
	}
	return false
}

func refuse(class provider.Class, err error, keys ...record.Key) error {
	return &provider.Error{Class: class, Keys: keys, Err: err}
}

func (c *cloud) receipt() provider.Receipt {
	c.receipts++
	return provider.Receipt(strconv.Itoa(c.receipts))
}
