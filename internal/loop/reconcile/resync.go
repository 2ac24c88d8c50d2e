// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"maps"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/provider"
)

// readPage asks for the next page of the zone.
func (z *zoneState) readPage(c *core) {
	z.busy = true
	c.start(z.account, job{zone: z.Zone, read: &pageJob{cursor: z.cursor, asked: z.mirror.Now()}})
}

// reread starts a full read at once.
func (z *zoneState) reread() {
	z.reading, z.urgent, z.cursor = true, true, ""
}

// finishPage enters a page. In a first or urgent read the next page follows at once; a rolling read spreads its pages so that a
// full read takes --resync-interval.
func (c *core) finishPage(z *zoneState, r result) {
	if r.err != nil {
		c.zoneFailed(z, r.err)
		return
	}
	z.recovered()
	names, different := z.mirror.Replace(r.page.Sets, r.page.From, r.page.Until, r.read.asked)
	z.cursor = r.page.Next
	maps.DeleteFunc(z.unread, func(n dnsname.Name, _ bool) bool { return r.page.Has(n) })
	now := time.Now()
	z.saw(c, now, names)
	if z.read {
		for _, n := range names {
			for dependent := range z.aliases[n] {
				names = append(names, dependent)
			}
		}
		c.window.add(names, now, reread)
		c.window.add(different, now, looked) // those too that hold nothing any more: they may have been markers of others
	}
	z.lastPage = now
	if z.cursor != "" {
		return
	}
	z.reading, z.urgent, z.readAt = false, false, now
	z.aliases.prune(c.wanted)
	if !z.read {
		c.firstRead(z)
	}
	z.seekLoose(c)
}

// nextPage is when the rolling read goes on: as many pages as the zone takes now are spread over --resync-interval. With Once there
// is none.
func (z *zoneState) nextPage(c *core) time.Time {
	const page = 300 // record sets, at Route 53
	if c.Once {
		return never
	}
	return z.lastPage.Add(c.Resync / time.Duration(z.mirror.Len()/page+1))
}

// firstRead says that the zone is known: registries look at what forms it has, and every name in it is dirty.
func (c *core) firstRead(z *zoneState) {
	z.read = true
	for _, v := range z.views {
		v.claims = z.survey(v.claims)
	}
	c.Observe(ZoneRead{Zone: z.Zone, Sets: z.mirror.Len()})
	now := time.Now()
	var names []dnsname.Name
	for n := range z.mirror.Names() {
		names = append(names, n)
	}
	for n := range c.namesWanted() {
		if n.In(z.Name) {
			names = append(names, n)
		}
	}
	c.window.add(names, now, everything)
}

// readStale reads names again whose sets aren't what we took them for. Many names are cheaper to read with the whole zone.
func (z *zoneState) readStale(c *core) {
	const few = 8
	_, can := z.account.provider.(provider.NameReader)
	if !can || len(z.stale) > few {
		for _, n := range z.stale {
			z.unread[n] = true
		}
		z.stale = nil
		z.reread()
		z.readPage(c)
		return
	}
	z.busy = true
	c.start(z.account, job{zone: z.Zone, names: &namesJob{names: z.stale, asked: z.mirror.Now()}})
}

func (c *core) finishNames(z *zoneState, r result) {
	if r.err != nil {
		c.zoneFailed(z, r.err)
		return
	}
	z.recovered()
	z.mirror.Reread(r.names.names, r.sets, r.names.asked)
	z.stale = nil
	z.saw(c, time.Now(), r.names.names)
	c.window.add(r.names.names, time.Now(), looked)
}

// zoneFailed pauses a zone that can't be read.
func (c *core) zoneFailed(z *zoneState, err error) { c.rest(z, &z.back, err) }

// writeFailed pauses a zone of which a whole batch failed. That reads go well meanwhile doesn't shorten the pauses.
func (c *core) writeFailed(z *zoneState, err error) { c.rest(z, &z.writes, err) }

func (c *core) rest(z *zoneState, b *backoff, err error) {
	if z.fault == nil {
		z.failed = time.Now()
	}
	z.fault = err
	z.pause = time.Now().Add(b.next(longestOutage, c.Jitter))
	if c.Once && b.tries >= onceTries {
		c.failed = fmt.Errorf("zone %s: %w", z.Name, err)
	}
}

func (z *zoneState) recovered() {
	z.fault = nil
	z.back = backoff{}
}
