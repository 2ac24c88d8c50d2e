// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// hour is how far back is counted: what was spent at t counts before t+hour, and not at t+hour.
const hour = time.Hour

// tally counts names that wait to be spent or were spent within the last hour. Each counts once, and names with one label count
// as one together; a name's label is what it waits for, else what it was spent as last.
type tally struct {
	names   map[dnsname.Name]*use
	labels  map[string]int // how many names have it
	log     []spending     // in the order of time; those of names spent again since are skipped
	before  []past         // spent before a restart, in the order of time
	earlier int            // how many those are
	turned  func(n dnsname.Name, counted bool)
}

// use is what counts of a name.
type use struct {
	waits string // for what; empty: it doesn't wait
	as    string // what it was spent as; empty: not within the last hour
	spent time.Time
}

func (u use) label() string {
	if u.waits != "" {
		return u.waits
	}
	return u.as
}

// past is how much was spent about a time before a restart, and when all of it is an hour old.
type past struct {
	ends  time.Time
	spent int
}

type spending struct {
	name dnsname.Name
	at   time.Time
}

// newTally returns an empty tally that tells turned whenever a name begins or ceases to count.
func newTally(turned func(n dnsname.Name, counted bool)) tally {
	return tally{names: make(map[dnsname.Name]*use), labels: make(map[string]int), turned: turned}
}

// count is how much counts.
func (t *tally) count() int { return len(t.labels) + t.earlier }

func (t *tally) has(n dnsname.Name) bool { return t.names[n] != nil }

// wait says what a name waits for: nothing, where that is empty.
func (t *tally) wait(n dnsname.Name, label string) {
	t.edit(n, func(u *use) { u.waits = label })
}

// spend says that what a name waits for is spent now.
func (t *tally) spend(now time.Time, n dnsname.Name) {
	t.edit(n, func(u *use) { u.as, u.spent = u.waits, now })
	t.log = append(t.log, spending{n, now})
}

// edit changes a name's use and keeps the counts right.
func (t *tally) edit(n dnsname.Name, change func(*use)) {
	u, known := t.names[n]
	if !known {
		u = &use{}
	}
	old := u.label()
	change(u)
	label := u.label()
	if label != "" {
		t.labels[label]++
	}
	if old != "" {
		if t.labels[old]--; t.labels[old] == 0 {
			delete(t.labels, old)
		}
	}
	switch {
	case label != "" && !known:
		t.names[n] = u
		t.turned(n, true)
	case label == "" && known:
		delete(t.names, n)
		t.turned(n, false)
	}
}

// slide forgets what was spent an hour ago or earlier.
func (t *tally) slide(now time.Time) {
	for len(t.log) > 0 {
		s := t.log[0]
		if u := t.names[s.name]; u != nil && u.as != "" && u.spent.Equal(s.at) {
			if now.Before(s.at.Add(hour)) {
				break
			}
			t.edit(s.name, func(u *use) { u.as, u.spent = "", time.Time{} })
		}
		t.log = t.log[1:]
	}
	for len(t.before) > 0 && !now.Before(t.before[0].ends) {
		t.earlier -= t.before[0].spent
		t.before = t.before[1:]
	}
}

// next is when slide will have less to count; zero: never. Slide has been called before.
func (t *tally) next() time.Time {
	var next time.Time
	if len(t.log) > 0 {
		next = t.log[0].at.Add(hour)
	}
	if len(t.before) > 0 {
		next = sooner(next, t.before[0].ends)
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
