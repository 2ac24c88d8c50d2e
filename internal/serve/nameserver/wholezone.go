// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"iter"
	"slices"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// wholeZone is the records of one version of a zone, as secondaries get them. Sets with identifiers become one record set: the ones
// that an answer could be drawn from. Aliases become what they lead to at that time; their targets' later changes reach a secondary
// with the zone's next version.
type wholeZone struct {
	answer
	zone *zonedb.Zone
	soa  *dns.SOA
}

// all yields every record, with the SOA first and last (RFC 5936 section 2.2).
func (w *wholeZone) all() iter.Seq[dns.RR] {
	return func(yield func(dns.RR) bool) {
		if !yield(w.soa) {
			return
		}
		for _, rr := range w.of(w.opts.apexSets(w.zone, record.NS)) {
			if !yield(rr) {
				return
			}
		}
		for sets := range alike(w.zone.From("")) {
			if sets[0].Name == w.zone.Name && (sets[0].Type == record.SOA || sets[0].Type == record.NS) {
				continue
			}
			for _, rr := range w.of(sets) {
				if !yield(rr) {
					return
				}
			}
		}
		yield(w.soa)
	}
}

// alike groups sets of one name and type, which follow each other.
func alike(all iter.Seq[record.Set]) iter.Seq[[]record.Set] {
	return func(yield func([]record.Set) bool) {
		var group []record.Set
		for s := range all {
			if len(group) > 0 && (group[0].Name != s.Name || group[0].Type != s.Type) {
				if !yield(group) {
					return
				}
				group = nil
			}
			group = append(group, s)
		}
		if len(group) > 0 {
			yield(group)
		}
	}
}

// of makes the records of sets of one name and type. What can't be written is left out and logged, as no answer has it either.
func (w *wholeZone) of(sets []record.Set) []dns.RR {
	values, ttl := w.values(w.zone, possible(sets), 0)
	rrs := make([]dns.RR, 0, len(values))
	for _, v := range values {
		rr, err := build(sets[0].Name.FQDN(), sets[0].Type, ttl, v)
		if err != nil {
			w.opts.Log.Warn("transfer a zone", "name", string(sets[0].Name), "err", err)
			continue
		}
		rrs = append(rrs, rr)
	}
	return rrs
}

// possible returns the sets, all of one name and type, that answers can be made of: where one is drawn by weight, those that weigh
// something.
func possible(sets []record.Set) []record.Set {
	if _, weighted := sets[0].Prop(propWeight); !weighted || sets[0].ID == "" {
		return choose(sets, func(uint64) uint64 { return 0 })
	}
	heavy := slices.DeleteFunc(slices.Clone(sets), func(s record.Set) bool { return weight(s) == 0 })
	if len(heavy) == 0 {
		return sets
	}
	return heavy
}

// since returns the records that make the version with an earlier serial this one, as one difference (RFC 1995 section 4): SOA, old
// SOA, what goes, SOA, what comes, SOA. It is not ok where that isn't known, where what records say depends on more than the sets that
// were edited, or where the whole zone is no larger.
func (w *wholeZone) since(serial uint32) (rrs []dns.RR, ok bool) {
	// The SOA's serial is the version's plus a constant, as long as no edit touches the SOA.
	removed, added, ok := w.zone.Changed(w.zone.Serial - (w.soa.Serial - serial))
	if !ok || w.zone.Aliases() > 0 || len(removed)+len(added) > w.zone.Len() ||
		slices.ContainsFunc(removed, w.intricate) || slices.ContainsFunc(added, w.intricate) {
		return nil, false
	}
	gone, came := w.texts(removed), w.texts(added)
	old := *w.soa
	old.Serial = serial
	rrs = []dns.RR{w.soa, &old}
	rrs = append(rrs, without(gone, came)...)
	rrs = append(rrs, w.soa)
	rrs = append(rrs, without(came, gone)...)
	return append(rrs, w.soa), true
}

// intricate reports whether a set's records don't follow from the set alone.
func (w *wholeZone) intricate(s record.Set) bool {
	return s.ID != "" || s.Alias != nil || s.Name == w.zone.Name && (s.Type == record.SOA || s.Type == record.NS)
}

// written is a record and its text, TTL included, by which two are compared.
type written struct {
	rr   dns.RR
	text string
}

func (w *wholeZone) texts(sets []record.Set) (out []written) {
	for i := range sets {
		for _, rr := range w.of(sets[i : i+1]) {
			out = append(out, written{rr, rr.String()})
		}
	}
	return out
}

// without returns the records of a that aren't among those of b.
func without(a, b []written) (out []dns.RR) {
	in := make(map[string]bool, len(b))
	for _, w := range b {
		in[w.text] = true
	}
	for _, w := range a {
		if !in[w.text] {
			out = append(out, w.rr)
		}
	}
	return out
}
