// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/source"
)

func TestFollowsAFolder(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "deep", "er", "b.yml")
	write(t, a, ingress("a", "one")+"---\napiVersion: v1\nkind: Secret\nmetadata: {name: x}\n")
	write(t, filepath.Join(dir, ".hidden.yaml"), ingress("hidden", "one"))
	write(t, filepath.Join(dir, "README.md"), ingress("readme", "one"))
	f, err := New(Options{Manifests: []string{dir}}, testKinds(), source.Keep{})
	must(t, err)
	r := run(t, f, "ingress", "service")
	if diff := cmp.Diff(map[string]string{"ingress/default/a": "one"}, r.Has); diff != "" {
		t.Fatal(diff)
	}
	if !r.Events[0].Replace || r.State["ingress"] != feed.Synced || r.State["service"] != feed.Synced {
		t.Errorf("the first event %+v, states %v", r.Events[0], r.State)
	}
	if f.Ignored() != 1 {
		t.Errorf("ignored %d objects, want the Secret", f.Ignored())
	}
	write(t, b, ingress("b", "one"))
	r.untilHas("ingress/default/b", "one")
	write(t, a, ingress("a", "two"))
	r.untilHas("ingress/default/a", "two")
	must(t, os.Rename(filepath.Join(dir, "deep"), filepath.Join(dir, "renamed")))
	write(t, filepath.Join(dir, "renamed", "er", "b.yml"), ingress("b", "two"))
	r.untilHas("ingress/default/b", "two")
	must(t, os.Remove(a))
	r.untilHas("ingress/default/a", "")
	last := r.Events[len(r.Events)-1]
	if last.Replace || last.State != feed.Same || len(last.Deltas) != 1 {
		t.Errorf("a change is one delta, not %+v", last)
	}
}

// Editors write another file and rename it; some first cut the file to nothing.
func TestEditors(t *testing.T) {
	dir := t.TempDir()
	path, other := filepath.Join(dir, "a.yaml"), filepath.Join(dir, "a.yaml~")
	write(t, path, ingress("a", "one"))
	for name, root := range map[string]string{"folder": dir, "file": path} {
		t.Run(name, func(t *testing.T) {
			write(t, path, ingress("a", "one"))
			r := follow(t, root)
			write(t, other, ingress("a", "two"))
			must(t, os.Rename(other, path))
			r.untilHas("ingress/default/a", "two")
			write(t, path, ingress("a", "six")) // as long as before, within the clock's tick
			r.untilHas("ingress/default/a", "six")
			for _, e := range r.Events {
				for _, d := range e.Deltas {
					if d.Object == nil {
						t.Errorf("%s was gone for a moment", d.Ref)
					}
				}
			}
		})
	}
}

func TestEmptiedFileIsBelievedTheSecondTime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.yaml")
	write(t, path, ingress("a", "one"))
	fs := newFiles([]string{path}, newDecoder(Options{}, testKinds(), source.Keep{}, nil))
	for _, want := range []int{1, 1, 0, 0} {
		fs.scan(func(string) bool { return true }, nil)
		if got := len(fs.index.wins); got != want {
			t.Fatalf("%d objects, want %d", got, want)
		}
		write(t, path, "\n")
	}
}

// The kubelet updates a ConfigMap by swapping one link that all files go through.
func TestConfigMap(t *testing.T) {
	dir := t.TempDir()
	version := func(name, text string) {
		t.Helper()
		write(t, filepath.Join(dir, name, "a.yaml"), ingress("a", text))
		must(t, os.Symlink(name, filepath.Join(dir, "..data_tmp")))
		must(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	}
	version("..2026_1", "one")
	must(t, os.Symlink("..data/a.yaml", filepath.Join(dir, "a.yaml")))
	folder, single := follow(t, dir), follow(t, filepath.Join(dir, "a.yaml"))
	for _, r := range []*fed{folder, single} {
		r.untilHas("ingress/default/a", "one")
	}
	version("..2026_2", "two")
	must(t, os.RemoveAll(filepath.Join(dir, "..2026_1")))
	for _, r := range []*fed{folder, single} {
		r.untilHas("ingress/default/a", "two")
		if len(r.Has) != 1 {
			t.Errorf("objects %v: the kubelet's own folders were read", r.Has)
		}
	}
}

func TestBrokenFileKeepsWhatItGave(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.yaml")
	write(t, path, ingress("a", "one")+ingress("b", "one"))
	r := follow(t, dir)
	write(t, path, ingress("a", "two")+"---\nbroken: [\n")
	r.untilHas("ingress/default/a", "two")
	r.Until("refusal", func() bool { return len(r.refusals()) == 1 })
	if got := r.refusals()[0]; got.Ref.Name != path || !strings.HasPrefix(got.Field, path+":") {
		t.Errorf("the refusal doesn't say where: %+v", got)
	}
	if r.Has["ingress/default/b"] != "one" {
		t.Error("b is gone, though the broken document may hold it")
	}
	must(t, os.Chmod(path, 0))
	write(t, filepath.Join(dir, "c.yaml"), ingress("c", "one"))
	r.untilHas("ingress/default/c", "one")
	if len(r.Has) != 3 {
		t.Errorf("an unreadable file took its objects away: %v", r.Has)
	}
	must(t, os.Chmod(path, 0o600))
	write(t, path, ingress("a", "three"))
	r.untilHas("ingress/default/b", "")
	r.Until("no refusal", func() bool { return len(r.refusals()) == 0 })
}

func TestVanishedRootHolds(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "manifests")
	write(t, filepath.Join(dir, "a.yaml"), ingress("a", "one"))
	r := follow(t, dir)
	must(t, os.Rename(dir, dir+".away"))
	r.Until("failing", func() bool { return r.State["ingress"] == feed.Failing })
	if r.Has["ingress/default/a"] != "one" || r.Err["ingress"] == nil {
		t.Errorf("a is gone with its folder: %v, %v", r.Has, r.Err)
	}
	must(t, os.Rename(dir+".away", dir))
	r.Until("synced", func() bool { return r.State["ingress"] == feed.Synced && r.Err["ingress"] == nil })
	write(t, filepath.Join(dir, "b.yaml"), ingress("b", "one"))
	r.untilHas("ingress/default/b", "one")
}

func TestOneObjectTwice(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "1.yaml"), filepath.Join(dir, "2.yaml")
	write(t, first, ingress("a", "one"))
	write(t, second, "# second\n"+ingress("a", "two"))
	r := follow(t, dir)
	r.Until("refusal", func() bool { return len(r.refusals()) == 1 })
	if got := r.refusals()[0]; r.Has["ingress/default/a"] != "two" || got.Ref.Name != first || !strings.Contains(got.Why.Text, second+":2") {
		t.Errorf("has %v, refused %+v", r.Has, got)
	}
	must(t, os.Remove(second))
	r.untilHas("ingress/default/a", "one")
	r.Until("no refusal", func() bool { return len(r.refusals()) == 0 })
}

func TestLimits(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.yaml")
	write(t, path, "")
	must(t, os.Truncate(path, maxFileBytes+1))
	must(t, os.Mkdir(filepath.Join(dir, "folder.yaml"), 0o700))
	r := follow(t, dir)
	r.Until("refusal", func() bool { return len(r.refusals()) == 1 })
	if !strings.Contains(r.refusals()[0].Why.Text, "larger than 16 MiB") {
		t.Errorf("got %+v", r.refusals())
	}
	deep := dir
	for range maxDepth + 2 {
		deep = filepath.Join(deep, "d")
	}
	must(t, os.MkdirAll(deep, 0o700))
	r.Until("too deep", func() bool { return r.State["ingress"] == feed.Failing })
}

func TestUnknownKindIsAbsent(t *testing.T) {
	dir := t.TempDir()
	f, err := New(Options{Manifests: []string{dir}}, testKinds(), source.Keep{})
	must(t, err)
	if r := run(t, f, "gateway"); r.State["gateway"] != feed.Absent {
		t.Errorf("states %v", r.State)
	}
}
