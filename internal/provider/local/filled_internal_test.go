// SPDX-License-Identifier: Apache-2.0

package local

import (
	"os"
	"path/filepath"
	"testing"

	"nafuda.io/nafuda/internal/model/zone"
)

// TestFilled: over every kind of end, a zone counts as filled once it has been, and not before (proof).
func TestFilled(t *testing.T) {
	fill := func(_ *testing.T, h house) { h.Filled(h.zone(home).Key) }
	for name, tc := range map[string]struct {
		why    string
		before []func(*testing.T, house)
		after  func(t *testing.T, dir string)
		want   bool
	}{
		"never filled, a clean end": {"some of it may be missing", []func(*testing.T, house){clean}, nil, false},
		"never filled, a crash":     {"the file of the start says so", nil, nil, false},
		"filled, a clean end":       {"the file has it all", []func(*testing.T, house){fill, clean}, nil, true},
		"filled, a crash":           {"the file had it all once", []func(*testing.T, house){fill, written}, nil, true},
		"another provider's zone": {"it has the same id only", []func(*testing.T, house){
			func(_ *testing.T, h house) { h.Filled(zone.Key{Provider: "other", ID: string(home)}) }, clean,
		}, nil, false},
		"filled, and damaged": {"nobody knows what was in it", []func(*testing.T, house){fill, clean}, func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, fileName(home)), []byte("torn"), private); err != nil {
				t.Fatal(err)
			}
		}, false},
		"filled, and gone": {"nobody knows what was in it", []func(*testing.T, house){fill, clean}, func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, fileName(home))); err != nil {
				t.Fatal(err)
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t.TempDir())
			h := start(t, o)
			h.add(t, "a.home.example.com")
			for _, f := range tc.before {
				f(t, h)
			}
			if tc.after != nil {
				tc.after(t, o.Dir)
			}
			for range 2 { // as does a process that ends before it hears of any object
				again := start(t, o)
				if z, _ := again.db.Zone(string(home)); z.Filling == tc.want {
					t.Errorf("filling: %v (%s)", z.Filling, tc.why)
				}
				clean(t, again)
			}
		})
	}
	o := options("")
	h := start(t, o)
	if z, _ := h.db.Zone(string(home)); !z.Filling {
		t.Error("without a folder it starts filled")
	}
}
