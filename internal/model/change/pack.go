// SPDX-License-Identifier: Apache-2.0

package change

import (
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// Limits bound what one call may carry. Zero is no limit.
type Limits struct {
	Changes int // record sets sent: an update counts twice, as its old set and its new one
	Values  int // values of the sets sent; an alias counts as one
	Chars   int // characters of all values sent
}

// Cost is what a group takes of the limits.
type Cost struct{ Changes, Values, Chars int }

// CostOf adds up a group. An update sends its old set and its new one, so both count: a conditional write weighs as much as
// the UPSERT that Route 53 counts twice (Route 53 quotas, ChangeResourceRecordSets).
func CostOf(g Group) Cost {
	var c Cost
	for _, ch := range g.Changes {
		c.add(ch.Before)
		c.add(ch.After)
	}
	return c
}

func (c *Cost) add(s *record.Set) {
	if s == nil {
		return
	}
	c.Changes++
	if s.Alias != nil {
		c.Values++
		c.Chars += len(s.Alias.Target)
		return
	}
	values := s.Values
	if s.Stored != nil {
		values = s.Stored
	}
	c.Values += len(values)
	for _, v := range values {
		c.Chars += len(v)
	}
}

// Fits reports whether a cost is within the limits.
func (l Limits) Fits(c Cost) bool {
	return within(c.Changes, l.Changes) && within(c.Values, l.Values) && within(c.Chars, l.Chars)
}

func within(n, limit int) bool { return limit <= 0 || n <= limit }

// Packer fills one batch after another. The zero Packer, with Limits set, is ready.
type Packer struct {
	Limits Limits
	cost   Cost
	batch  Batch
	names  map[dnsname.Name]bool
}

// Add puts a group into the batch. It refuses a group that doesn't fit any more, or that edits a name which another group of the
// batch edits, since what may stand at a name depends on all that is there: send the batch and offer the group, planned again.
// A group over the limits on its own is refused by an empty packer.
func (p *Packer) Add(g Group) bool {
	cost := CostOf(g)
	sum := Cost{p.cost.Changes + cost.Changes, p.cost.Values + cost.Values, p.cost.Chars + cost.Chars}
	if !p.Limits.Fits(sum) || p.touches(g) {
		return false
	}
	if p.names == nil {
		p.names = make(map[dnsname.Name]bool)
	}
	for _, c := range g.Changes {
		p.names[c.Key().Name] = true
	}
	p.cost = sum
	p.batch.Groups = append(p.batch.Groups, g)
	return true
}

func (p *Packer) touches(g Group) bool {
	for _, c := range g.Changes {
		if p.names[c.Key().Name] {
			return true
		}
	}
	return false
}

// Len is how many groups the batch has.
func (p *Packer) Len() int { return len(p.batch.Groups) }

// Take returns the batch and starts an empty one.
func (p *Packer) Take() Batch {
	b := p.batch
	*p = Packer{Limits: p.Limits}
	return b
}

// Pack puts groups into as few batches as their order allows. Groups that fit no batch come back as oversize.
func Pack(groups []Group, limits Limits) (batches []Batch, oversize []Group) {
	p := Packer{Limits: limits}
	for _, g := range groups {
		if p.Add(g) {
			continue
		}
		if p.Len() > 0 {
			batches = append(batches, p.Take())
		}
		if !p.Add(g) {
			oversize = append(oversize, g)
		}
	}
	if p.Len() > 0 {
		batches = append(batches, p.Take())
	}
	return batches, oversize
}
