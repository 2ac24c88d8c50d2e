// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// Build makes a source from flags, as the command line would, with the options that it shares with others.
type Build func(flags []string) (source.Source, source.Options, error)

// errUnread is what a kind that a file calls unread says of itself.
var errUnread = errors.New("the list is still being read")

// Golden evaluates each object in testdata/*.yaml and compares the result with the .golden file beside it, or writes that file.
// Comments at a file's start direct it:
//
//	# run: --flag --other=value    one evaluation of all objects with these flags; without such a line there is one without flags
//	# forbidden: pod               the kind can't be read
//	# unread: node                 the kind hasn't been read yet
//
// It also checks that an evaluation gives the same again, leaves the objects alone and gives canonical targets.
func Golden(t *testing.T, update bool, build Build) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata/*.yaml here (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got := evaluateFile(t, string(data), build)
			compare(t, strings.TrimSuffix(file, ".yaml")+".golden", got, update)
		})
	}
}

func compare(t *testing.T, file, got string, update bool) {
	t.Helper()
	if update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s differs (-want +got); look at it, then -update:\n%s", file, diff)
	}
}

func evaluateFile(t *testing.T, data string, build Build) string {
	t.Helper()
	runs := directives(data, "run")
	if len(runs) == 0 {
		runs = []string{""}
	}
	var out strings.Builder
	for i, run := range runs {
		if i > 0 {
			out.WriteString("\n")
		}
		out.WriteString(strings.TrimSpace("run: "+run) + "\n")
		src, shared, err := build(strings.Fields(run))
		if err != nil {
			t.Fatalf("flags %q: %v", run, err)
		}
		objects := decode(t, data, shared)
		for _, obj := range objects.Of(src.Kind) {
			out.WriteString(Format(kinds.RefOf(obj), evaluate(t, src, obj, objects)))
		}
		if diff := cmp.Diff(decode(t, data, shared).byRef, objects.byRef); diff != "" {
			t.Errorf("the source changes objects (-before +after):\n%s", diff)
		}
	}
	return out.String()
}

// directives returns what the comments of one name at the start of a file say.
func directives(data, name string) []string {
	var out []string
	for line := range strings.Lines(data) {
		text, comment := strings.CutPrefix(line, "#")
		if !comment {
			break
		}
		if value, ok := strings.CutPrefix(strings.TrimSpace(text), name+":"); ok {
			out = append(out, strings.TrimSpace(value))
		}
	}
	return out
}

func decode(t *testing.T, data string, shared source.Options) *Objects {
	t.Helper()
	objects, err := Decode([]byte(data), kinds.All(shared))
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range directives(data, "forbidden") {
		objects.Hide(kind, source.ErrForbidden)
	}
	for _, kind := range directives(data, "unread") {
		objects.Hide(kind, errUnread)
	}
	return objects
}

func evaluate(t *testing.T, src source.Source, obj any, look source.Lookup) endpoint.Result {
	t.Helper()
	r := src.Eval(obj, look)
	if diff := cmp.Diff(r, src.Eval(obj, look)); diff != "" {
		t.Errorf("%s: a second evaluation differs:\n%s", kinds.RefOf(obj), diff)
	}
	sorted := endpoint.Result{Endpoints: slices.Clone(r.Endpoints), Holds: slices.Clone(r.Holds), Refusals: slices.Clone(r.Refusals)}
	if sorted.Sort(); !cmp.Equal(sorted, r) {
		t.Errorf("%s: the result isn't sorted", kinds.RefOf(obj))
	}
	for i, e := range r.Endpoints {
		want, err := record.Canonical(e.Type, e.Targets)
		if err != nil || !slices.Equal(want, e.Targets) {
			t.Errorf("%s: %s has the targets %q, canonically %q (%v)", kinds.RefOf(obj), e.Key(), e.Targets, want, err)
		}
		if e.From == nil || e.From != r.Endpoints[0].From || e.From.Ref != kinds.RefOf(obj) || e.From.Source != src.Name {
			t.Errorf("%s: %s has the origin %+v", kinds.RefOf(obj), e.Key(), e.From)
		}
		if i > 0 && e.Key() == r.Endpoints[i-1].Key() {
			t.Errorf("%s: %s comes twice", kinds.RefOf(obj), e.Key())
		}
	}
	return r
}
