// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// fold is the naive model of the index: it looks at every object of every file. counts is what counts, lost how many don't.
func fold(f *files) (counts map[string]string, lost int) {
	counts = make(map[string]string)
	for _, known := range f.known {
		for _, path := range slices.Sorted(maps.Keys(known)) {
			for _, o := range known[path].content.objects {
				if _, again := counts[o.Ref.String()]; again {
					lost++
				}
				counts[o.Ref.String()] = o.Object.(string)
			}
		}
	}
	return counts, lost
}

func apply(has map[string]string, deltas map[string][]feed.Delta) error {
	for _, d := range slices.Concat(slices.Collect(maps.Values(deltas))...) {
		was, had := has[d.Ref.String()]
		switch {
		case d.Object == nil && !had, had && d.Object == was:
			return fmt.Errorf("%s: a delta without a difference", d.Ref)
		case d.Object == nil:
			delete(has, d.Ref.String())
		default:
			has[d.Ref.String()] = d.Object.(string)
		}
	}
	return nil
}

// Whatever files become, the deltas add up to what a look at every object would find.
func TestIndexAgreesWithFold(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := newFiles([]string{"/a", "/b"}, nil)
		has := make(map[string]string)
		for range rapid.IntRange(1, 12).Draw(rt, "takes") {
			for range rapid.IntRange(1, 4).Draw(rt, "changes") {
				root := rapid.IntRange(0, 1).Draw(rt, "root")
				now := &file{root: root, path: rapid.SampledFrom([]string{"/1", "/2", "/3"}).Draw(rt, "path")}
				for i, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y", "z"}), 0, 5).Draw(rt, "names") {
					text := rapid.SampledFrom([]string{"one", "two"}).Draw(rt, "text")
					now.content.objects = append(now.content.objects, object{
						Delta: feed.Delta{Ref: endpoint.Ref{Kind: "ingress", Name: name}, Object: text}, line: i + 1,
					})
				}
				if rapid.Bool().Draw(rt, "gone") {
					f.enter(root, now.path, nil)
				} else {
					f.enter(root, now.path, now)
				}
			}
			deltas, _ := f.index.take()
			if err := apply(has, deltas); err != nil {
				rt.Fatal(err)
			}
			counts, lost := fold(f)
			if diff := cmp.Diff(counts, has); diff != "" {
				rt.Fatal(diff)
			}
			if got := len(f.index.refusals()); got != lost {
				rt.Fatalf("%d refusals, want %d", got, lost)
			}
		}
	})
}

func TestRefusalNamesWhatCounts(t *testing.T) {
	dir := t.TempDir()
	for i, text := range []string{"one", "two", "three"} {
		write(t, filepath.Join(dir, fmt.Sprint(i, ".yaml")), ingress("a", text))
	}
	write(t, filepath.Join(dir, "1.yaml"), ingress("a", "two")+ingress("a", "again")+"---\nkind: Broken\n")
	f := newFiles([]string{dir}, newDecoder(Options{}, testKinds(), source.Keep{}, nil))
	f.scan(func(string) bool { return false }, func(string, os.FileInfo) {})
	var got []string
	for _, r := range f.index.refusals() {
		got = append(got, strings.ReplaceAll(r.Why.Text, dir+"/", ""))
	}
	want := []string{
		"1.yaml:9: it has no apiVersion or no kind, so it isn't a Kubernetes object",
		"0.yaml:1: ingress/default/a is defined again at 2.yaml:1, which counts; remove one of them",
		"1.yaml:1: ingress/default/a is defined again at 2.yaml:1, which counts; remove one of them",
		"1.yaml:5: ingress/default/a is defined again at 2.yaml:1, which counts; remove one of them",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// An object that is read again and is as before isn't kept twice: others hold the one that was sent.
func TestEqualObjectIsShared(t *testing.T) {
	was, now := &struct{ text string }{"one"}, &struct{ text string }{"one"}
	f := newFiles([]string{"/a"}, nil)
	for _, obj := range []any{was, now} {
		f.enter(0, "/a/1", &file{path: "/a/1", content: content{objects: []object{{Delta: feed.Delta{Ref: endpoint.Ref{Name: "x"}, Object: obj}}}}})
		f.index.take()
	}
	if got := f.known[0]["/a/1"].content.objects[0].Object; got != any(was) {
		t.Error("the file keeps a copy of its own")
	}
}
