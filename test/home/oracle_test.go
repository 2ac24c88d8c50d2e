// SPDX-License-Identifier: Apache-2.0

package home

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/wan"
)

const (
	promised = 30 * time.Second // in which a change is published
	stale    = 12 * time.Second // that an address may be gone for when it is written: a round, a window, a call
	first    = 5 * time.Second  // that an address is there before it is believed
	factor   = 4                // times as long for each change of late
	longest  = 5 * time.Minute
	lately   = 10 * time.Minute
	again    = 30 * time.Second // that it takes longer where nothing has changed but who answers
)

// oracle knows what is true, and looks at what is published.
type oracle struct {
	*providertest.Memory
	*house
	t         *testing.T
	names     int
	published map[wan.Family]netip.Addr
	moved     map[wan.Family][]time.Time // when another address was published
	clear     map[wan.Family]time.Time   // since when the same address is ours, and can be seen
	healed    map[wan.Family]bool        // and couldn't before, as too few answered
	batches   int
	failed    bool
}

// Apply looks at a batch after it has been applied. The loop has one in flight in a zone.
func (o *oracle) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	receipt, err := o.Memory.Apply(ctx, z, b)
	if err != nil {
		return receipt, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.batches++
	changed := make(map[wan.Family]int)
	for _, c := range b.Changes() {
		f, ok := map[record.Type]wan.Family{record.A: wan.V4, record.AAAA: wan.V6}[c.Key().Type]
		switch {
		case !ok:
		case c.After == nil:
			o.fail("%s is removed", c.Key())
		case len(c.After.Values) != 1:
			o.fail("%s gets %v", c.Key(), c.After.Values)
		case c.After.TTL != 60:
			o.fail("%s gets the TTL %d", c.Key(), c.After.TTL)
		default:
			changed[f]++
			o.enter(f, netip.MustParseAddr(c.After.Values[0]))
		}
	}
	for f, n := range changed {
		if n != o.names {
			o.fail("a batch has %d of the %d names of %s", n, o.names, f)
		}
	}
	return receipt, nil
}

// enter takes an address that has been published.
func (o *oracle) enter(f wan.Family, a netip.Addr) {
	if o.published[f] == a {
		return
	}
	o.note("published: %v", a)
	if o.published[f].IsValid() {
		o.moved[f] = append(o.moved[f], time.Now())
	}
	o.published[f] = a
	if !o.was(f, a, stale) {
		o.fail("%v is published, and it isn't ours", a)
	}
}

// fail says what is wrong, the first time with what came before.
func (o *oracle) fail(format string, args ...any) {
	o.t.Errorf("%v: %s", time.Since(o.begin), fmt.Sprintf(format, args...))
	if !o.failed {
		o.t.Logf("what came before:\n%s", strings.Join(o.log, "\n"))
	}
	o.failed = true
}

// look is called once a second. It sees that what is true is published in time.
func (o *oracle) look(everybody []wan.Method) {
	o.mu.Lock()
	defer o.mu.Unlock()
	last := o.truths[len(o.truths)-1]
	for _, f := range []wan.Family{wan.V4, wan.V6} {
		if !o.visible(f, everybody) {
			o.clear[f] = time.Time{}
			continue
		}
		since := o.clear[f]
		if changed := o.since(f); since.IsZero() || changed.After(since) {
			if since = changed; o.clear[f].IsZero() {
				since = time.Now()
				o.healed[f] = time.Since(last.from) > time.Second
			} else {
				o.healed[f] = false
			}
			o.clear[f] = since
		}
		if late := time.Since(since); o.published[f] != last.addr[f] && late > o.patience(f) {
			o.fail("for %v %v has been ours, and %v is published", late, last.addr[f], o.published[f])
			o.clear[f] = time.Now().Add(lately)
		}
	}
}

// since is when the address became what it is.
func (o *oracle) since(f wan.Family) time.Time {
	at := o.truths[len(o.truths)-1]
	for i := len(o.truths) - 2; i >= 0 && o.truths[i].addr[f] == at.addr[f]; i-- {
		at.from = o.truths[i].from
	}
	return at.from
}

// patience is how long a change may take: 30 s, longer for each one of late, and where nothing changed but who answers, until enough of these were asked.
func (o *oracle) patience(f wan.Family) time.Duration {
	d := first
	for _, at := range o.moved[f] {
		if time.Since(at) < lately+promised {
			d = min(d*factor, longest)
		}
	}
	if o.healed[f] {
		d += again
	}
	return promised - first + d
}

// visible reports whether an address is ours alone, and two parties that have neither their kind nor their operator in common tell it.
func (o *oracle) visible(f wan.Family, everybody []wan.Method) bool {
	if !o.line.ours()[f].IsValid() || f == wan.V4 && o.line.nat != none {
		return false
	}
	var honest []wan.Source
	for _, m := range everybody {
		by := m.Source()
		switch how := o.moods[by.Endpoint].how; {
		case by.Kind == wan.Router && (f == wan.V6 || o.line.router != ""), by.Kind == wan.Interface && f == wan.V4:
		case how == "", how == "slow":
			honest = append(honest, by)
		}
	}
	for _, a := range honest {
		for _, b := range honest {
			if a.Kind != b.Kind && a.Operator != b.Operator {
				return true
			}
		}
	}
	return false
}

// lasting counts the changes of an address that were there for long enough to be believed.
func (h *house) lasting(f wan.Family) (n int) {
	var last netip.Addr
	for i, t := range h.truths {
		until := time.Now()
		for j := i + 1; j < len(h.truths); j++ {
			if h.truths[j].addr[f] != t.addr[f] {
				until = h.truths[j].from
				break
			}
		}
		if t.addr[f].IsValid() && t.addr[f] != last && until.Sub(t.from) >= first {
			last = t.addr[f]
			n++
		}
	}
	return n
}
