// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/source"
)

func TestNarrow(t *testing.T) {
	tests := map[string]struct {
		do     func(t *testing.T, dir string)
		named  []string
		enough bool
		want   map[string]string // objects after it, where it is enough
		why    string
	}{
		"changed": {
			func(t *testing.T, dir string) { write(t, filepath.Join(dir, "a.yaml"), ingress("a", "two")) },
			[]string{"a.yaml"},
			true,
			map[string]string{"ingress/default/a": "two", "ingress/default/b": "one"},
			"",
		},
		"only what is named": {
			func(t *testing.T, dir string) {
				write(t, filepath.Join(dir, "a.yaml"), ingress("a", "two"))
				write(t, filepath.Join(dir, "sub", "b.yaml"), ingress("b", "two"))
			},
			[]string{"sub/b.yaml"},
			true,
			map[string]string{"ingress/default/a": "one", "ingress/default/b": "two"},
			"the other isn't even looked at",
		},
		"new": {
			func(t *testing.T, dir string) { write(t, filepath.Join(dir, "c.yaml"), ingress("c", "one")) },
			[]string{"c.yaml"},
			true,
			map[string]string{"ingress/default/a": "one", "ingress/default/b": "one", "ingress/default/c": "one"},
			"",
		},
		"removed": {
			func(t *testing.T, dir string) { must(t, os.Remove(filepath.Join(dir, "a.yaml"))) },
			[]string{"a.yaml"},
			true,
			map[string]string{"ingress/default/b": "one"},
			"",
		},
		"renamed": {
			func(t *testing.T, dir string) {
				must(t, os.Rename(filepath.Join(dir, "a.yaml"), filepath.Join(dir, "z.yaml")))
			},
			[]string{"a.yaml", "z.yaml"},
			true,
			map[string]string{"ingress/default/a": "one", "ingress/default/b": "one"},
			"",
		},
		"not a manifest": {
			func(t *testing.T, dir string) {
				write(t, filepath.Join(dir, "a.yaml~"), ingress("a", "two"))
				write(t, filepath.Join(dir, ".a.yaml"), ingress("a", "two"))
			},
			[]string{".a.yaml", "a.yaml~", "gone.txt"},
			true,
			map[string]string{"ingress/default/a": "one", "ingress/default/b": "one"},
			"as editors leave behind",
		},
		"new folder": {
			func(t *testing.T, dir string) { write(t, filepath.Join(dir, "new", "c.yaml"), ingress("c", "one")) },
			[]string{"new"},
			false, nil, "it has to be listed and watched",
		},
		"folder gone": {
			func(t *testing.T, dir string) { must(t, os.RemoveAll(filepath.Join(dir, "sub"))) },
			[]string{"sub/b.yaml"},
			false, nil, "it may have another name",
		},
		"root gone": {
			func(t *testing.T, dir string) { must(t, os.Rename(dir, dir+".away")) },
			[]string{"a.yaml"},
			false, nil, "the file isn't gone: nobody knows",
		},
		"the root itself": {func(*testing.T, string) {}, []string{"."}, false, nil, ""},
		"swap":            {func(*testing.T, string) {}, []string{"..data"}, false, nil, "links may go through it"},
		"new link": {
			func(t *testing.T, dir string) { must(t, os.Symlink("a.yaml", filepath.Join(dir, "l.yaml"))) },
			[]string{"l.yaml"},
			false, nil, "a scan must know that there are links",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "m")
			write(t, filepath.Join(dir, "a.yaml"), ingress("a", "one"))
			write(t, filepath.Join(dir, "sub", "b.yaml"), ingress("b", "one"))
			f := scanned(dir)
			tt.do(t, dir)
			var named []string
			for _, n := range tt.named {
				named = append(named, filepath.Join(dir, n))
			}
			before, _ := fold(f)
			if got := f.narrow(named); got != tt.enough {
				t.Fatalf("enough: %v, want %v; %s", got, tt.enough, tt.why)
			}
			want := tt.want
			if !tt.enough {
				want = before // it has done nothing
			}
			after, _ := fold(f)
			if diff := cmp.Diff(want, after); diff != "" {
				t.Errorf("%s: %s", tt.why, diff)
			}
		})
	}
}

// Where a link is, its target may be any path.
func TestNarrowLeavesLinksToScans(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "data.txt"), ingress("a", "one"))
	must(t, os.Symlink("data.txt", filepath.Join(dir, "a.yaml")))
	f := scanned(dir)
	if f.narrow([]string{filepath.Join(dir, "data.txt")}) {
		t.Error("the file that the link leads to was taken for one that nobody reads")
	}
}

func scanned(root string) *files {
	f := newFiles([]string{root}, newDecoder(Options{}, testKinds(), source.Keep{}, nil))
	f.scan(func(string) bool { return false }, func(string, os.FileInfo) {})
	f.index.take()
	return f
}
