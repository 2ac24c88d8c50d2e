// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

const (
	owner  = "SOAK"
	prefix = "prefix_"
)

// audit looks at every version of the zones. It reads them past the API.
type audit struct {
	db     *zonedb.DB
	stays  func(dnsname.Name) bool // an object has asked for the name ever since it first did
	mu     sync.Mutex              // guards what follows
	zones  map[string]*seen
	edits  []edit
	counts counts
	what   []string // the first complaints, in words
}

// counts are what must be zero, and how much was looked at.
type counts struct {
	changes  int // record sets made, changed or deleted, markers included
	foreign  int // record sets that aren't ours and were changed
	touched  int // edits of them that were sent
	upserts  int // blind writes
	orphans  int // record sets of ours without a marker
	alone    int // markers without a record set
	lost     int // names gone though an object asked for them
	unlisted int // batches that the journal doesn't have
	overlaps int // batches of two replicas at once
	crashes  int // ends of the program by itself
}

func (c counts) bad() int {
	return c.foreign + c.touched + c.upserts + c.orphans + c.alone + c.lost + c.unlisted + c.overlaps + c.crashes
}

// seen is the version of a zone that was looked at last.
type seen struct {
	serial  uint32
	sets    map[record.Key]record.Set
	foreign map[record.Key]string // as they were at the start
}

// edit is the difference that one batch has made.
type edit struct{ who, difference string }

func newAudit(db *zonedb.DB, stays func(dnsname.Name) bool) *audit {
	a := &audit{db: db, stays: stays, zones: make(map[string]*seen)}
	for _, z := range db.Zones() {
		s := &seen{serial: z.Serial, sets: setsOf(z), foreign: make(map[record.Key]string)}
		for k, set := range s.sets {
			s.foreign[k] = exact(set)
		}
		a.zones[z.ID] = s
	}
	return a
}

func setsOf(z *zonedb.Zone) map[record.Key]record.Set {
	out := make(map[record.Key]record.Set, z.Len())
	for s := range z.From("") {
		out[s.Key] = s
	}
	return out
}

// text is a record set in a line.
func text(s record.Set) string {
	return fmt.Sprintf("%s %d %s", s.Key, s.TTL, strings.Join(s.Values, " "))
}

// exact is text with every byte that the service keeps.
func exact(s record.Set) string {
	return fmt.Sprintf("%s stored %q properties %v alias %+v", text(s), s.Stored, s.Props, s.Alias)
}

// markerOf is where the marker of a record set of ours stands.
func markerOf(k record.Key) record.Key {
	return record.Key{Name: dnsname.Name(prefix + strings.ToLower(string(k.Type)) + "-" + string(k.Name)), Type: record.TXT}
}

// sent looks at what a batch asks for, whatever comes of it.
func (a *audit) sent(c r53emu.Call) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, ch := range c.Changes {
		k := ch.Set.Key
		k.Name = dnsname.Name(strings.TrimSuffix(string(k.Name), ".")) // it is as it was sent
		if _, theirs := a.zones[c.Zone].foreign[k]; theirs {
			a.complain(&a.counts.touched, "foreign: %s of %s was sent", ch.Action, k)
		}
		if ch.Action == r53emu.Upsert {
			a.complain(&a.counts.upserts, "foreign: %s is written blindly", k)
		}
	}
}

// look compares the zone with what it was before a batch.
func (a *audit) look(id, who string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	z, ok := a.db.Zone(id)
	if !ok || z.Serial == a.zones[id].serial {
		return
	}
	s := a.zones[id]
	before := s.sets
	s.sets = setsOf(z)
	a.lookForeign(s)
	a.lookMarkers(s)
	var lines []string
	for k, old := range before {
		set, still := s.sets[k]
		if still && exact(set) == exact(old) {
			continue
		}
		lines = append(lines, "-"+text(old))
		if !still {
			a.lookGone(s, k)
		}
	}
	for k, set := range s.sets {
		if old, was := before[k]; !was || exact(set) != exact(old) {
			lines = append(lines, "+"+text(set))
		}
	}
	a.counts.changes += len(lines)
	slices.Sort(lines)
	if z.Serial == s.serial+1 { // else it is the sum of two, of which one has been waited for
		a.edits = append(a.edits, edit{who, strings.Join(lines, "\n")})
	}
	s.serial = z.Serial
}

func (a *audit) lookForeign(s *seen) {
	for k, want := range s.foreign {
		set, there := s.sets[k]
		switch {
		case there && exact(set) == want:
			continue
		case there:
			s.foreign[k] = exact(set) // once is enough
		default:
			delete(s.foreign, k)
		}
		a.complain(&a.counts.foreign, "foreign: %s became %s", want, exact(set))
	}
}

// lookMarkers looks for record sets of ours without markers and the other way round.
func (a *audit) lookMarkers(s *seen) {
	for k, set := range s.sets {
		if _, theirs := s.foreign[k]; theirs {
			continue
		}
		if k.Type == record.TXT {
			if !a.marks(s, k) {
				a.complain(&a.counts.alone, "together: the marker %s is alone", k)
			}
			continue
		}
		h, ok := registry.MarkerOf(s.sets[markerOf(k)])
		if !ok || h.Owner != owner {
			a.complain(&a.counts.orphans, "together: %s has no marker", text(set))
		}
	}
}

// marks reports whether a TXT record set is the marker of a record set that is there.
func (a *audit) marks(s *seen, k record.Key) bool {
	return slices.ContainsFunc([]record.Type{record.A, record.AAAA, record.CNAME}, func(t record.Type) bool {
		rest, ok := strings.CutPrefix(string(k.Name), prefix+strings.ToLower(string(t))+"-")
		_, there := s.sets[record.Key{Name: dnsname.Name(rest), Type: t}]
		return ok && there
	})
}

// lookGone complains if a name has nothing any more that an object asks for.
func (a *audit) lookGone(s *seen, k record.Key) {
	if k.Type == record.TXT || !a.stays(k.Name) {
		return
	}
	for _, t := range []record.Type{record.A, record.AAAA, record.CNAME} {
		if _, there := s.sets[record.Key{Name: k.Name, Type: t}]; there {
			return
		}
	}
	a.complain(&a.counts.lost, "proof: %s is gone", k)
}

// complain counts what must not be. The caller holds mu.
func (a *audit) complain(counter *int, format string, args ...any) {
	const most = 20
	*counter++
	if len(a.what) < most {
		a.what = append(a.what, fmt.Sprintf(format, args...))
	}
}

// ours are the record sets of all zones as they were looked at last, sorted, a line each, without those that aren't ours.
func (a *audit) ours() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var lines []string
	for _, s := range a.zones {
		for k, set := range s.sets {
			if _, theirs := s.foreign[k]; !theirs {
				lines = append(lines, text(set))
			}
		}
	}
	slices.Sort(lines)
	return lines
}
