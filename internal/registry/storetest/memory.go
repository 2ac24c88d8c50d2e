// SPDX-License-Identifier: Apache-2.0

// Package storetest tests stores of claims: a suite that each store passes, and a store in memory for tests of those who use one.
package storetest

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/registry"
)

// Memory is a store in memory. It may be used from several goroutines.
type Memory struct {
	mu    sync.Mutex
	rows  map[record.Key]registry.Row
	calls int
	fail  func(op string, k record.Key) error
	lose  func(k record.Key) error
	turn  chan struct{} // one call of fail at a time; it isn't a mutex, for the clock of a bubble stands still while one is waited for
}

var _ registry.Store = (*Memory)(nil)

// NewMemory returns a store with some rows.
func NewMemory(all ...registry.Row) *Memory {
	m := &Memory{rows: make(map[record.Key]registry.Row), turn: make(chan struct{}, 1)}
	for _, r := range all {
		m.rows[r.Key] = r
	}
	return m
}

// Fail makes f decide which calls fail without doing anything: "load", "get" and "swap". It is called by one at a time, and may
// wait. Nil: none does.
func (m *Memory) Fail(f func(op string, k record.Key) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = f
}

// Lose makes f decide which swaps are made, and then fail because their answer is lost. Nil: none is.
func (m *Memory) Lose(f func(k record.Key) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lose = f
}

// Calls is how many calls were made.
func (m *Memory) Calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.calls
}

// Put makes a row what somebody else wants it to be.
func (m *Memory) Put(r registry.Row) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rows[r.Key] = r
}

// Remove removes a row as somebody else does.
func (m *Memory) Remove(k record.Key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.rows, k)
}

// Rows lists what the store holds, sorted by key.
func (m *Memory) Rows() []registry.Row {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.sorted()
}

func (m *Memory) sorted() []registry.Row {
	out := make([]registry.Row, 0, len(m.rows))
	for _, r := range m.rows {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b registry.Row) int { return a.Key.Compare(b.Key) })
	return out
}

// begin holds the lock until the returned function is called.
func (m *Memory) begin(ctx context.Context, op string, k record.Key) (func(), error) {
	m.mu.Lock()
	m.calls++
	fail := m.fail
	m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := m.ask(fail, op, k); err != nil {
		return nil, err
	}
	m.mu.Lock()
	return m.mu.Unlock, nil
}

// ask asks whether a call fails; that may wait, or panic.
func (m *Memory) ask(fail func(string, record.Key) error, op string, k record.Key) error {
	if fail == nil {
		return nil
	}
	m.turn <- struct{}{}
	defer func() { <-m.turn }()
	return fail(op, k)
}

// Load implements registry.Store.
func (m *Memory) Load(ctx context.Context) ([]registry.Row, error) {
	end, err := m.begin(ctx, "load", record.Key{})
	if err != nil {
		return nil, err
	}
	defer end()
	return m.sorted(), nil
}

// Get implements registry.Store.
func (m *Memory) Get(ctx context.Context, k record.Key) (*registry.Row, error) {
	end, err := m.begin(ctx, "get", k)
	if err != nil {
		return nil, err
	}
	defer end()
	return m.at(k), nil
}

func (m *Memory) at(k record.Key) *registry.Row {
	if r, ok := m.rows[k]; ok {
		return &r
	}
	return nil
}

// Swap implements registry.Store.
func (m *Memory) Swap(ctx context.Context, before, after *registry.Row) error {
	if before == nil && after == nil {
		return nil
	}
	k := keyOf(before, after)
	end, err := m.begin(ctx, "swap", k)
	if err != nil {
		return err
	}
	defer end()
	if !registry.Same(m.at(k), before) {
		return fmt.Errorf("write the row of %s: %w", k, registry.ErrChanged)
	}
	if after == nil {
		delete(m.rows, k)
	} else {
		m.rows[k] = *after
	}
	if m.lose != nil {
		return m.lose(k)
	}
	return nil
}

func keyOf(before, after *registry.Row) record.Key {
	if before != nil {
		return before.Key
	}
	return after.Key
}

// Down is an error as a store gives it that can't be reached.
func Down() error {
	return &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("the table can't be reached")}
}
