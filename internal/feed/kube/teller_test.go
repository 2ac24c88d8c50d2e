// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
)

func deltas(names ...string) []feed.Delta {
	out := make([]feed.Delta, 0, len(names))
	for _, n := range names {
		out = append(out, feed.Delta{Ref: endpoint.Ref{Kind: "service", Namespace: "default", Name: n}, Object: "here"})
	}
	return out
}

func TestWorstStateCounts(t *testing.T) {
	broken := errors.New("broken")
	tests := map[string]struct {
		states []feed.State
		want   feed.State
		why    string
	}{
		"all synced":     {[]feed.State{feed.Synced, feed.Synced}, feed.Synced, "everything there is was sent"},
		"one not yet":    {[]feed.State{feed.Synced, feed.Same}, feed.Same, "one namespace hasn't been read"},
		"one failing":    {[]feed.State{feed.Failing, feed.Same}, feed.Failing, "a failure is told before all are read"},
		"denied, absent": {[]feed.State{feed.Absent, feed.Forbidden, feed.Failing}, feed.Forbidden, "it needs a person"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := make(chan feed.Event, 10)
			tell := newTeller("service", len(tt.states), out)
			for i, s := range tt.states {
				tell.state(t.Context(), i, s, broken)
			}
			close(out)
			got := feed.Same
			for e := range out {
				got = e.State
			}
			if got != tt.want {
				t.Errorf("got %q, want %q: %s", got, tt.want, tt.why)
			}
		})
	}
}

// An object that can't be read isn't gone, and neither is what can't be told from it.
func TestPartialListDropsNothing(t *testing.T) {
	refused := []endpoint.Refusal{{Ref: endpoint.Ref{Kind: "service", Name: "broken"}}}
	for _, shards := range []int{1, 2} {
		out := make(chan feed.Event, 10)
		tell := newTeller("service", shards, out)
		tell.replace(t.Context(), 0, deltas("a", "b"), nil, feed.Synced, nil)
		tell.replace(t.Context(), 0, deltas("a"), refused, feed.Failing, errors.New("one object can't be read"))
		<-out
		e := <-out
		if e.Replace || len(e.Deltas) != 1 || e.State != feed.Failing && shards == 1 || len(e.Refusals) != 1 {
			t.Errorf("%d shards: %+v", shards, e)
		}
		tell.replace(t.Context(), 0, deltas("a"), nil, feed.Synced, nil)
		if e = <-out; shards == 1 && !e.Replace || shards == 2 && len(e.Deltas) != 2 || len(e.Refusals) != 0 {
			t.Errorf("%d shards, once all can be read: %+v", shards, e)
		}
	}
}

// Whatever lists and changes come, a consumer that folds the events of several shards holds just what the shards hold.
func TestShardsFold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		out := make(chan feed.Event, 100)
		tell := newTeller("service", 3, out)
		model := make([]map[string]bool, 3)
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			i := rapid.IntRange(0, 2).Draw(t, "shard")
			names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-e]`), 0, 5, rapid.ID[string]).Draw(t, "names")
			for j := range names {
				names[j] += string(rune('0' + i)) // a namespace's objects are its own
			}
			if model[i] == nil || rapid.Bool().Draw(t, "relist") {
				model[i] = make(map[string]bool)
				for _, n := range names {
					model[i][n] = true
				}
				tell.replace(t.Context(), i, deltas(names...), nil, feed.Synced, nil)
				continue
			}
			for _, d := range deltas(names...) {
				if model[i][d.Ref.Name] {
					delete(model[i], d.Ref.Name)
					d.Object = nil
				} else {
					model[i][d.Ref.Name] = true
				}
				tell.delta(t.Context(), i, d)
			}
		}
		close(out)
		got, want := make(map[string]bool), make(map[string]bool)
		for e := range out {
			if e.Replace {
				t.Fatal("a Replace of one shard drops the others' objects")
			}
			for _, d := range e.Deltas {
				if got[d.Ref.Name] = true; d.Object == nil {
					delete(got, d.Ref.Name)
				}
			}
		}
		for _, m := range model {
			maps.Copy(want, m)
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Fatal(diff)
		}
	})
}
