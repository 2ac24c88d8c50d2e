// SPDX-License-Identifier: Apache-2.0

package providertest

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// batches are the cases of what one call carries and on which condition.
func batches() []kase {
	return []kase{
		{name: "as many changes as a batch may have", test: func(b *bench) {
			b.limit(b.Provider.Describe().Limits.Changes, func(n int) []record.Set { return b.many(n) })
		}},
		{name: "as many values as a batch may have", test: func(b *bench) {
			b.limit(b.Provider.Describe().Limits.Values, b.valued)
		}},
		{name: "as many characters as a batch may have", test: func(b *bench) {
			b.limit(b.Provider.Describe().Limits.Chars, b.lettered)
		}},
		{name: "a refused batch changes nothing", test: refused, able: atomic},
		{name: "delete of something gone", test: func(b *bench) {
			ghost := b.desired(b.set("ghost", record.A, "192.0.2.1"))
			b.stale(between(ghost, nil), ghost[0].Key)
			b.holds(nil)
		}},
		{name: "delete of something else", test: func(b *bench) {
			there := b.store(b.set("www", record.A, "192.0.2.1"))
			b.stale(between(b.desired(b.set("www", record.A, "192.0.2.2")), nil), there[0].Key)
			b.holds(there)
		}},
		{name: "create of something there", test: func(b *bench) {
			there := b.store(b.set("www", record.A, "192.0.2.1"))
			b.stale(between(nil, b.desired(b.set("www", record.A, "192.0.2.2"))), there[0].Key)
			b.stale(between(nil, there), there[0].Key)
			b.holds(there)
		}},
		{name: "update of something else", test: func(b *bench) {
			there := b.store(b.set("www", record.A, "192.0.2.1"))
			for _, wrong := range []record.Set{b.set("www", record.A, "192.0.2.3"), ttl(b.set("www", record.A, "192.0.2.1"), 61)} {
				b.stale(between(b.desired(wrong), b.desired(b.set("www", record.A, "192.0.2.2"))), there[0].Key)
			}
			b.holds(there)
		}},
		{name: "apply twice", test: func(b *bench) {
			b.store(b.set("old", record.A, "192.0.2.1"), b.set("www", record.A, "192.0.2.1"))
			want := b.desired(b.set("new", record.A, "192.0.2.1"), b.set("www", record.A, "192.0.2.2"))
			batch := between(b.read(b.Zone), want)
			b.apply(batch)
			_ = b.refuses(batch, provider.Stale)
			b.holds(want)
		}},
		{name: "parallel applies to two zones", test: parallel, able: twoZones},
	}
}

func ttl(s record.Set, seconds uint32) record.Set {
	s.TTL = seconds
	return s
}

// stale sends a batch whose condition doesn't hold; where the service names the record sets, it has to name the right ones.
func (b *bench) stale(batch change.Batch, want record.Key) {
	b.Helper()
	e := b.refuses(batch, provider.Stale)
	if len(e.Keys) > 0 && !slices.Contains(e.Keys, want) {
		b.Errorf("%v are blamed, not %s", e.Keys, want)
	}
}

// limit sends a batch at a limit, and one just over it, which has to be refused whole.
func (b *bench) limit(n int, make func(n int) []record.Set) {
	b.Helper()
	if n <= 0 {
		b.Logf("not run: there is no such limit")
		return
	}
	_ = b.refuses(between(nil, make(n+1)), provider.Rejected)
	b.holds(nil)
	at := make(n)
	b.apply(between(nil, at))
	b.holds(at)
}

// many makes sets of one value.
func (b *bench) many(n int) []record.Set {
	var out []record.Set
	for i := range n {
		out = append(out, b.set(fmt.Sprintf("n%04d", i), record.A, "192.0.2.1"))
	}
	return b.desired(out...)
}

// valued makes sets with n values together, a hundred each.
func (b *bench) valued(n int) []record.Set {
	var out []record.Set
	for i := 0; n > 0; i++ {
		var values []string
		for j := range min(n, 100) {
			values = append(values, fmt.Sprintf("198.51.100.%d", j))
		}
		n -= len(values)
		out = append(out, b.set(fmt.Sprintf("v%04d", i), record.A, values...))
	}
	return b.desired(out...)
}

// lettered makes sets whose values have n characters together, quotes included.
func (b *bench) lettered(n int) []record.Set {
	var out []record.Set
	for i := 0; n > 0; i++ {
		size := min(n, 200)
		if n-size > 0 && n-size < 3 {
			size -= 3
		}
		n -= size
		out = append(out, b.set(fmt.Sprintf("t%04d", i), record.TXT, strings.Repeat("x", size-2)))
	}
	return b.desired(out...)
}

// refused sends good changes together with one that DNS forbids.
func refused(b *bench) {
	there := b.store(b.set("www", record.A, "192.0.2.1"), b.set("old", record.A, "192.0.2.1"))
	bad := b.desired(b.set("www", record.CNAME, "other.example.com"))[0]
	good := b.desired(b.set("good", record.A, "192.0.2.1"))[0]
	batch := change.Batch{Groups: []change.Group{
		{Name: good.Name, Changes: []change.Change{{After: &good}}},
		{Name: bad.Name, Changes: []change.Change{{After: &bad}}},
	}}
	e := b.refuses(batch, provider.Rejected)
	if len(e.Keys) > 0 && !slices.Contains(e.Keys, bad.Key) || slices.Contains(e.Keys, good.Key) {
		b.Errorf("%v are blamed, not %s", e.Keys, bad.Key)
	}
	b.holds(there)
	out := good
	out.Name = dnsname.MustParse("www.elsewhere.invalid")
	_ = b.refuses(between(nil, []record.Set{good, out}), provider.Rejected)
	b.holds(there)
}

func parallel(b *bench) {
	var wait sync.WaitGroup
	for _, z := range []zone.Zone{b.Zone, b.Other} {
		wait.Go(func() {
			mine := &bench{T: b.T, Target: Target{Provider: b.Provider, Zone: z, Secrets: b.Secrets}}
			for i := range 20 {
				sets, err := b.Provider.Desired(mine.set(fmt.Sprintf("n%d", i), record.A, "192.0.2.1"))
				if err == nil {
					_, err = b.Provider.Apply(b.Context(), z, between(nil, sets))
				}
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	wait.Wait()
	for _, z := range []zone.Zone{b.Zone, b.Other} {
		if got := b.read(z); len(got) != 20 {
			b.Errorf("%s holds %d record sets, want 20", z.Name, len(got))
		}
	}
}
