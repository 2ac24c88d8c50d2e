// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// A change waits until nothing more has come for quiet, at most for longest: what belongs together is sent together.
const (
	quiet   = 100 * time.Millisecond
	longest = time.Second
)

// window collects dirty names. The zero value is ready.
type window struct {
	names       map[dnsname.Name]dirty
	first, last time.Time
}

// add makes names dirty.
func (w *window) add(names []dnsname.Name, now time.Time, why cause) {
	if len(names) == 0 {
		return
	}
	if w.names == nil {
		w.names = make(map[dnsname.Name]dirty)
		w.first = now
	}
	w.last = now
	for _, n := range names {
		if d, there := w.names[n]; !there || d.why < why {
			w.names[n] = dirty{n, now, why}
		}
	}
}

// dirty is a name, since when it is dirty, and why.
type dirty struct {
	name  dnsname.Name
	since time.Time
	why   cause
}

// cause is why a name is dirty; a larger one asks for more.
type cause int

const (
	everything cause = iota // every name is
	looked                  // it was read again, or a name that it depends on is dirty
	changed                 // an object asks for something else there
)

// due returns the names, sorted, once the window closes; before that, when it will.
func (w *window) due(now time.Time) ([]dirty, time.Time) {
	if w.names == nil {
		return nil, time.Time{}
	}
	at := w.last.Add(quiet)
	if end := w.first.Add(longest); end.Before(at) {
		at = end
	}
	if now.Before(at) {
		return nil, at
	}
	out := make([]dirty, 0, len(w.names))
	for _, n := range slices.SortedFunc(maps.Keys(w.names), dnsname.Name.Compare) {
		out = append(out, w.names[n])
	}
	*w = window{}
	return out, time.Time{}
}

func (w *window) empty() bool { return w.names == nil }

func (w *window) has(n dnsname.Name) bool {
	_, there := w.names[n]
	return there
}
