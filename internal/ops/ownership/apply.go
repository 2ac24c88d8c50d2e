// SPDX-License-Identifier: Apache-2.0

package ownership

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/rows"
)

// Apply does what is to do: it writes what is new, reads everything again, and removes what is old where the new is there. tell is told of
// each step. After an error, run it again: it goes on where it was.
func (m Move) Apply(ctx context.Context, tell func(format string, args ...any)) error {
	first, last := m.writeRows, m.removeMarkers
	if m.To == ToTXT {
		first, last = m.writeMarkers, m.removeRows
	}
	for _, step := range []func(context.Context, *state, func(string, ...any)) error{first, last} {
		s, err := m.read(ctx)
		if err != nil {
			return err
		}
		if err := step(ctx, s, tell); err != nil {
			return fmt.Errorf("%w: what was done stays; run it again to go on", err)
		}
	}
	return nil
}

func (m Move) writeRows(ctx context.Context, s *state, tell func(string, ...any)) error {
	n := 0
	for _, p := range s.places {
		for name := range p.sets.Names() {
			for _, o := range m.owned(s, p, name) {
				if _, listed := claim(s.book, p, o.Set); listed {
					continue
				}
				row, why := m.rowFor(s, p, o)
				if !why.None() {
					continue
				}
				if err := m.Store.Swap(ctx, row.before, row.after); err != nil {
					return err
				}
				s.book.Enter(o.Set.Key, row.after) // another zone's may be next
				n++
			}
		}
	}
	tell("wrote %s", report.Count(n, "row"))
	return nil
}

func (m Move) removeRows(ctx context.Context, s *state, tell func(string, ...any)) error {
	n := 0
	for _, row := range s.book.Ours() {
		if !m.Match(row.Key.Name) || !m.movedEverywhere(s, row) {
			continue
		}
		if err := m.Store.Swap(ctx, &row, nil); err != nil {
			return err
		}
		n++
	}
	tell("removed %s", report.Count(n, "row"))
	return nil
}

// movedEverywhere reports whether each record set that a row claims has its marker, in every zone that the row may be for. What stands in
// a zone that isn't used isn't known.
func (m Move) movedEverywhere(s *state, row registry.Row) bool {
	if why := s.unseen(&row); !why.None() {
		return false
	}
	found := 0
	for _, p := range s.places {
		for _, set := range p.sets.At(row.Key.Name) {
			if set.Key != row.Key {
				continue
			}
			if _, listed := claim(s.book, p, set); !listed {
				continue
			}
			if _, marked := claim(p.markers, p, set); !marked {
				return false
			}
			found++
		}
	}
	return found > 0
}

// unseen tells of a zone that a row is for, and that isn't used.
func (s *state) unseen(row *registry.Row) reason.Reason {
	if row == nil {
		return reason.Reason{}
	}
	ids, _ := rows.Zones(*row)
	for _, id := range ids {
		if !slices.ContainsFunc(s.places, func(p *place) bool { return p.ID == id }) {
			return reason.New(reason.Filtered, "its row is for the hosted zone %s too, which isn't used", id)
		}
	}
	return reason.Reason{}
}

func (m Move) writeMarkers(ctx context.Context, s *state, tell func(string, ...any)) error {
	return m.send(ctx, s, tell, "wrote", func(p *place, name dnsname.Name) (change.Group, reason.Reason) {
		for _, o := range m.owned(s, p, name) {
			if _, marked := claim(p.markers, p, o.Set); !marked {
				return m.marking(s, p, name)
			}
		}
		return change.Group{}, reason.Reason{}
	})
}

func (m Move) removeMarkers(ctx context.Context, s *state, tell func(string, ...any)) error {
	return m.send(ctx, s, tell, "removed", func(p *place, name dnsname.Name) (change.Group, reason.Reason) { return m.unmarking(s, p, name) })
}

// send sends the groups that of makes for the names of each zone, in as few batches as fit.
func (m Move) send(ctx context.Context, s *state, tell func(string, ...any), did string, of func(*place, dnsname.Name) (change.Group, reason.Reason)) error {
	for _, p := range s.places {
		var groups []change.Group
		edited := make(map[record.Key]bool) // a marker may be of two names
		for name := range p.sets.Names() {
			g, why := of(p, name)
			if !why.None() || len(g.Changes) == 0 || repeats(g, edited) {
				continue
			}
			groups = append(groups, g)
		}
		batches, large := change.Pack(groups, p.provider.Describe().Limits)
		if len(large) > 0 {
			return fmt.Errorf("zone %s: the changes of %s don't fit into one call", p.Name, large[0].Name)
		}
		for _, b := range batches {
			if err := m.sendBatch(ctx, p, b); err != nil {
				return err
			}
			tell("%s the markers of %s in zone %s", did, report.Count(len(b.Groups), "name"), p.Name)
		}
	}
	return nil
}

func repeats(g change.Group, edited map[record.Key]bool) bool {
	for _, ch := range g.Changes {
		if edited[ch.Key()] {
			return true
		}
	}
	for _, ch := range g.Changes {
		edited[ch.Key()] = true
	}
	return false
}

// sendBatch sends one batch, with the journal before and after, and again where the service throttles.
func (m Move) sendBatch(ctx context.Context, p *place, b change.Batch) error {
	const tries = 8
	pause := time.Second
	for try := 1; ; try++ {
		err := m.sendOnce(ctx, p, b)
		if err == nil || provider.ClassOf(err) != provider.Throttled || try == tries {
			return err
		}
		select {
		case <-time.After(pause):
			pause *= 2
		case <-ctx.Done():
			return err
		}
	}
}

func (m Move) sendOnce(ctx context.Context, p *place, b change.Batch) error {
	const timeout = 30 * time.Second
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if m.Journal == nil {
		_, err := p.provider.Apply(ctx, p.Zone, b)
		return err
	}
	id, err := m.Journal.Begin(journal.Intent{Time: time.Now(), Zone: p.Key, ZoneName: p.Name, View: m.View, Batch: b})
	if err != nil {
		return err
	}
	receipt, err := p.provider.Apply(ctx, p.Zone, b)
	out := journal.Outcome{Time: time.Now(), State: journal.Applied, Receipt: string(receipt)}
	if err != nil {
		out.State, out.Err = journal.Refused, err.Error()
		if c := provider.ClassOf(err); c == provider.Uncertain || c == provider.Partial {
			out.State = journal.Uncertain
		}
	}
	return errors.Join(err, m.Journal.End(id, out))
}
