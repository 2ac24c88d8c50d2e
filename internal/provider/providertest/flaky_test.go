// SPDX-License-Identifier: Apache-2.0

package providertest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

var errDown = errors.New("down")

// create makes an A set at a name.
func create(name string) change.Batch {
	s := record.Set{Key: record.Key{Name: dnsname.MustParse(name), Type: record.A}, TTL: 60, Values: []string{"192.0.2.1"}}
	return change.Batch{Groups: []change.Group{{Name: s.Name, Changes: []change.Change{{After: &s}}}}}
}

func TestFaults(t *testing.T) {
	z := providertest.MemoryZone("example.com")
	m := providertest.NewMemory(z)
	f := providertest.NewFlaky(m)
	call := func(op providertest.Op) error {
		var err error
		switch op {
		case providertest.OpZones:
			_, err = f.Zones(t.Context())
		case providertest.OpRecords:
			_, err = f.Records(t.Context(), z, "")
		case providertest.OpNames:
			_, err = f.Names(t.Context(), z, nil)
		case providertest.OpInSync:
			_, err = f.InSync(t.Context(), "1")
		}
		return err
	}
	for _, op := range []providertest.Op{providertest.OpZones, providertest.OpRecords, providertest.OpNames, providertest.OpInSync} {
		f.Fail(op, providertest.Fails(provider.Throttled, errDown), providertest.Fault{Err: errDown, Times: 2})
		for i, want := range []bool{true, true, true, false} {
			if err := call(op); (err != nil) != want {
				t.Errorf("call %d of %s: %v", i, op, err)
			}
		}
		f.Fail(op, providertest.Fault{Err: errDown, Times: -1})
		for range 5 {
			if call(op) == nil {
				t.Errorf("%s doesn't fail for ever", op)
			}
		}
		f.Heal(op)
		if err := call(op); err != nil {
			t.Errorf("%s isn't healed: %v", op, err)
		}
	}
	if c := m.Calls(); c.Zones != 2 || c.Records != 2 {
		t.Errorf("failed calls reach the provider: %+v", c)
	}
}

func TestLateAndWhen(t *testing.T) {
	z, other := providertest.MemoryZone("example.com"), providertest.MemoryZone("example.net")
	m := providertest.NewMemory(z, other)
	f := providertest.NewFlaky(m)
	lost := providertest.Fails(provider.Uncertain, errDown)
	lost.Late = true
	lost.When = func(z zone.Zone, b change.Batch) bool { return z.Name == other.Name && len(b.Changes()) == 1 }
	f.Fail(providertest.OpApply, lost)
	if _, err := f.Apply(t.Context(), z, create("example.com")); err != nil {
		t.Errorf("the wrong zone is hit: %v", err)
	}
	if _, err := f.Apply(t.Context(), other, create("example.net")); provider.ClassOf(err) != provider.Uncertain {
		t.Errorf("the answer isn't lost: %v", err)
	}
	if got := m.Sets(other.ID); len(got) != 1 {
		t.Errorf("the change isn't made: %v", got)
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := providertest.NewFlaky(providertest.NewMemory(providertest.MemoryZone("example.com")))
		f.Fail(providertest.OpZones, providertest.Fault{Delay: time.Minute, Times: 2})
		start := time.Now()
		if _, err := f.Zones(t.Context()); err != nil || time.Since(start) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := f.Zones(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}

func TestBehindTheProvidersBack(t *testing.T) {
	m := providertest.NewMemory(providertest.MemoryZone("example.com"))
	s := *create("example.com").Changes()[0].After
	m.Put("example.com", s)
	if got := m.Sets("example.com"); len(got) != 1 || !got[0].Equal(s) {
		t.Errorf("%v", got)
	}
	m.Remove("example.com", s.Key)
	if got := m.Sets("example.com"); len(got) != 0 {
		t.Errorf("%v", got)
	}
	m.RemoveZone("example.com")
	if zones, err := m.Zones(t.Context()); err != nil || len(zones) != 0 {
		t.Errorf("%v, %v", zones, err)
	}
	if m.Calls() != (providertest.Calls{Zones: 1}) {
		t.Errorf("%+v", m.Calls())
	}
}
