// SPDX-License-Identifier: Apache-2.0

package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/cli/document"
)

// show is a node in one line, each key with its line.
func show(n document.Node) string {
	switch n.Kind {
	case document.Map:
		var parts []string
		for _, k := range n.Keys {
			parts = append(parts, fmt.Sprintf("%d:%s=%s", k.Line, k.Name, show(k.Value)))
		}
		return "{" + strings.Join(parts, " ") + "}"
	case document.List:
		var parts []string
		for _, i := range n.Items {
			parts = append(parts, show(i))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case document.Switch:
		return "switch " + n.Text
	default:
		return n.Text
	}
}

func TestRead(t *testing.T) {
	deep := strings.Repeat("[", 40) + strings.Repeat("]", 40)
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x]\n")
	for i := range 8 {
		fmt.Fprintf(&bomb, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i, i, i, i, i, i)
	}
	for name, tc := range map[string]struct {
		why, text, want string
		mistakes        []string
	}{
		"all kinds":        {why: "each with its line", text: "a: 1\nb:\n  - x\n  - {c: true}\n", want: "{1:a=1 2:b=[x {4:c=switch true}]}"},
		"quoted switch":    {why: "a text is one though it reads true", text: `a: "true"`, want: "{1:a=true}"},
		"alias":            {why: "it stands for its anchor", text: "a: &x [1, 2]\nb: *x\n", want: "{1:a=[1 2] 2:b=[1 2]}"},
		"merge":            {why: "own keys win, whatever the order", text: "a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}\nc: {k: 3, <<: [*x]}", want: "{1:a={1:k=1 1:l=2} 2:b={2:k=3 1:l=2} 3:c={3:k=3 1:l=2}}"},
		"merged text":      {why: "nothing to merge", text: "a: {<<: x}", want: "{1:a={}}", mistakes: []string{"1: the merge key << takes a mapping, such as *defaults"}},
		"twice":            {why: "the second would win in silence", text: "a: 1\nb: 2\na: 3\n", want: "{1:a=1 2:b=2}", mistakes: []string{`3: the key "a" stands in line 1 already: remove one of them`}},
		"no value":         {why: "forgotten, most likely", text: "a:\nb: 1\n", want: "{1:a= 2:b=1}", mistakes: []string{"1: there is no value: write one, or leave the key out"}},
		"tag":              {why: "it changes what a value is", text: "a: !!str 1\n", want: "{1:a=1}", mistakes: []string{"1: a tag (!) can't be used: write the plain value"}},
		"list":             {why: "a configuration has keys", text: "- a\n", want: "{}", mistakes: []string{"1: the file must be a mapping: keys, each with a colon behind it"}},
		"empty":            {why: "a file that was truncated says nothing", text: "", want: "{}", mistakes: []string{"0: the file is empty: write the keys of a configuration"}},
		"two documents":    {why: "the second would be left out in silence", text: "a: 1\n---\nb: 2\n", want: "{1:a=1}", mistakes: []string{"2: a second document begins here: one file has one"}},
		"not YAML":         {why: "with the line", text: "a: 1\nb: [1\n", want: "{}", mistakes: []string{"2: this isn't YAML: did not find expected ',' or ']': look at the indentation, the colons and the quotes"}},
		"unknown anchor":   {why: "its name isn't repeated: an asterisk may begin a secret", text: "a: *hunter2\n", want: "{}", mistakes: []string{"0: this isn't YAML: an alias has no anchor: look at the indentation, the colons and the quotes"}},
		"a key that isn't": {why: "keys are words", text: "? [a]\n: 1\n", want: "{}", mistakes: []string{"1: a key must be a plain word"}},
		"deep":             {why: "bounded", text: "a: " + deep, mistakes: []string{"1: this is nested more than 16 deep: a configuration isn't"}},
		"aliases of aliases": {
			why: "ten lines that stand for millions of values", text: bomb.String(),
			mistakes: []string{"1: the file has more than 20000 values, aliases counted as what they stand for: a configuration has fewer"},
		},
		"large": {why: "bounded", text: "a: " + strings.Repeat("x", document.MaxBytes), want: "{}", mistakes: []string{"0: the file has more than 1048576 bytes: a configuration is smaller"}},
	} {
		t.Run(name, func(t *testing.T) {
			n, mistakes := document.Read([]byte(tc.text))
			var got []string
			for _, m := range mistakes {
				got = append(got, fmt.Sprintf("%d: %s", m.Line, m.Text))
			}
			if diff := cmp.Diff(tc.mistakes, got); diff != "" {
				t.Errorf("%s: mistakes (-want +got):\n%s", tc.why, diff)
			}
			if s := show(n); tc.want != "" && s != tc.want {
				t.Errorf("%s: %s, want %s", tc.why, s, tc.want)
			}
		})
	}
}

// TestCycle: an anchor that holds itself ends.
func TestCycle(t *testing.T) {
	if _, mistakes := document.Read([]byte("a: &a\n  b: *a\n  c: *a\n")); len(mistakes) == 0 {
		t.Error("an anchor within itself is no mistake")
	}
}

// Whatever the file, reading ends, mistakes are few, and none of them repeats a value (invariant secret).
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"a: 1\n", "a: &x {b: *x}", "a: hunter2hunter2\na: hunter2hunter2", "<<: hunter2hunter2", "a: [hunter2hunter2", "*hunter2hunter2", "a: !hunter2hunter2 x", "a: \"hunter2hunter2"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, mistakes := document.Read(text)
		if len(mistakes) > 50 {
			t.Errorf("%d mistakes", len(mistakes))
		}
		for _, m := range mistakes {
			if strings.Contains(m.Text, "hunter2hunter2") && !strings.HasPrefix(m.Text, "the key ") {
				t.Errorf("a mistake repeats what is in the file: %s", m.Text)
			}
		}
	})
}
