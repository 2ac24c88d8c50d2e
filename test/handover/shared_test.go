// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"maps"
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/model/record"
)

// TestSharedMarkers brings zones as ExternalDNS left them into the form with one marker for all record sets of a name, and back: only
// markers change, ExternalDNS reads whose everything is but AAAA, and in the end each zone is as it was.
func TestSharedMarkers(t *testing.T) {
	for _, r := range runs()[:3] {
		t.Run(r.file, func(t *testing.T) {
			a := open(t, r.left(t))
			was := a.lines(t)
			shared := []string{"--txt-format=shared", "--txt-migrate"}
			v := r.plan(t, r.manifests(), shared...)
			for _, c := range v.Changes {
				if !c.Marker {
					t.Errorf("would %s %s %s, which is no marker", c.Action, c.Name, c.Type)
				}
			}
			r.apply(t, r.manifests(), shared...)
			now := a.lines(t)
			t.Logf("%d record sets, %d with shared markers", len(was), len(now))
			if len(now) >= len(was) {
				t.Errorf("%d record sets, and %d with shared markers; want fewer", len(was), len(now))
			}
			wantRest(t, r.plan(t, r.manifests(), shared...))
			wantRest(t, r.plan(t, r.manifests())) // a name keeps its form
			unread := 0
			for id := range a.ids {
				for key, owner := range r.affix.owners(a.sets(t, id)) {
					switch {
					case owner == r.affix.owner:
					case owner == "" && key.Type == record.AAAA:
						unread++
					default:
						t.Errorf("%s: ExternalDNS reads the owner %q, want %q", key, owner, r.affix.owner)
					}
				}
			}
			if unread == 0 {
				t.Error("ExternalDNS reads the owner of every AAAA; then docs/ownership.md is wrong")
			}
			r.apply(t, r.manifests(), "--txt-format=typed", "--txt-migrate")
			back := a.lines(t)
			for _, l := range slices.Sorted(maps.Keys(was)) {
				if !back[l] {
					t.Errorf("isn't there after the way back: %s", l)
				}
			}
			for _, l := range slices.Sorted(maps.Keys(back)) {
				if !was[l] {
					t.Errorf("is new after the way back: %s", l)
				}
			}
		})
	}
}
