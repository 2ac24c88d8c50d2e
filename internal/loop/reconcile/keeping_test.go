// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"fmt"
	"testing"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/memory/statedir"
)

var _ Keeper = statedir.Dir("")

// TestBrakeKeepsTheLatestState: zones are written by goroutines of their own, and the one with the older state may come last.
func TestBrakeKeepsTheLatestState(t *testing.T) {
	dir, ctx := statedir.Dir(t.TempDir()), context.Background()
	k := newKeeping()
	older, newer := k.save(dir, []byte("older"), 1), k.save(dir, []byte("newer"), 2)
	for _, save := range []func(context.Context) error{newer, older} {
		if err := save(ctx); err != nil {
			t.Error(err)
		}
	}
	if got, err := dir.Load(ctx); err != nil || string(got) != "newer" {
		t.Errorf("kept %q, %v", got, err)
	}
}

func TestBrakeKeepsAsManyZonesAsFit(t *testing.T) {
	busy := guard.State{Strict: 1795000000}
	for i := range 60 {
		busy.Deletes = append(busy.Deletes, guard.Bucket{Minute: 29866320 + i, Spent: 1000})
		busy.Updates = append(busy.Updates, guard.Bucket{Minute: 29866320 + i, Spent: 1000})
	}
	zones := make(map[string]guard.State)
	for i := range 1000 {
		zones[fmt.Sprintf("aws/default/Z%d", i)] = guard.State{}
		zones[fmt.Sprintf("aws/default/B%d", i)] = busy
	}
	data := encodeKept(zones, nil)
	got, _, err := decodeKept(data)
	if err != nil || len(data) > MaxKeptBytes || len(got) < 1000 || len(got) > 1100 {
		t.Errorf("%d bytes hold %d zones, %v; want the thousand at rest, and some of the others", len(data), len(got), err)
	}
}

func FuzzDecodeKept(f *testing.F) {
	f.Add([]byte(`{"zones":{"aws/default/Z1":{"deletes":[[29866320,10]]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		zones, undone, err := decodeKept(data)
		names := newOverrides()
		if err != nil || names.restore(undone) != nil {
			return
		}
		if len(encodeKept(zones, names.export())) > MaxKeptBytes {
			t.Error("what was read can't be kept")
		}
	})
}
