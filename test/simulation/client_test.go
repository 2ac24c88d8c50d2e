// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// client is the provider of one process.
type client struct {
	*world
	process *process
}

var (
	_ provider.Provider   = client{}
	_ provider.NameReader = client{}
	_ provider.Confirmer  = client{}
)

var errMadeUp = errors.New("made to fail")

func (c client) Describe() provider.Description {
	return provider.Description{
		Name: "model", Atomic: true, Types: []record.Type{record.A, record.AAAA, record.CNAME, record.TXT},
		Limits: change.Limits{Changes: mostChanges, Chars: mostChars},
	}
}

func (c client) Desired(s record.Set) ([]record.Set, error) {
	s.Values = slices.Clone(s.Values)
	slices.Sort(s.Values)
	if s.TTL == 0 {
		s.TTL = 300
	}
	return []record.Set{s}, nil
}

// travel is the way to the service. It takes a while and may end with the caller's patience.
func (c client) travel(ctx context.Context, where string) error {
	var pause time.Duration
	c.locked(func() { pause = time.Duration(5+c.lane(c.process.String(), where).IntN(150)) * time.Millisecond })
	select {
	case <-time.After(pause):
		return nil
	case <-ctx.Done():
		return refuse(provider.Unavailable, fmt.Errorf("wait for an answer: %w", ctx.Err()))
	}
}

// read is a call that changes nothing: what goes wrong, if anything does. The answer is made by get.
func (c client) read(ctx context.Context, zoneName string, get func() error, fit ...fault) error {
	var struck fault
	c.locked(func() {
		c.process.called()
		c.reads++
		struck = c.strike(c.process.party, zoneName, append(fit, readThrottled, readDown, readDenied)...)
		if struck != "" {
			c.note("%s reads %s: %s", c.process, zoneName, struck)
			c.trouble[zoneName] = time.Now()
		}
	})
	if err := c.travel(ctx, zoneName); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if struck == crashReading {
		c.process.crash()
	}
	switch {
	case c.process.dead || struck == readDown || struck == listFails:
		return refuse(provider.Unavailable, errMadeUp)
	case struck == readThrottled:
		return refuse(provider.Throttled, errMadeUp)
	case struck == readDenied || struck == confirmDenied:
		return refuse(provider.Denied, errMadeUp)
	}
	return get()
}

func (c client) Zones(ctx context.Context) (out []zone.Zone, err error) {
	err = c.read(ctx, "zones", func() error {
		out = c.cloud.list()
		return nil
	}, listFails)
	return out, err
}

func (c client) Records(ctx context.Context, z zone.Zone, cursor provider.Cursor) (p provider.Page, err error) {
	err = c.read(ctx, z.ID, func() error {
		if c.cloud.vanished[z.ID] {
			return refuse(provider.Unavailable, errors.New("there is no such zone"))
		}
		p = c.cloud.zones[z.ID].page(cursor)
		for name := range c.process.unread {
			if n := dnsname.Name(name); n.Compare(dnsname.Name(cursor)) >= 0 && (p.Until == "" || n.Compare(p.Until) < 0) {
				delete(c.process.unread, name)
			}
		}
		return nil
	}, crashReading)
	return p, err
}

func (c client) Names(ctx context.Context, z zone.Zone, names []dnsname.Name) (out []record.Set, err error) {
	err = c.read(ctx, z.ID, func() error {
		if c.cloud.vanished[z.ID] {
			return refuse(provider.Unavailable, errors.New("there is no such zone"))
		}
		out = c.cloud.zones[z.ID].at(names)
		for _, n := range names {
			delete(c.process.unread, string(n))
		}
		return nil
	}, crashReading)
	return out, err
}

func (c client) InSync(ctx context.Context, _ provider.Receipt) (synced bool, err error) {
	err = c.read(ctx, "receipts", func() error {
		synced = c.lane(c.process.String(), "receipts").IntN(2) == 0
		return nil
	}, confirmDenied)
	return synced, err
}

// Apply sends a batch through whatever is armed.
func (c client) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	struck, err := c.begin(z, b)
	if err != nil {
		return "", err
	}
	receipt, err := c.deliver(ctx, z, b, struck)
	c.process.doubt(b, err)
	c.locked(func() {
		if c.cloud.writing[z.ID] == c.process.String() {
			delete(c.cloud.writing, z.ID)
		}
	})
	return receipt, err
}

// deliver takes a batch to the service and the answer back.
func (c client) deliver(ctx context.Context, z zone.Zone, b change.Batch, struck fault) (provider.Receipt, error) {
	if err := c.travel(ctx, z.ID); err != nil {
		return "", refuse(provider.Uncertain, err)
	}
	switch struck {
	case slowQuestion, landsLate:
		<-ctx.Done()
		if struck == landsLate {
			c.landLater(z, b)
		}
		return "", refuse(provider.Uncertain, ctx.Err())
	case slowAnswer:
		_, _ = c.land(z, b, struck)
		<-ctx.Done()
		return "", refuse(provider.Uncertain, ctx.Err())
	}
	return c.land(z, b, struck)
}

// begin takes the zone's turn and draws what will go wrong.
func (c client) begin(z zone.Zone, b change.Batch) (fault, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.process.called()
	if c.process.dead {
		return "", refuse(provider.Unavailable, errMadeUp)
	}
	c.judgeArrival(c.process, z.ID, b)
	c.judgeJournal(c.process, z.ID, b)
	if c.process.unwritable {
		c.broken("undo", "%s sends to %s though its journal can't be written", c.process, z.ID)
	}
	if who := c.cloud.writing[z.ID]; who != "" {
		if who == c.process.String() {
			c.broken("one write", "%s writes to %s twice at once", who, z.ID)
		}
		c.fired(serviceThrottle)
		return "", refuse(provider.Throttled, errors.New("another write is in flight"))
	}
	c.cloud.writing[z.ID] = c.process.String()
	struck := c.strike(c.process.party, z.ID, writeThrottled, writeDown, writeDenied, lostAnswer, lostQuestion, slowAnswer, slowQuestion, landsLate, staleNamed, staleOpaque, crashBefore, crashAfter)
	if struck != "" {
		c.trouble[z.ID] = time.Now()
		c.note("%s writes to %s: %s", c.process, z.ID, struck)
	}
	return struck, nil
}

// land is the moment in which a batch takes effect, or doesn't.
func (c client) land(z zone.Zone, b change.Batch, struck fault) (provider.Receipt, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if struck == crashBefore {
		c.process.crash()
	}
	if c.process.dead {
		return "", refuse(provider.Uncertain, errMadeUp)
	}
	switch struck {
	case writeThrottled:
		return "", refuse(provider.Throttled, errMadeUp)
	case writeDown:
		return "", refuse(provider.Unavailable, errMadeUp)
	case writeDenied:
		return "", refuse(provider.Denied, errMadeUp)
	case lostQuestion:
		return "", refuse(provider.Uncertain, errMadeUp)
	case staleNamed, staleOpaque:
		c.meddle(z.ID, b)
	}
	receipt, err := c.commit(c.process, z.ID, b)
	if struck == staleOpaque && provider.ClassOf(err) == provider.Stale {
		err = refuse(provider.Stale, errors.New("something isn't as it was read"))
	}
	switch struck {
	case crashAfter:
		c.process.crash()
		return "", refuse(provider.Uncertain, errMadeUp)
	case lostAnswer:
		return "", refuse(provider.Uncertain, errMadeUp)
	}
	return receipt, err
}

// landLater lets a batch take effect after its caller has given up.
func (c client) landLater(z zone.Zone, b change.Batch) {
	var pause time.Duration
	c.locked(func() { pause = time.Duration(c.lane(c.process.String(), z.ID).IntN(20)) * time.Second })
	c.late.Go(func() {
		time.Sleep(pause)
		c.locked(func() {
			c.note("%s's write to %s lands late", c.process, z.ID)
			if _, err := c.commit(c.process, z.ID, b); err == nil {
				for _, g := range b.Groups {
					c.drifted[string(g.Name)] = time.Now()
				}
			}
		})
	})
}

// commit judges a batch and applies it. The world's mutex is held.
func (c client) commit(p *process, zoneName string, b change.Batch) (provider.Receipt, error) {
	if c.cloud.vanished[zoneName] {
		return "", refuse(provider.Unavailable, errors.New("there is no such zone"))
	}
	for _, g := range b.Groups {
		opaque, refused := c.bad[string(g.Name)]
		if !refused {
			continue
		}
		c.note("%s writes to %s: %s is refused (opaque %v)", p, zoneName, g.Name, opaque)
		if opaque {
			c.fired(refusedOpaque)
			return "", refuse(provider.Rejected, errors.New("something in the batch is invalid"))
		}
		c.fired(refusedNamed)
		return "", refuse(provider.Rejected, errors.New("its content is invalid"), record.Key{Name: g.Name})
	}
	before := c.cloud.zones[zoneName]
	after, err := before.after(zoneName, b)
	if errors.Is(err, errTooLarge) {
		c.broken("limits", "%s sends too large a batch to %s", p, zoneName)
	}
	if err != nil {
		c.note("%s writes to %s: %v", p, zoneName, err)
		return "", err
	}
	for _, ch := range b.Changes() {
		c.note("%s %s %s%s", p, zoneName, ch, arrow(ch))
	}
	c.judgeLanding(p, zoneName, b, before, after)
	c.cloud.zones[zoneName] = after
	c.writes++
	return c.cloud.receipt(), nil
}

func arrow(ch change.Change) string {
	var from, to []string
	if ch.Before != nil {
		from = ch.Before.Values
	}
	if ch.After != nil {
		to = ch.After.Values
	}
	return fmt.Sprintf(" %v -> %v", from, to)
}
