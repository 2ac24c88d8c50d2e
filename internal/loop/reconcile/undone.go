// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/decide/plan"
	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// place is a name of a zone, as one view publishes it. The zone is without its account: that may be called otherwise once the views have
// changed, and a view has no two zones of an id.
type place struct {
	zone zone.Key
	view string
	name dnsname.Name
}

func placeOf(z zone.Key, view string, name dnsname.Name) place {
	z.Account = ""
	return place{z, view, name}
}

func (p place) compare(o place) int {
	return cmp.Or(p.zone.Compare(o.zone), p.name.Compare(o.name), cmp.Compare(p.view, o.view))
}

// override is what a person wants at a place, in place of what objects ask for: it came of an undo.
type override struct {
	place
	account string            // of the zone, when it was undone
	sets    []restored        // sorted by key; none: nothing of ours
	asked   map[string]string // what each object asked for there when it was undone, see core.asking
	at      time.Time
	entries []journal.ID // what was undone
}

// restored is a record set that an undo brings back, in the provider's form, and the object that its marker names.
type restored struct {
	set      record.Set
	resource string
}

// overrides are the names that are undone.
type overrides struct {
	places map[place]*override
	names  map[dnsname.Name][]*override
}

func newOverrides() overrides {
	return overrides{places: make(map[place]*override), names: make(map[dnsname.Name][]*override)}
}

func (os *overrides) put(o *override) {
	os.drop(o.place)
	os.places[o.place] = o
	os.names[o.name] = append(os.names[o.name], o)
}

func (os *overrides) drop(p place) {
	if os.places[p] == nil {
		return
	}
	delete(os.places, p)
	os.names[p.name] = slices.DeleteFunc(os.names[p.name], func(o *override) bool { return o.place == p })
	if len(os.names[p.name]) == 0 {
		delete(os.names, p.name)
	}
}

func (os *overrides) sorted() []*override {
	return slices.SortedFunc(maps.Values(os.places), func(a, b *override) int { return a.compare(b.place) })
}

// unsaid is what an object asks for that holds a name: it isn't known.
const unsaid = "held"

// asking sums up what each object asks for at a name in a view, by its resource.
func (c *core) asking(spec view.Spec, name dnsname.Name) map[string]string {
	lines := make(map[string][]string)
	held := make(map[string]bool)
	eps, holds := c.catalog.At(name)
	chosen := func(f *endpoint.Origin) bool { return spec.Select(f, name).None() }
	for _, e := range eps {
		if chosen(e.From) {
			ref := e.From.Ref.String()
			lines[ref] = append(lines[ref], fmt.Sprintf("%q %q %d %q %q", e.Type, e.ID, e.TTL, e.Targets, e.Props))
		}
	}
	for _, h := range holds {
		if chosen(h.From) {
			held[h.From.Ref.String()] = true
		}
	}
	out := make(map[string]string, len(lines)+len(held))
	for ref, list := range lines {
		slices.Sort(list)
		sum := sha256.Sum256([]byte(strings.Join(list, "\n")))
		out[ref] = hex.EncodeToString(sum[:8])
	}
	for ref := range held {
		out[ref] = unsaid
	}
	return out
}

// undoneAt returns what a person wants at a name of a zone in a view, in place of what objects ask for; nil: nothing. It is forgotten
// as soon as an object asks for something else. While it isn't known what one asks for, nothing has changed.
func (c *core) undoneAt(z *zoneState, spec view.Spec, name dnsname.Name) *override {
	o := c.byHand.places[placeOf(z.Key, spec.Name, name)]
	if o == nil {
		return nil
	}
	if c.outdated(spec, o, c.asking(spec, name), len(z.mirror.At(name)) == 0) {
		c.byHand.drop(o.place)
		c.keeping.edits++
		return nil
	}
	return o
}

// outdated tells from what objects ask for now whether one asks for something else than it did when the name was undone.
func (c *core) outdated(spec view.Spec, o *override, now map[string]string, empty bool) bool {
	for ref, what := range now {
		if was, before := o.asked[ref]; what != unsaid && (!before || was != what) {
			return true
		}
	}
	for ref := range o.asked {
		if _, still := now[ref]; !still && c.gone(spec, ref).None() {
			return true
		}
	}
	return empty && len(o.sets) == 0 && len(o.asked) == 0 && len(now) == 0 // there is nothing left to be held
}

// override makes a plan's input one for what a person wants: exactly that, whatever objects ask for, under every policy. Whose the
// record sets are counts as ever.
func (z *zoneState) override(in *plan.Input, o *override) []change.Decision {
	in.Rows, in.Policy = o.rows(), change.Sync
	in.Gone, in.Left = func(string) reason.Reason { return reason.Reason{} }, nil // the person knows
	in.Desired = func(s record.Set) ([]record.Set, error) {
		// It is in the provider's form. A CNAME to a load balancer that an annotation kept from being an alias doesn't say so any
		// more, and stays what it was; an alias is asked for again, because its target may be gone.
		if s.Alias == nil && slices.ContainsFunc(o.sets, func(r restored) bool { return r.set.Key == s.Key }) {
			return []record.Set{s}, nil
		}
		return z.desired(s)
	}
	return o.decisions()
}

func (o *override) rows() []plan.Row {
	var rows []plan.Row
	for _, r := range slices.SortedFunc(slices.Values(o.sets), func(a, b restored) int {
		return cmp.Or(cmp.Compare(a.set.ID, b.set.ID), record.Compare(a.set, b.set))
	}) {
		if n := len(rows); n == 0 || rows[n-1].ID != r.set.ID {
			rows = append(rows, plan.Row{ID: r.set.ID})
		}
		row := &rows[len(rows)-1]
		row.Wants = append(row.Wants, change.Want{Set: r.set, Resource: r.resource, Askers: []string{r.resource}})
		row.Askers = append(row.Askers, r.resource)
	}
	for i := range rows {
		slices.Sort(rows[i].Askers)
		rows[i].Askers = slices.Compact(rows[i].Askers)
	}
	return rows
}

// decisions tell each object that asks for the name why it waits.
func (o *override) decisions() []change.Decision {
	until := "an object"
	askers := slices.Sorted(maps.Keys(o.asked))
	if len(askers) > 0 {
		until = strings.Join(askers[:min(len(askers), 3)], " or ")
	}
	why := reason.New(reason.Undone, "%s was undone by hand on %s; it stays so until %s asks for something else", o.name, o.at.UTC().Format(time.RFC3339), until)
	if len(askers) == 0 && len(o.sets) > 0 {
		askers = []string{o.sets[0].resource}
	}
	if len(askers) == 0 {
		askers = []string{""}
	}
	out := make([]change.Decision, 0, len(askers))
	for _, a := range askers {
		out = append(out, change.Decision{Key: record.Key{Name: o.name}, Verdict: change.Held, Resource: a, Why: why})
	}
	return out
}

// asks reports whether an object asks for a name, or has it because of an undo: a marker of its is for that name then.
func (c *core) asks(resource string, n dnsname.Name) bool {
	return c.catalog.Asks(resource, n) || slices.ContainsFunc(c.byHand.names[n], func(o *override) bool {
		return slices.ContainsFunc(o.sets, func(r restored) bool { return r.resource == resource })
	})
}

// wanted reports whether something is wanted at a name.
func (c *core) wanted(n dnsname.Name) bool { return c.catalog.Has(n) || len(c.byHand.names[n]) > 0 }

// namesWanted yields every name at which something is wanted, in no particular order; some twice.
func (c *core) namesWanted() iter.Seq[dnsname.Name] {
	return func(yield func(dnsname.Name) bool) {
		for n := range c.catalog.Names() {
			if !yield(n) {
				return
			}
		}
		for n := range c.byHand.names {
			if !yield(n) {
				return
			}
		}
	}
}

const (
	// mostUndone bounds how many names are undone at a time.
	mostUndone = 1000
	// mostUndoneBytes is their share of what a Keeper is given.
	mostUndoneBytes = MaxKeptBytes * 3 / 4
)

// check reports more undone names than can be kept.
func (os *overrides) check() error {
	if len(os.places) > mostUndone {
		return fmt.Errorf("%w: there would be %d, and %d can be", ErrManyUndone, len(os.places), mostUndone)
	}
	if n := len(os.export()); n > mostUndoneBytes {
		return fmt.Errorf("%w: they would take %d bytes of what is kept, and %d are there for them", ErrManyUndone, n, mostUndoneBytes)
	}
	return nil
}
