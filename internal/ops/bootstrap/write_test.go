// SPDX-License-Identifier: Apache-2.0

package bootstrap_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/ops/bootstrap"
)

func files(text string) []bootstrap.File {
	return []bootstrap.File{{Name: "a", Mode: 0o600, Content: []byte(text)}, {Name: "b", Mode: 0o755, Content: []byte("same\n")}}
}

func TestWriteNeverOverwritesAChangedFile(t *testing.T) {
	const edited = "one\nmine\n"
	tests := map[string]struct {
		before func(t *testing.T, dir string)
		want   string // the error's part; empty for none
		left   string // what a has afterwards
		why    string
	}{
		"new folder": {func(*testing.T, string) {}, "", "one\nnew\n", "nothing is lost"},
		"as we left it": {func(t *testing.T, dir string) {
			write(t, dir, files("one\nold\n"))
		}, "", "one\nnew\n", "it was ours"},
		"edited since": {func(t *testing.T, dir string) {
			write(t, dir, files("one\nold\n"))
			put(t, filepath.Join(dir, "a"), edited)
		}, `line 2 is "mine", ours is "new"`, edited, "somebody's work"},
		"somebody else's":   {func(t *testing.T, dir string) { put(t, filepath.Join(dir, "a"), edited) }, "move it away", edited, "we never wrote it"},
		"already the same":  {func(t *testing.T, dir string) { put(t, filepath.Join(dir, "a"), "one\nnew\n") }, "", "one\nnew\n", "nothing to do"},
		"a link":            {func(t *testing.T, dir string) { link(t, dir) }, "isn't a file", "", "it may lead anywhere"},
		"a record of trash": {func(t *testing.T, dir string) { put(t, filepath.Join(dir, ".nafuda-bootstrap.json"), "[") }, ".nafuda-bootstrap.json", "", "then nothing is known"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			tt.before(t, dir)
			_, err := bootstrap.Write(dir, files("one\nnew\n"))
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want %q: %s", err, tt.want, tt.why)
			}
			if got, _ := os.ReadFile(filepath.Join(dir, "a")); string(got) != tt.left {
				t.Errorf("a has %q: %s", got, tt.why)
			}
		})
	}
}

func TestWriteSetsModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	write(t, dir, files("x\n"))
	for name, want := range map[string]os.FileMode{"a": 0o600, "b": 0o755} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

func write(t *testing.T, dir string, files []bootstrap.File) {
	t.Helper()
	if _, err := bootstrap.Write(dir, files); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, dir string) {
	t.Helper()
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
}
