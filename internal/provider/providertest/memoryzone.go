// SPDX-License-Identifier: Apache-2.0

package providertest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sort"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// AddZone adds an empty zone, as if someone made it at the service.
func (m *Memory) AddZone(z zone.Zone) {
	m.mu.Lock()
	defer m.mu.Unlock()
	z.Provider = cmp.Or(z.Provider, MemoryName)
	m.zones[z.ID] = &memoryZone{zone: z, sets: make(map[record.Key]record.Set)}
}

// RemoveZone removes a zone with its record sets, as if someone removed it at the service.
func (m *Memory) RemoveZone(id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.zones, id)
}

// Put adds or replaces record sets unconditionally, as if someone else did it at the service. It isn't counted as a call
// and panics for a zone that isn't there.
func (m *Memory) Put(id string, sets ...record.Set) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range sets {
		m.zones[id].sets[s.Key] = s
	}
}

// Remove removes record sets unconditionally, as Put adds them.
func (m *Memory) Remove(id string, keys ...record.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range keys {
		delete(m.zones[id].sets, k)
	}
}

// Sets returns what a zone holds, sorted, without counting a call.
func (m *Memory) Sets(id string) []record.Set {
	m.mu.Lock()
	defer m.mu.Unlock()
	if mz, ok := m.zones[id]; ok {
		return mz.sorted()
	}
	return nil
}

// Calls returns how often each method was called.
func (m *Memory) Calls() Calls {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

func (mz *memoryZone) sorted() []record.Set {
	return slices.SortedFunc(maps.Values(mz.sets), record.Compare)
}

// lowerBound is the index of the first set whose name isn't before from.
func lowerBound(sets []record.Set, from dnsname.Name) int {
	if from == "" {
		return 0
	}
	return sort.Search(len(sets), func(i int) bool { return sets[i].Name.Compare(from) >= 0 })
}

// apply returns what the zone would hold after a batch, deletes before creates, or why it is refused.
func (mz *memoryZone) apply(b change.Batch, d provider.Description) (map[record.Key]record.Set, error) {
	if err := mz.admit(b, d); err != nil {
		return nil, err
	}
	next := maps.Clone(mz.sets)
	var stale []record.Key
	touched := make(map[dnsname.Name]bool)
	for _, c := range b.Changes() {
		touched[c.Key().Name] = true
		if c.Before == nil {
			continue
		}
		if old, ok := next[c.Before.Key]; !ok || !old.Equal(*c.Before) {
			stale = append(stale, c.Before.Key)
		}
		delete(next, c.Before.Key)
	}
	for _, c := range b.Changes() {
		if c.After == nil {
			continue
		}
		if _, there := next[c.After.Key]; there {
			stale = append(stale, c.After.Key)
		}
		next[c.After.Key] = *c.After
	}
	if len(stale) > 0 {
		return nil, &provider.Error{Class: provider.Stale, Keys: stale, Err: fmt.Errorf("change %s: %v isn't as it was read", mz.zone.Name, stale)}
	}
	return next, coexist(next, touched)
}

func (mz *memoryZone) admit(b change.Batch, d provider.Description) error {
	var all change.Group
	for _, c := range b.Changes() {
		all.Changes = append(all.Changes, c)
		if !c.Key().Name.In(mz.zone.Name) {
			return rejected(c.Key(), "it is outside the zone")
		}
		if c.After != nil && !slices.Contains(d.Types, c.After.Type) {
			return rejected(c.Key(), "there is no such type")
		}
		if c.After != nil && c.After.Alias == nil && len(c.After.Values) == 0 {
			return rejected(c.Key(), "it has no values")
		}
	}
	if !d.Limits.Fits(change.CostOf(all)) {
		return &provider.Error{Class: provider.Rejected, Err: fmt.Errorf("change %s: the batch is over the limits", mz.zone.Name)}
	}
	return nil
}

// coexist checks what may share a name: a CNAME only other CNAMEs with set identifiers (RFC 1034 section 3.6.2), and a set with an identifier only others with one.
func coexist(sets map[record.Key]record.Set, touched map[dnsname.Name]bool) error {
	byName := make(map[dnsname.Name][]record.Key)
	for k := range sets {
		if touched[k.Name] {
			byName[k.Name] = append(byName[k.Name], k)
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(byName), dnsname.Name.Compare) {
		keys := slices.SortedFunc(slices.Values(byName[name]), record.Key.Compare)
		for i, k := range keys[1:] {
			first := keys[i]
			if k.Type != first.Type && (k.Type == record.CNAME || first.Type == record.CNAME) {
				return rejected(k, "a CNAME shares its name with nothing else")
			}
			if k.Type == first.Type && first.ID == "" {
				return rejected(k, "the same name and type is there without a set identifier")
			}
		}
	}
	return nil
}

func rejected(k record.Key, why string) error {
	return &provider.Error{Class: provider.Rejected, Keys: []record.Key{k}, Err: fmt.Errorf("change %s: %s", k, why)}
}
