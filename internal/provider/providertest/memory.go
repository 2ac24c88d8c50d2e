// SPDX-License-Identifier: Apache-2.0

package providertest

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// MemoryName is what a Memory describes itself as, and the Provider of its zones' keys.
const MemoryName = "memory"

const defaultTTL = 300

// Calls counts the calls of a Memory, failed ones included.
type Calls struct{ Zones, Records, Names, Apply, InSync int }

// Memory is a provider that keeps its zones in memory. It keeps the whole contract: conditional, atomic writes and pages of
// whole names. It uses no clock, socket or goroutine, so that it works inside a synctest bubble. All its methods may be
// called at the same time; the exported fields are set before the first call.
type Memory struct {
	PageSize  int           // record sets a page holds at most, unless one name has more; 0: 300
	Limits    change.Limits // of one batch; none: those of Route 53
	SyncAfter int           // how often InSync says no for each receipt

	mu      sync.Mutex // guards what follows
	zones   map[string]*memoryZone
	calls   Calls
	asked   map[provider.Receipt]int
	applied int
}

type memoryZone struct {
	zone zone.Zone
	sets map[record.Key]record.Set
}

var (
	_ provider.Provider   = (*Memory)(nil)
	_ provider.NameReader = (*Memory)(nil)
	_ provider.Confirmer  = (*Memory)(nil)
)

// NewMemory returns a provider with empty zones. A zone without a provider in its key gets MemoryName.
func NewMemory(zones ...zone.Zone) *Memory {
	m := &Memory{zones: make(map[string]*memoryZone), asked: make(map[provider.Receipt]int)}
	for _, z := range zones {
		m.AddZone(z)
	}
	return m
}

// MemoryZone makes a zone for a Memory, with its name as its id.
func MemoryZone(name string) zone.Zone {
	return zone.Zone{Key: zone.Key{Provider: MemoryName, Account: "default", ID: name}, Name: dnsname.MustParse(name)}
}

// Describe implements provider.Provider.
func (m *Memory) Describe() provider.Description {
	limits := m.Limits
	if limits == (change.Limits{}) {
		limits = change.Limits{Changes: 1000, Values: 1000, Chars: 32000}
	}
	return provider.Description{
		Name: MemoryName, Limits: limits, Atomic: true,
		Types: []record.Type{record.A, record.AAAA, record.CAA, record.CNAME, record.MX, record.NAPTR, record.NS, record.PTR, record.SRV, record.TXT},
	}
}

// Desired implements provider.Provider: values in canonical form, 300 s where there is no TTL, and neither "alias" nor
// "record-type" among the properties. Every other property is kept.
func (m *Memory) Desired(s record.Set) ([]record.Set, error) {
	if !slices.Contains(m.Describe().Types, s.Type) {
		return nil, fmt.Errorf("store %s in memory: there is no such type", s.Key)
	}
	s.Props = slices.DeleteFunc(slices.Clone(s.Props), func(p record.Prop) bool { return p.Name == "alias" || p.Name == "record-type" })
	if len(s.Props) == 0 {
		s.Props = nil
	}
	if s.Alias != nil {
		return []record.Set{s}, nil
	}
	values, err := record.Canonical(s.Type, s.Values)
	if err != nil {
		return nil, fmt.Errorf("store %s in memory: %w", s.Key, err)
	}
	s.Values = values
	if s.TTL == 0 {
		s.TTL = defaultTTL
	}
	return []record.Set{s}, nil
}

// Zones implements provider.Provider, each zone with its count of record sets.
func (m *Memory) Zones(ctx context.Context) ([]zone.Zone, error) {
	defer m.enter(&m.calls.Zones)()
	if err := cancelled(ctx, "list the zones"); err != nil {
		return nil, err
	}
	out := make([]zone.Zone, 0, len(m.zones))
	for _, mz := range m.zones {
		z := mz.zone
		z.Records = len(mz.sets)
		out = append(out, z)
	}
	slices.SortFunc(out, zone.Compare)
	return out, nil
}

// Records implements provider.Provider. Its cursor is the name that the page starts at.
func (m *Memory) Records(ctx context.Context, z zone.Zone, c provider.Cursor) (provider.Page, error) {
	defer m.enter(&m.calls.Records)()
	mz, err := m.find(ctx, z)
	if err != nil {
		return provider.Page{}, err
	}
	sets := mz.sorted()
	from := dnsname.Name(c)
	sets = sets[lowerBound(sets, from):]
	size := m.PageSize
	if size <= 0 {
		size = 300
	}
	if len(sets) <= size {
		return provider.Page{Sets: sets, From: from}, nil
	}
	end := size
	for end > 0 && sets[end].Name == sets[end-1].Name {
		end--
	}
	for end == 0 || end < len(sets) && sets[end].Name == sets[end-1].Name {
		end++
	}
	if end == len(sets) {
		return provider.Page{Sets: sets, From: from}, nil
	}
	until := sets[end].Name
	return provider.Page{Sets: slices.Clip(sets[:end]), From: from, Until: until, Next: provider.Cursor(until)}, nil
}

// Names implements provider.NameReader.
func (m *Memory) Names(ctx context.Context, z zone.Zone, names []dnsname.Name) ([]record.Set, error) {
	defer m.enter(&m.calls.Names)()
	mz, err := m.find(ctx, z)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(mz.sorted(), func(s record.Set) bool { return !slices.Contains(names, s.Name) }), nil
}

// Apply implements provider.Provider.
func (m *Memory) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	defer m.enter(&m.calls.Apply)()
	mz, err := m.find(ctx, z)
	if err != nil {
		return "", err
	}
	next, err := mz.apply(b, m.Describe())
	if err != nil {
		return "", err
	}
	mz.sets = next
	m.applied++
	return provider.Receipt(strconv.Itoa(m.applied)), nil
}

// InSync implements provider.Confirmer.
func (m *Memory) InSync(ctx context.Context, r provider.Receipt) (bool, error) {
	defer m.enter(&m.calls.InSync)()
	if err := cancelled(ctx, "ask whether a change is in sync"); err != nil {
		return false, err
	}
	m.asked[r]++
	return m.asked[r] > m.SyncAfter, nil
}

// enter locks the memory and counts a call; what it returns unlocks.
func (m *Memory) enter(count *int) func() {
	m.mu.Lock()
	*count++
	return m.mu.Unlock
}

func (m *Memory) find(ctx context.Context, z zone.Zone) (*memoryZone, error) {
	if err := cancelled(ctx, "use zone "+z.ID); err != nil {
		return nil, err
	}
	mz, ok := m.zones[z.ID]
	if !ok {
		return nil, &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("use zone %s: there is no such zone", z.ID)}
	}
	return mz, nil
}

func cancelled(ctx context.Context, doing string) error {
	if err := ctx.Err(); err != nil {
		return &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("%s: %w", doing, err)}
	}
	return nil
}
