// SPDX-License-Identifier: Apache-2.0

package local

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/spelling"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// Apply implements provider.Provider. When it returns, questions are answered from the batch. There are no receipts.
func (p *Provider) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	changes := b.Changes()
	doing := fmt.Sprintf("change %s in zone %s", spelling.Count(len(changes), "record set"), z.ID)
	v, err := p.find(ctx, z, doing)
	if err != nil {
		return "", err
	}
	if err := p.check(v, b); err != nil {
		return "", provider.Doing(err, "", doing)
	}
	if err := p.served.db.Edit(z.ID, func(tx *zonedb.Tx) error { return edit(tx, changes) }); err != nil {
		return "", provider.Doing(err, "", doing)
	}
	return "", nil
}

// check refuses what isn't the loop's to change, and what Desired would have.
func (p *Provider) check(z *zonedb.Zone, b change.Batch) error {
	var all change.Group
	for _, c := range b.Changes() {
		all.Changes = append(all.Changes, c)
		k := c.Key()
		switch {
		case !k.Name.In(z.Name):
			return rejected(k, "%s isn't in the zone", k.Name)
		case !slices.Contains(writable[:], k.Type), k.ID != "", p.served.ours[k] && !c.Keeps():
			return rejected(k, "%s isn't a record set that may be changed", k)
		}
		if c.After == nil {
			continue
		}
		if want, err := p.Desired(*c.After); !c.Keeps() && (err != nil || !want[0].Equal(*c.After)) {
			return rejected(k, "%s isn't as it would be stored: %w", k, errors.Join(err, errOther))
		}
	}
	if !p.Describe().Limits.Fits(change.CostOf(all)) {
		return &provider.Error{Class: provider.Rejected, Err: fmt.Errorf("the batch of %d changes is over the limits", len(all.Changes))}
	}
	return nil
}

var errOther = errors.New("it has another spelling")

func rejected(k record.Key, format string, args ...any) *provider.Error {
	return &provider.Error{Class: provider.Rejected, Keys: []record.Key{k}, Err: fmt.Errorf(format, args...)}
}

// edit makes the changes, those that take away before those that add.
func edit(tx *zonedb.Tx, changes []change.Change) error {
	stale := takeAway(tx, changes)
	names := make(map[dnsname.Name]bool)
	for _, c := range changes {
		if c.After == nil || c.Keeps() {
			continue
		}
		if _, there := at(tx, c.After.Key); there {
			stale = append(stale, c.After.Key)
		}
		tx.Set(*c.After)
		names[c.After.Name] = true
	}
	if len(stale) > 0 {
		return &provider.Error{Class: provider.Stale, Keys: stale, Err: fmt.Errorf("%s isn't as it was read", stale[0])}
	}
	for _, n := range slices.SortedFunc(maps.Keys(names), dnsname.Name.Compare) {
		if err := alone(tx.At(n)); err != nil {
			return err
		}
	}
	return nil
}

// takeAway takes away what changes replace and delete, and returns what isn't there as they expect it.
func takeAway(tx *zonedb.Tx, changes []change.Change) (stale []record.Key) {
	for _, c := range changes {
		if c.Before == nil {
			continue
		}
		if now, there := at(tx, c.Before.Key); !there || !now.Equal(*c.Before) {
			stale = append(stale, c.Before.Key)
		}
		if !c.Keeps() {
			tx.Delete(c.Before.Key)
		}
	}
	return stale
}

func at(tx *zonedb.Tx, k record.Key) (record.Set, bool) {
	for _, s := range tx.At(k.Name) {
		if s.Key == k {
			return s, true
		}
	}
	return record.Set{}, false
}

// alone refuses a CNAME beside anything else (RFC 1034 section 3.6.2).
func alone(sets []record.Set) error {
	i := slices.IndexFunc(sets, func(s record.Set) bool { return s.Type == record.CNAME })
	if i < 0 || len(sets) == 1 {
		return nil
	}
	return rejected(sets[i].Key, "%s has a CNAME, which can't stand beside anything else", sets[i].Name)
}
