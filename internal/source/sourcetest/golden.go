// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"

	"nafuda.io/nafuda/test/golden"
)

// Build makes a source from flags, as the command line would, with the options that it shares with others.
type Build func(flags []string) (source.Source, source.Options, error)

// errUnread is what a kind that a file calls unread says of itself.
var errUnread = errors.New("the list is still being read")

// Golden evaluates each object in testdata/*.yaml and compares the result with the .golden file beside it, or with -update writes that file.
// Comments at a file's start direct it:
//
//	# run: --flag --other=value    one evaluation of all objects with these flags; without such a line there is one without flags
//	# forbidden: pod               the kind can't be read
//	# unread: node                 the kind hasn't been read yet
//	# host: lb.example.net 192.0.2.1 2001:db8::1
//	                               the addresses of a host name; "AAAA?" in place of some: they aren't known
//
// It also checks what must be true of every source: an evaluation gives the same again, leaves the objects alone, gives canonical
// targets and lets no name go because a kind isn't known.
func Golden(t *testing.T, build Build) {
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
			golden.File(t, strings.TrimSuffix(file, ".yaml")+".golden", got)
		})
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
			r := evaluate(t, src, obj, objects)
			checkUnknown(t, src, obj, objects, r)
			out.WriteString(Format(kinds.RefOf(obj), r))
		}
		if diff := cmp.Diff(decode(t, data, shared).byRef, objects.byRef); diff != "" {
			t.Errorf("the source changes objects (-before +after):\n%s", diff)
		}
	}
	return out.String()
}

func readFact(t *testing.T, text string) fact.Value {
	t.Helper()
	v := fact.Value{V4: fact.Family{Known: true}, V6: fact.Family{Known: true}}
	failed := fact.Unknown(reason.New(reason.HostUnknown, "the resolver fails"))
	for _, f := range strings.Fields(text) {
		switch a, err := netip.ParseAddr(f); {
		case f == "A?":
			v.V4 = failed.V4
		case f == "AAAA?":
			v.V6 = failed.V6
		case err != nil:
			t.Fatal(err)
		case a.Is4():
			v.V4.Addrs = append(v.V4.Addrs, a)
		default:
			v.V6.Addrs = append(v.V6.Addrs, a)
		}
	}
	return v
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
	for _, text := range directives(data, "host") {
		host, rest, _ := strings.Cut(text, " ")
		objects.Tell(fact.OfHost(host), readFact(t, rest))
	}
	return objects
}
