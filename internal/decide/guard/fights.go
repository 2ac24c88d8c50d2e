// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

const (
	reversals    = 3     // within the hour make a fight
	mostRivalled = 10000 // record sets remembered: the latest written; a zone of that size costs about 2 MB
)

// Fights notices that someone else changes our record sets back, again and again. It remembers what we wrote last at each key,
// for the latest 10,000 keys. Its methods change it; one goroutine owns it, for one zone.
type Fights struct {
	at    map[record.Key]*rivalry
	names map[dnsname.Name][]record.Key // of at
	queue []written                     // in the order of writes; those of keys written again since are skipped
	count uint64
}

type rivalry struct {
	wrote *record.Set // nil: we deleted it
	open  bool        // not seen changed back yet
	nth   uint64      // the write
	back  []time.Time // when it was changed back: the latest three
}

type written struct {
	key record.Key
	nth uint64
}

// SawName is Saw for all record sets of a name.
func (f *Fights) SawName(now time.Time, n dnsname.Name, sets []record.Set) {
	for _, k := range f.names[n] {
		var set *record.Set
		if i := slices.IndexFunc(sets, func(s record.Set) bool { return s.Key == k }); i >= 0 {
			set = &sets[i]
		}
		_, _ = f.Saw(now, k, set) // Check tells when it matters
	}
}

// Unsure says that a change of ours may have been applied, or not: what is seen next isn't held against anybody.
func (f *Fights) Unsure(k record.Key) {
	if r := f.at[k]; r != nil {
		r.open = false
	}
}

// NewFights returns an empty memory.
func NewFights() *Fights {
	return &Fights{at: make(map[record.Key]*rivalry), names: make(map[dnsname.Name][]record.Key)}
}

// Wrote says that a change of ours has been applied: set is what is there now, nil after a delete.
func (f *Fights) Wrote(k record.Key, set *record.Set) {
	r := f.at[k]
	if r == nil {
		r = &rivalry{}
		f.at[k] = r
		f.names[k.Name] = append(f.names[k.Name], k)
	}
	f.count++
	r.wrote, r.open, r.nth = set, true, f.count
	f.queue = append(f.queue, written{k, f.count})
	for len(f.at) > mostRivalled || len(f.queue) > 2*mostRivalled {
		if oldest := f.queue[0]; f.at[oldest.key] != nil && f.at[oldest.key].nth == oldest.nth {
			delete(f.at, oldest.key)
			if f.names[oldest.key.Name] = slices.DeleteFunc(f.names[oldest.key.Name], func(k record.Key) bool { return k == oldest.key }); len(f.names[oldest.key.Name]) == 0 {
				delete(f.names, oldest.key.Name)
			}
		}
		f.queue = f.queue[1:]
	}
}

// Saw says what the provider has at a key, nil: nothing. Where that isn't what we wrote, our change was changed back; it is
// counted once for each write. What we never wrote doesn't matter. It returns what Check returns.
func (f *Fights) Saw(now time.Time, k record.Key, set *record.Set) (until time.Time, why reason.Reason) {
	r := f.at[k]
	if r == nil {
		return time.Time{}, reason.Reason{}
	}
	if r.open && !same(r.wrote, set) {
		r.open = false
		if len(r.back) == reversals {
			r.back = r.back[1:]
		}
		r.back = append(r.back, now)
	}
	return f.Check(now, k)
}

// Check tells until when a key is best left alone, and why; no reason: it may be written. A fight is over when the first of the
// three reversals is an hour old, so that we write three times an hour at most.
func (f *Fights) Check(now time.Time, k record.Key) (until time.Time, why reason.Reason) {
	r := f.at[k]
	if r == nil || len(r.back) < reversals {
		return time.Time{}, reason.Reason{}
	}
	until = r.back[0].Add(hour)
	if !now.Before(until) {
		return time.Time{}, reason.Reason{}
	}
	return until, reason.New(reason.Fight, "%s was changed back %d times within an hour", k, reversals)
}

// same compares what may be nothing.
func same(a, b *record.Set) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
