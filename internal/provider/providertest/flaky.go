// SPDX-License-Identifier: Apache-2.0

package providertest

import (
	"context"
	"slices"
	"sync"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// Op is a method of a provider that can be made to fail.
type Op string

// The operations.
const (
	OpZones   Op = "zones"
	OpRecords Op = "records"
	OpNames   Op = "names"
	OpApply   Op = "apply"
	OpInSync  Op = "insync"
)

// Fault is one thing that goes wrong.
type Fault struct {
	Err   error
	Late  bool          // the call is made first, and its answer lost: Err should then be Uncertain
	Delay time.Duration // before the call is made or refused; a cancelled context ends it
	Times int           // how many calls it hits: 0 is one, below 0 every one
	// When, where set, picks the calls that it hits: by zone (empty for zones and insync) and, for apply, by batch.
	When func(zone.Zone, change.Batch) bool
}

// Full is a provider with every optional power.
type Full interface {
	provider.Provider
	provider.NameReader
	provider.Confirmer
}

// Flaky makes calls of a provider fail by script. Its methods may be called at the same time.
type Flaky struct {
	Full
	mu     sync.Mutex // guards faults
	faults map[Op][]Fault
}

// NewFlaky wraps a provider. Without a script it changes nothing.
func NewFlaky(p Full) *Flaky { return &Flaky{Full: p, faults: make(map[Op][]Fault)} }

// Fail adds faults to an operation. Each call is hit by the first fault left that matches it.
func (f *Flaky) Fail(op Op, faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[op] = append(f.faults[op], faults...)
}

// Heal removes every fault of an operation.
func (f *Flaky) Heal(op Op) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.faults, op)
}

// Fails makes a fault of a class that hits one call.
func Fails(c provider.Class, cause error, keys ...record.Key) Fault {
	return Fault{Err: &provider.Error{Class: c, Err: cause, Keys: keys}}
}

// take returns the fault that hits a call, and counts it down.
func (f *Flaky) take(op Op, z zone.Zone, b change.Batch) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fault := range f.faults[op] {
		if fault.When != nil && !fault.When(z, b) {
			continue
		}
		switch {
		case fault.Times > 1:
			f.faults[op][i].Times--
		case fault.Times >= 0:
			f.faults[op] = slices.Delete(slices.Clone(f.faults[op]), i, i+1)
		}
		return fault
	}
	return Fault{}
}

func flaky[T any](ctx context.Context, fault Fault, call func() (T, error)) (T, error) {
	var none T
	if fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-ctx.Done():
			return none, cancelled(ctx, "wait for an answer")
		}
	}
	if fault.Err != nil && !fault.Late {
		return none, fault.Err
	}
	out, err := call()
	if err == nil && fault.Err != nil {
		return none, fault.Err
	}
	return out, err
}

// Zones implements provider.Provider.
func (f *Flaky) Zones(ctx context.Context) ([]zone.Zone, error) {
	fault := f.take(OpZones, zone.Zone{}, change.Batch{})
	return flaky(ctx, fault, func() ([]zone.Zone, error) { return f.Full.Zones(ctx) })
}

// Records implements provider.Provider.
func (f *Flaky) Records(ctx context.Context, z zone.Zone, c provider.Cursor) (provider.Page, error) {
	fault := f.take(OpRecords, z, change.Batch{})
	return flaky(ctx, fault, func() (provider.Page, error) { return f.Full.Records(ctx, z, c) })
}

// Names implements provider.NameReader.
func (f *Flaky) Names(ctx context.Context, z zone.Zone, names []dnsname.Name) ([]record.Set, error) {
	fault := f.take(OpNames, z, change.Batch{})
	return flaky(ctx, fault, func() ([]record.Set, error) { return f.Full.Names(ctx, z, names) })
}

// Apply implements provider.Provider.
func (f *Flaky) Apply(ctx context.Context, z zone.Zone, b change.Batch) (provider.Receipt, error) {
	fault := f.take(OpApply, z, b)
	return flaky(ctx, fault, func() (provider.Receipt, error) { return f.Full.Apply(ctx, z, b) })
}

// InSync implements provider.Confirmer.
func (f *Flaky) InSync(ctx context.Context, r provider.Receipt) (bool, error) {
	fault := f.take(OpInSync, zone.Zone{}, change.Batch{})
	return flaky(ctx, fault, func() (bool, error) { return f.Full.InSync(ctx, r) })
}
