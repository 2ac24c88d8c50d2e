// SPDX-License-Identifier: Apache-2.0

package guard

import "time"

// hour is how far back is counted: what was spent at t counts before t+hour, and not at t+hour.
const hour = time.Hour

// tally counts units that wait to be spent or were spent within the last hour, each once.
type tally struct {
	units   map[string]*unit
	log     []spending    // in the order of time; those of units spent again since are skipped
	minutes map[int64]int // spent units by the Unix minute
	before  []Bucket      // spent before a restart, in the order of time
	earlier int           // how many those are
	turned  func(unit string, counted bool)
}

// unit is what is counted as one.
type unit struct {
	waiting int       // how many names wait for it
	spent   time.Time // zero: not within the last hour
}

type spending struct {
	unit string
	at   time.Time
}

// newTally returns an empty tally that tells turned whenever a unit begins or ceases to count.
func newTally(turned func(unit string, counted bool)) tally {
	return tally{units: make(map[string]*unit), minutes: make(map[int64]int), turned: turned}
}

// count is how many units count.
func (t *tally) count() int { return len(t.units) + t.earlier }

func (t *tally) has(u string) bool { return t.units[u] != nil }

func (t *tally) enter(u string) *unit {
	if t.units[u] == nil {
		t.units[u] = &unit{}
		t.turned(u, true)
	}
	return t.units[u]
}

func (t *tally) leave(u string) {
	if x := t.units[u]; x.waiting == 0 && x.spent.IsZero() {
		delete(t.units, u)
		t.turned(u, false)
	}
}

// wait says that a name waits for a unit; drop takes that back.
func (t *tally) wait(u string) { t.enter(u).waiting++ }

func (t *tally) drop(u string) {
	t.units[u].waiting--
	t.leave(u)
}

// spend says that a unit was spent now: one that was spent within the hour is only spent later.
func (t *tally) spend(now time.Time, u string) {
	x := t.enter(u)
	t.forget(x)
	x.spent = now
	t.minutes[minute(now)]++
	t.log = append(t.log, spending{u, now})
}

// forget takes a unit's spending out of the minutes.
func (t *tally) forget(x *unit) {
	if x.spent.IsZero() {
		return
	}
	m := minute(x.spent)
	if t.minutes[m]--; t.minutes[m] == 0 {
		delete(t.minutes, m)
	}
	x.spent = time.Time{}
}

// slide forgets what was spent an hour ago or earlier.
func (t *tally) slide(now time.Time) {
	for len(t.log) > 0 {
		s := t.log[0]
		if t.current(s) {
			if now.Before(s.at.Add(hour)) {
				break
			}
			t.forget(t.units[s.unit])
			t.leave(s.unit)
		}
		t.log = t.log[1:]
	}
	for len(t.before) > 0 && !now.Before(t.before[0].ends()) {
		t.earlier -= t.before[0].Spent
		t.before = t.before[1:]
	}
}

// current reports whether a spending is its unit's latest.
func (t *tally) current(s spending) bool {
	x := t.units[s.unit]
	return x != nil && x.spent.Equal(s.at)
}

// next is when slide will have less to count; zero: never. Slide has been called before.
func (t *tally) next() time.Time {
	var next time.Time
	if len(t.log) > 0 {
		next = t.log[0].at.Add(hour)
	}
	if len(t.before) > 0 {
		next = sooner(next, t.before[0].ends())
	}
	return next
}

// sooner returns the sooner of two times of which zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func minute(t time.Time) int64 { return t.Unix() / 60 }
