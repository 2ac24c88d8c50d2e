// SPDX-License-Identifier: Apache-2.0

package statedir_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/memory/statedir"
)

func TestWhatIsSavedIsLoaded(t *testing.T) {
	d := statedir.Dir(filepath.Join(t.TempDir(), "some", "where"))
	ctx := context.Background()
	if got, err := d.Load(ctx); got != nil || err != nil {
		t.Errorf("before anything was saved: %q, %v", got, err)
	}
	for _, want := range []string{`{"zones":{}}`, "", strings.Repeat("x", statedir.MaxBytes)} {
		if err := d.Save(ctx, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := d.Load(ctx); string(got) != want || err != nil {
			t.Errorf("loaded %d bytes, %v; want %d", len(got), err, len(want))
		}
	}
	if err := d.Save(ctx, make([]byte, statedir.MaxBytes+1)); err == nil {
		t.Error("more than Load would read was saved")
	}
	entries, err := os.ReadDir(string(d))
	if err != nil || len(entries) != 1 {
		t.Fatalf("%v, %v: want one file", entries, err)
	}
	info, err := entries[0].Info()
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has the mode %v, %v; want it for us alone", info.Mode(), err)
	}
}

func TestWhatWasChangedIsRefused(t *testing.T) {
	const state = `{"zones":{"aws/default/Z1":{}}}`
	for name, tc := range map[string]struct {
		why  string
		edit func(string) string
	}{
		"cut":        {"a disk that was full", func(s string) string { return s[:len(s)-1] }},
		"cut early":  {"not even the head", func(string) string { return "nafuda" }},
		"empty":      {"created and not written", func(string) string { return "" }},
		"one letter": {"an edit by hand", func(s string) string { return strings.Replace(s, "Z1", "Z2", 1) }},
		"longer":     {"something was added", func(s string) string { return s + " " }},
		"other form": {"a version that isn't known", func(s string) string { return strings.Replace(s, "-1 ", "-2 ", 1) }},
		"huge":       {"no memory for it", func(s string) string { return s + strings.Repeat(" ", statedir.MaxBytes) }},
	} {
		t.Run(name, func(t *testing.T) {
			d := statedir.Dir(t.TempDir())
			if err := d.Save(context.Background(), []byte(state)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(string(d), "state")
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(tc.edit(string(data))), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, err := d.Load(context.Background()); err == nil {
				t.Errorf("%q was loaded: %s", got, tc.why)
			}
		})
	}
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := statedir.Dir(path).Prepare(); err == nil {
		t.Error("a file was taken for a folder")
	}
	if err := statedir.Dir(path).Save(context.Background(), nil); err == nil {
		t.Error("saved in a file")
	}
	good := statedir.Dir(filepath.Join(t.TempDir(), "new"))
	if err := good.Prepare(); err != nil {
		t.Error(err)
	}
	if got, err := good.Load(context.Background()); got != nil || err != nil {
		t.Errorf("a prepared folder has the state %q, %v", got, err)
	}
}

func TestLinkLeadsNowhere(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	d := statedir.Dir(t.TempDir())
	if err := os.Symlink(outside, filepath.Join(string(d), "state.new")); err != nil {
		t.Fatal(err)
	}
	if err := d.Save(context.Background(), []byte("x")); err == nil {
		t.Error("saved through a link out of the folder")
	}
	if _, err := os.Stat(outside); err == nil {
		t.Error("a file outside the folder was made")
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("nafuda-state-1 "))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := statedir.Dir(t.TempDir())
		if err := os.WriteFile(filepath.Join(string(d), "state"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := d.Load(context.Background())
		if err == nil && (!strings.HasPrefix(string(data), "nafuda-state-1 ") || !strings.HasSuffix(string(data), "\n"+string(got))) {
			t.Errorf("%q was read from %q", got, data)
		}
	})
}
