// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
)

// UndoRequest says what to undo: exactly one field is set.
type UndoRequest struct {
	Entries []journal.ID
	Since   time.Time    // every entry at or after it
	Name    dnsname.Name // the last entry that changed it, and of that entry only what concerns the name
}

// Undoing is what an undo does, name by name.
type Undoing struct {
	Entries []journal.ID // what is undone, rising; none of those that did nothing
	Names   []UndoneName // sorted by zone and name
	Hash    string       // Undo does exactly this
	Damage  string       // what of the journal can't be read; it may have changed the same record sets. Empty: nothing
}

// UndoneName is what becomes of one name.
type UndoneName struct {
	Zone      zone.Zone
	Name      dnsname.Name
	Changes   []change.Change   // what would be sent, markers included; none: see Decisions, or it is so already
	Decisions []change.Decision // what stands in the way, or is to be known
	Later     []journal.ID      // entries that changed the same record sets since, and aren't undone; their changes go too
}

// Errors of an undo.
var (
	// ErrNothingToUndo means that no entry answers the request, or that all of them did nothing.
	ErrNothingToUndo = errors.New("the journal has nothing to undo")
	// ErrNotRead means that what is there isn't known yet, or not any more.
	ErrNotRead = errors.New("not every object and zone has been read yet: try again in a moment")
	// ErrManyUndone means that no more names can stay undone at a time.
	ErrManyUndone = errors.New("too many names would be undone at a time: undo fewer, or change the objects instead")
)

// PlanUndo tells what Undo would do. It changes nothing.
func (l *Loop) PlanUndo(ctx context.Context, r UndoRequest) (out Undoing, err error) {
	task, err := readUndo(l.config.Journal, r)
	if err != nil {
		return Undoing{}, err
	}
	var failed error
	err = l.ask(ctx, func(c *core) { out, failed = c.showUndo(task) })
	return out, errors.Join(err, failed)
}

// Undo brings names back to what they were, if that is still what PlanUndo gave the hash for; else the error is guard.ErrOtherPlan. It
// returns what will be done, once that would outlive a restart: it goes the way of every change, with its grace and its brake, and is
// in the journal as one. Until their objects ask for something else the names stay so.
func (l *Loop) Undo(ctx context.Context, r UndoRequest, hash string) (out Undoing, err error) {
	task, err := readUndo(l.config.Journal, r)
	if err != nil {
		return Undoing{}, err
	}
	var failed error
	var save func(context.Context) error
	err = l.ask(ctx, func(c *core) {
		if out, failed = c.enterUndo(task, hash); failed == nil {
			save = c.keepUndone()
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return Undoing{}, err
	}
	return out, save(ctx)
}

// UndoOnce is Undo without a running loop, in place of Run: it reads every object and zone once, undoes, sends what that takes and
// nothing else, and returns. With an empty hash it is PlanUndo.
func (l *Loop) UndoOnce(ctx context.Context, r UndoRequest, hash string) (Undoing, error) {
	task, err := readUndo(l.config.Journal, r)
	if err != nil {
		return Undoing{}, err
	}
	order := &undoOrder{task: task, hash: hash}
	err = l.run(ctx, order)
	if err == nil {
		err = ctx.Err()
	}
	if order.save != nil {
		err = errors.Join(err, order.save(ctx))
	}
	return order.out, errors.Join(order.err, err)
}

// undoTask is a request with what the journal has for it.
type undoTask struct {
	entries  []journal.ID
	restores []journal.Restore
	damage   string
}

// readUndo reads the journal: for a long one that takes a while, so it isn't done on the loop's goroutine.
func readUndo(j *journal.Journal, r UndoRequest) (undoTask, error) {
	if j == nil {
		return undoTask{}, ErrNothingToUndo
	}
	ids, err := r.choose(j)
	if err != nil {
		return undoTask{}, err
	}
	task := undoTask{entries: ids}
	task.restores, err = j.Inverse(ids...)
	if _, damaged := errors.AsType[*journal.Damage](err); err != nil && (!damaged || task.restores == nil) {
		return undoTask{}, err
	}
	task.damage = text(err)
	if r.Name != "" {
		task.only(r.Name)
	}
	if len(task.restores) == 0 {
		return undoTask{}, fmt.Errorf("%w: what was changed is back already", ErrNothingToUndo)
	}
	return task, nil
}

func (r UndoRequest) check() error {
	given := 0
	for _, is := range []bool{len(r.Entries) > 0, !r.Since.IsZero(), r.Name != ""} {
		if is {
			given++
		}
	}
	if given != 1 {
		return errors.New("undo: name entries, a time or a name, and only one of them")
	}
	return nil
}

// choose finds the entries that a request means, rising, without those that did nothing.
func (r UndoRequest) choose(j *journal.Journal) ([]journal.ID, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	f := journal.Filter{IDs: r.Entries, Since: r.Since, Name: r.Name}
	var ids []journal.ID
	refused := make(map[journal.ID]bool)
	for e, err := range j.Entries(f) {
		if err != nil {
			continue // Inverse tells it, where it matters
		}
		if e.Outcome.State == journal.Refused {
			refused[e.ID] = true
			continue
		}
		ids = append(ids, e.ID)
		if r.Name != "" {
			break
		}
	}
	for _, id := range r.Entries {
		if !slices.Contains(ids, id) && !refused[id] {
			return nil, fmt.Errorf("undo entry %s: the journal doesn't have it, or no longer", id)
		}
	}
	if len(ids) == 0 {
		return nil, ErrNothingToUndo
	}
	slices.Sort(ids)
	return ids, nil
}

// only leaves what concerns one name: an entry has the changes of all names that were sent together.
func (t *undoTask) only(n dnsname.Name) {
	var out []journal.Restore
	for _, r := range t.restores {
		one := journal.Restore{Zone: r.Zone, ZoneName: r.ZoneName}
		for i, g := range r.Groups {
			if g.Name == n || slices.ContainsFunc(g.Changes, func(ch change.Change) bool { return ch.Key().Name == n }) {
				one.Groups, one.Later = append(one.Groups, g), append(one.Later, r.Later[i])
			}
		}
		if len(one.Groups) > 0 {
			out = append(out, one)
		}
	}
	t.restores = out
}

// sum is the hash of an undo: of the names, and of what would be sent for each.
func (u Undoing) sum() string {
	h := sha256.New()
	for _, n := range u.Names {
		fmt.Fprintf(h, "%q %q %q %q %s\n", n.Zone.Provider, n.Zone.Account, n.Zone.ID, n.Name, guard.Hash(n.Zone.Key, n.Changes))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
