// SPDX-License-Identifier: Apache-2.0

package spelling_test

import (
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/spelling"
)

func TestNear(t *testing.T) {
	words := []string{"hostname", "hostnames", "internal-hostname", "target", "ttl", "hostname"}
	for name, tc := range map[string]struct {
		why  string
		word string
		most int
		want []string
	}{
		"a letter too few":  {why: "one edit, and two to the plural", word: "hostnam", most: 3, want: []string{"hostname", "hostnames"}},
		"neighbours swap":   {why: "a swap is one edit", word: "tagret", most: 3, want: []string{"target"}},
		"the best":          {why: "no more than asked for, the nearest first", word: "hostname", most: 1, want: []string{"hostname"}},
		"nothing like it":   {why: "more than a third of the letters", word: "banana", most: 3, want: []string{}},
		"much too long":     {why: "what a user typed may be anything", word: strings.Repeat("x", 1000), most: 3},
		"short words":       {why: "a third of three letters is one", word: "tll", most: 3, want: []string{"ttl"}},
		"no word":           {why: "nothing is near nothing", word: "", most: 3, want: []string{}},
		"one letter is far": {why: "every word is one edit from a letter", word: "x", most: 3, want: []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := spelling.Near(tc.word, slices.Values(words), tc.most); !slices.Equal(got, tc.want) {
				t.Errorf("Near(%q) = %q, want %q (%s)", tc.word, got, tc.want, tc.why)
			}
		})
	}
	if best := spelling.Nearest("hostnmae", words); best != "hostname" {
		t.Errorf("Nearest = %q", best)
	}
}

func TestCount(t *testing.T) {
	for want, n := range map[string]int{"0 record sets": 0, "1 record set": 1, "999 record sets": 999, "1,000 record sets": 1000, "1,234,567 record sets": 1234567} {
		if got := spelling.Count(n, "record set"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
