// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/zone"
)

// Keeper keeps what must outlive the process: what the brakes have spent, and which names a person has undone. The bytes are the
// loop's own; they are at most MaxKeptBytes. Neither method is called by several goroutines at once.
type Keeper interface {
	// Load returns what was saved last, by this process or the one before it; nothing where nothing was.
	Load(ctx context.Context) ([]byte, error)
	// Save returns once the bytes are safe. Where it fails, deletes wait until it doesn't.
	Save(ctx context.Context, state []byte) error
}

// MaxKeptBytes bounds what a Keeper is given: annotations of an object, which one Keeper uses, hold 256 KiB in all.
const MaxKeptBytes = 200 << 10

// keepTimeout bounds one call of a Keeper.
const keepTimeout = 10 * time.Second

// kept is the text of what is kept.
type kept struct {
	Zones  map[string]json.RawMessage `json:"zones,omitempty"`  // guard.State by zone
	Undone json.RawMessage            `json:"undone,omitempty"` // overrides
}

// keeping is what the loop knows of what is kept.
type keeping struct {
	loaded bool
	zones  map[string]guard.State // as loaded
	edits  uint64                 // how often what is to be kept has changed
	safe   uint64                 // the edit up to which it is kept
	last   chan uint64            // the edit that was saved last; who has taken it out may save
	unkept unkept
}

func newKeeping() keeping {
	out := keeping{last: make(chan uint64, 1)}
	out.last <- 0
	return out
}

func keptAs(k zone.Key) string { return fmt.Sprintf("%s/%s/%s", k.Provider, k.Account, k.ID) }

// of returns what was kept of a zone's guard; nil: nothing.
func (k *keeping) of(key zone.Key) *guard.State {
	if s, ok := k.zones[keptAs(key)]; ok {
		return &s
	}
	return nil
}

// loadKept reads what is kept, before anything is planned in a term: another process may have been at work since. What can't be
// read is as if nothing had been kept, which is careful.
func (c *core) loadKept() {
	c.keeping.zones, c.keeping.loaded = nil, c.Keeper == nil
	if c.Keeper == nil {
		return
	}
	term := c.turn.term
	c.group.Go(func() error {
		data, err := c.load()
		select {
		case c.tell <- func(c *core) {
			if c.turn.term == term {
				c.restore(data, err)
			}
		}:
		case <-c.ended:
		}
		return nil
	})
}

// load reads what is kept, in a few tries.
func (c *core) load() (data []byte, err error) {
	back := backoff{}
	for range onceTries {
		call, cancel := context.WithTimeout(c.ctx, keepTimeout)
		data, err = c.Keeper.Load(call)
		cancel()
		if err == nil {
			break
		}
		select {
		case <-time.After(back.next(longestOutage, c.Jitter)):
		case <-c.ctx.Done():
			return nil, c.ctx.Err()
		}
	}
	return data, err
}

// restore enters what was kept.
func (c *core) restore(data []byte, err error) {
	var zones map[string]guard.State
	var undone json.RawMessage
	if err == nil {
		zones, undone, err = decodeKept(data)
	}
	if err == nil {
		err = c.byHand.restore(undone)
	}
	if err != nil {
		c.Observe(KeepFailed{Err: err})
	}
	c.keeping.zones, c.keeping.loaded = zones, true
}

// decodeKept reads what encodeKept wrote. Nothing is taken where a part is wrong.
func decodeKept(data []byte) (map[string]guard.State, json.RawMessage, error) {
	if len(data) == 0 {
		return nil, nil, nil
	}
	if len(data) > MaxKeptBytes {
		return nil, nil, fmt.Errorf("read what was kept: %d bytes are more than %d", len(data), MaxKeptBytes)
	}
	var k kept
	if err := json.Unmarshal(data, &k); err != nil {
		return nil, nil, fmt.Errorf("read what was kept: %w", err)
	}
	zones := make(map[string]guard.State, len(k.Zones))
	for _, key := range slices.Sorted(maps.Keys(k.Zones)) {
		s, err := guard.DecodeState(k.Zones[key])
		if err != nil {
			return nil, nil, fmt.Errorf("zone %s: %w", key, err)
		}
		zones[key] = s
	}
	return zones, k.Undone, nil
}

// encodeKept writes states, at most MaxKeptBytes of them. Zones that have no room, the longest first, are as those that were never
// kept.
func encodeKept(zones map[string]guard.State, undone json.RawMessage) []byte {
	k := kept{Zones: make(map[string]json.RawMessage, len(zones)), Undone: undone}
	for key, s := range zones {
		k.Zones[key] = s.Encode()
	}
	bySize := slices.SortedFunc(maps.Keys(k.Zones), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(k.Zones[b]), len(k.Zones[a])), cmp.Compare(a, b))
	})
	for {
		data, err := json.Marshal(k)
		if err != nil {
			panic(err) // what Encode gives is JSON
		}
		if len(data) <= MaxKeptBytes || len(bySize) == 0 {
			return data
		}
		drop := len(bySize)/10 + 1
		for _, key := range bySize[:drop] {
			delete(k.Zones, key)
		}
		bySize = bySize[drop:]
	}
}

// snapshot is what is to be kept now.
func (c *core) snapshot() []byte {
	zones := maps.Clone(c.keeping.zones)
	if zones == nil {
		zones = make(map[string]guard.State)
	}
	for key, z := range c.zones {
		if z.guard != nil {
			zones[keptAs(key)] = z.guard.State()
		}
	}
	return encodeKept(zones, c.byHand.export())
}

// spend enters a batch that is about to be sent and returns what makes that safe; nil: nothing has to be done for it, or it is known to fail and the batch
// goes without.
func (c *core) spend(z *zoneState, b change.Batch, now time.Time) (edit uint64, save func(context.Context) error) {
	for _, g := range b.Groups {
		if z.guard.Sent(now, guard.Of(g)) {
			c.keeping.edits++
		}
	}
	if c.Keeper == nil || c.DryRun || c.keeping.edits == c.keeping.safe || c.keeping.unkept.failing && !takes(b) {
		return 0, nil
	}
	return c.keeping.edits, c.keeping.save(c.Keeper, c.snapshot(), c.keeping.edits)
}

// save returns what saves a state, unless a later one, which has this one in it, was saved before.
func (k *keeping) save(keeper Keeper, state []byte, edit uint64) func(context.Context) error {
	turn := k.last
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, keepTimeout)
		defer cancel()
		var last uint64
		select {
		case last = <-turn:
		case <-ctx.Done():
			return fmt.Errorf("wait to save what must outlive the process: %w", ctx.Err())
		}
		defer func() { turn <- last }()
		if last >= edit {
			return nil
		}
		if err := keeper.Save(ctx, state); err != nil {
			return fmt.Errorf("save what must outlive the process, without which nothing is deleted: %w", err)
		}
		last = edit
		return nil
	}
}
