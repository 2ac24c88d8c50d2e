// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"container/heap"
	"context"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// Verifier asks a zone's authoritative servers over DNS. It may be called from several goroutines.
type Verifier interface {
	// Verify asks every server of the zone once for all that a question is about. It returns soon after the context ends.
	Verify(ctx context.Context, q Question) Answer
}

// Question is what a name should answer.
type Question struct {
	Zone    zone.Zone
	Servers []string // host names of the zone's authoritative servers: the targets of the NS record set at its apex
	Name    dnsname.Name
	Sets    []record.Set  // what is there, sorted
	Types   []record.Type // of which nothing is left, sorted
}

// Answer is what the servers said.
type Answer struct {
	As    bool          // as planned, all of them
	Why   reason.Reason // else why not, or not yet; DNSUnreachable where none could be reached
	Never bool          // DNS can't judge this name, however often it is asked
}

const (
	// mostQuestions is how many names are asked for at a time.
	mostQuestions = 8
	shortestWait  = 2 * time.Second // between two questions about a name
	longestWait   = time.Minute
	// patience is how long a name is asked for, from the first question on.
	patience = 10 * time.Minute
	// A zone none of whose servers could be reached so many times in a row isn't asked for a while.
	unreachedTries = 3
	silenceLasts   = 10 * time.Minute
)

// silence counts how often in a row none of a zone's servers could be reached.
type silence struct {
	times int
	until time.Time
	why   reason.Reason
}

// hear enters an answer.
func (s *silence) hear(a Answer, now time.Time) {
	if a.As || a.Why.Code != reason.DNSUnreachable {
		*s = silence{}
		return
	}
	if s.times++; s.times >= unreachedTries {
		s.until, s.why = now.Add(silenceLasts), a.Why
	}
}

type answered struct {
	of *progress
	Answer
}

// watch begins to ask DNS for a name.
func (c *core) watch(p *progress, now time.Time) {
	if why := c.unjudgeable(p, now); !why.None() {
		c.end(p, why)
		return
	}
	p.due = now
	if p.state != StateInSync {
		p.due = now.Add(shortestWait)
	}
	heap.Push(&c.watches.queue, p)
}

// verify asks for the names that are due and tells when the next one is.
func (c *core) verify(now time.Time) time.Time {
	w := &c.watches
	for w.asking < mostQuestions && len(w.queue) > 0 {
		if due := w.queue[0].due; due.After(now) {
			return due
		}
		p := heap.Pop(&w.queue).(*progress)
		if why := c.unjudgeable(p, now); !why.None() {
			c.end(p, why)
			continue
		}
		if p.first.IsZero() {
			p.first = now
		}
		w.asking++
		q := question(p)
		c.group.Go(func() error {
			a := answered{p, c.Verifier.Verify(c.ctx, q)}
			select {
			case c.answers <- a:
			case <-c.ctx.Done():
			}
			return nil
		})
	}
	return never
}

// finishVerify enters an answer. That of a question which a newer change has overtaken says only whether the servers can be reached.
func (c *core) finishVerify(a answered, now time.Time) {
	c.watches.asking--
	p := a.of
	p.zone.silence.hear(a.Answer, now)
	if p.done {
		return
	}
	switch {
	case a.As:
		took := now.Sub(p.of.applied)
		p.state = StateAnswering
		p.of.answering++
		c.Observe(Answering{Zone: p.zone.Zone, Name: p.name, Took: took})
		c.end(p, reason.Reason{})
	case a.Never || now.Sub(p.first) >= patience:
		c.end(p, a.Why)
	default:
		p.why = a.Why
		p.wait = min(max(2*p.wait, shortestWait), longestWait)
		p.due = now.Add(p.wait)
		heap.Push(&c.watches.queue, p)
	}
}

// question is what to ask for a name now.
func question(p *progress) Question {
	q := Question{Zone: p.zone.Zone, Name: p.name}
	for _, s := range p.zone.mirror.At(p.zone.Name) {
		if s.Type == record.NS {
			q.Servers = slices.Clone(s.Values)
		}
	}
	for key, s := range p.want {
		if s == nil {
			q.Types = append(q.Types, key.Type)
		} else {
			q.Sets = append(q.Sets, *s)
		}
	}
	slices.SortFunc(q.Sets, record.Compare)
	slices.Sort(q.Types)
	return q
}

// unjudgeable tells why DNS can't tell whether a name is as planned; none: it can.
func (c *core) unjudgeable(p *progress, now time.Time) reason.Reason {
	z := p.zone
	switch {
	case c.Verifier == nil:
		return reason.New(reason.NotVerified, "the servers of %s aren't asked for %s", z.Name, p.name)
	case z.vanished:
		return reason.New(reason.ZoneVanished, "the zone %s is no longer listed", z.Name)
	case z.Private:
		return reason.New(reason.PrivateZone, "the zone %s is private", z.Name)
	case now.Before(z.silence.until):
		return z.silence.why
	}
	for key := range p.want {
		if key.ID != "" {
			return reason.New(reason.RoutingPolicy, "%s has a routing policy", key)
		}
	}
	return p.shadowed()
}

// shadowed tells which other record set of the zone decides what is answered for a name.
func (p *progress) shadowed() reason.Reason {
	z := p.zone
	gone := len(z.mirror.At(p.name)) == 0
	for at := p.name; at != z.Name && at.In(z.Name); at = at.Parent() {
		if has(z.mirror.At(at), record.NS) && (at != p.name || p.wants(record.NS)) {
			return reason.New(reason.Delegated, "%s is delegated by the NS record set of %s", p.name, at)
		}
		if wild := "*." + at.Parent(); gone && wild != p.name && len(z.mirror.At(wild)) > 0 {
			return reason.New(reason.WildcardAnswers, "%s answers for %s", wild, p.name)
		}
	}
	return reason.Reason{}
}
