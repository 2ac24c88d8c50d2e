// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"iter"
	"runtime"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
)

// work counts what a registry is asked: it is, several times for every name that is planned.
type work struct {
	opened, spread int
	markers        int // of the ledgers opened, those of names at which only markers stand
}

// counting is a registry that counts.
type counting struct {
	registry.Registry
	*work
}

func (r counting) Open(n dnsname.Name, z zone.Zone, look registry.Look, asks registry.Asks) registry.Ledger {
	if r.opened++; strings.HasPrefix(string(n), prefix) {
		r.markers++
	}
	return r.Registry.Open(n, z, look, asks)
}

func (r counting) Subjects(n dnsname.Name, z zone.Zone) []dnsname.Name {
	r.spread++
	return r.Registry.Subjects(n, z)
}

// Survey counts with what it finds, too.
func (r counting) Survey(z zone.Zone, sets iter.Seq[record.Set]) registry.Registry {
	return counting{r.Registry.(registry.Surveyor).Survey(z, sets), r.work}
}

// prefix is that of the names of markers.
const prefix = "x-"

// TestDeltaIsFlat: delta: what one change costs doesn't depend on how many objects there are, nor does what each costs that is published for
// the first time. Counted are names that are planned and, with room for what a deeper tree and a fuller map take, bytes.
func TestDeltaIsFlat(t *testing.T) {
	const few, many, changes = 50, 5_000, 50
	small, large := costs(t, few, changes), costs(t, many, changes)
	if small.change != large.change {
		t.Errorf("%d changes cost %+v among %d objects and %+v among %d", changes, small.change, few, large.change, many)
	}
	// Of each batch one name is planned again: the one that had no room.
	if got, most := large.publish.opened, (small.publish.opened+1)*many/few; got > most {
		t.Errorf("the first publish of %d objects opened %d ledgers, more than %d: as many for each as of %d objects", many, got, most, few)
	}
	if large.bytes > small.bytes*5/4 {
		t.Errorf("a change allocates %d bytes among %d objects and %d among %d", small.bytes, few, large.bytes, many)
	}
	if got := large.change.markers; got > changes { // once before the batch that writes it, not again behind it
		t.Errorf("%d changes had the names of markers planned %d times", changes, got)
	}
	if large.resync.spread != 0 {
		t.Errorf("a resync that found nothing new looked for what depends on %d names", large.resync.spread)
	}
}

// cost is what was counted while some objects were published, then during a resync, and then during some changes.
type cost struct {
	publish, resync, change work
	bytes                   uint64 // for each change
}

func costs(t *testing.T, objects, changes int) cost {
	var w work
	b := newBenchWith(t, newAcceptor(), counting{txt.New(txt.Options{Owner: "me", Prefix: prefix, Format: "typed"}), &w}, objects, 1)
	out := cost{publish: w}
	w = work{}
	for _, z := range b.zones {
		z.reread()
	}
	b.drain()
	out.resync, w = w, work{}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range changes {
		b.take(feed.Event{Kind: "ingress", Deltas: []feed.Delta{wishFor(i%objects, 1, 1)}})
		b.drain()
	}
	runtime.ReadMemStats(&after)
	out.change, out.bytes = w, (after.TotalAlloc-before.TotalAlloc)/uint64(changes)
	return out
}
