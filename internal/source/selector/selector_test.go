// SPDX-License-Identifier: Apache-2.0

package selector_test

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/labels"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/source/selector"
)

func TestMatches(t *testing.T) {
	object := map[string]string{"app": "web", "path": "/a/b:c", "example.com/n": "7", "empty": ""}
	for text, want := range map[string]bool{
		"":                           true,
		" ":                          true,
		"app":                        true,
		"!app":                       false,
		"!other":                     true,
		"app=web":                    true,
		"app==web":                   true,
		"app = web , empty":          true,
		"app=db":                     false,
		"app!=db":                    true,
		"other!=db":                  true,
		"other=db":                   false,
		"app in (db, web)":           true,
		"app notin (db, web)":        false,
		"other notin (db)":           true,
		"empty=":                     true,
		"empty in ()":                true,
		"app in (,)":                 false,
		"example.com/n>6":            true,
		"example.com/n<7":            false,
		"app>6":                      false,
		"path=/a/b:c":                true, // not a label value
		"path in (/a/b:c,/x)":        true,
		"app=web,path!=/a/b:c":       false,
		"in in (in),app":             false,
		"other<9223372036854775807":  false,
		"example.com/n in (7),!none": true,
	} {
		s, err := selector.Parse(text)
		if err != nil || s.Matches(object) != want {
			t.Errorf("%q matches %v (%v), want %v", text, !want, err, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		",":              "a key belongs",
		"a,":             "a key belongs",
		"a b":            `"b" after "a"`,
		"a=b c":          "put a comma",
		"!a=b":           "put a comma",
		"!":              "a key belongs",
		"a=(b)":          "a value belongs",
		"a===b":          "a value belongs",
		"a>x":            "whole number",
		"a>":             "whole number",
		"a in b":         "( belongs",
		"a in (b":        "comma or )",
		"a in (b c)":     "comma or )",
		"a/b/c=d":        "isn't a key",
		"-a":             "isn't a key",
		"=":              "a key belongs",
		"kubernetes.io/": "isn't a key",
	} {
		s, err := selector.Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "read the selector") {
			t.Errorf("Parse(%q) = %v, %v; want an error with %q", text, s, err, want)
		}
	}
}

func TestKeys(t *testing.T) {
	s, err := selector.Parse("b=1,!a,b in (2,3)")
	if got := s.Keys(); err != nil || !slices.Equal(got, []string{"a", "b"}) || s.Empty() {
		t.Errorf("keys %q, %v", got, err)
	}
	if zero := (selector.Selector{}); !zero.Empty() || !zero.Matches(nil) || zero.Keys() != nil {
		t.Error("the zero selector wants everything")
	}
}

// TestAgreesWithApimachinery takes apimachinery's label selectors as the judge wherever values are label values.
func TestAgreesWithApimachinery(t *testing.T) {
	words := []string{"a", "b", "c", "in", "notin", "x.y/z", "1", "-5", "_", "=", "==", "!=", "!", "(", ")", ",", ",", "<", ">", " ", "\t"}
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(words), 0, 9).Draw(t, "words"), rapid.SampledFrom([]string{"", " "}).Draw(t, "between"))
		object := rapid.MapOf(rapid.SampledFrom([]string{"a", "b", "in", "x.y/z"}), rapid.SampledFrom([]string{"", "a", "b", "1", "2", "in"})).Draw(t, "object")
		theirs, theirErr := labels.Parse(text)
		ours, ourErr := selector.Parse(text)
		if theirErr == nil && ourErr != nil || theirErr != nil && ourErr == nil && !strings.Contains(theirErr.Error(), "a valid label must be") {
			t.Fatalf("%q: apimachinery says %v, we say %v", text, theirErr, ourErr)
		}
		if theirErr == nil && theirs.Matches(labels.Set(object)) != ours.Matches(object) {
			t.Fatalf("%q: apimachinery says %v of %v", text, !ours.Matches(object), object)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("a in (b,c),!d,e>5")
	f.Add("((,")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := selector.Parse(text)
		if err != nil {
			return
		}
		if slices.Contains(s.Keys(), "") {
			t.Errorf("%q has an empty key", text)
		}
		s.Matches(map[string]string{"a": "b"})
	})
}
