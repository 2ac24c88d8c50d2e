// SPDX-License-Identifier: Apache-2.0

// Package spelling has what messages need of words: which are spelt alike, to ask whether another one was meant, and how many there are of one.
package spelling

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
)

// longest bounds the words that are compared: the work grows with the product of their lengths.
const longest = 255

// Nearest returns the word that the fewest edits lead to, the first in the alphabet of several; empty where every one needs more
// than a third of the letters changed.
func Nearest(word string, words []string) string {
	if near := Near(word, slices.Values(words), 1); len(near) > 0 {
		return near[0]
	}
	return ""
}

// Near returns at most so many of the words, each once: those that the fewest edits lead to, and of equals the first in the alphabet.
// What needs more than a third of the letters changed isn't near.
func Near(word string, words iter.Seq[string], most int) []string {
	type candidate struct {
		word  string
		edits int
	}
	if len(word) > longest {
		return nil
	}
	var found []candidate
	limit := len(word) / 3
	for w := range words {
		if len(w) > len(word)+limit || len(w) < len(word)-limit {
			continue // the lengths alone take more edits
		}
		if edits := distance(word, w); edits <= limit {
			found = append(found, candidate{w, edits})
		}
	}
	slices.SortFunc(found, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.edits, b.edits), cmp.Compare(a.word, b.word)) })
	found = slices.Compact(found)
	out := make([]string, 0, min(most, len(found)))
	for _, c := range found[:min(most, len(found))] {
		out = append(out, c.word)
	}
	return out
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that lead from a to b.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// Count says how many there are of something whose plural ends in s.
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return Grouped(n) + " " + what + "s"
}

// Grouped writes a number with a comma after each three digits.
func Grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
