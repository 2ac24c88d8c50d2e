// SPDX-License-Identifier: Apache-2.0

// Package mutate holds a list of ways in which the code that keeps an invariant can be broken, each with the tests that then fail. One test
// sees to it that the list still fits the code and that docs/testing.md shows it; another, behind the build tag mutate, tries it all:
// make mutate.
package mutate

import (
	"fmt"
	"strings"
)

// Mutation breaks the code in one way.
type Mutation struct {
	Title string // what is broken, in words
	File  string // slash-separated, below the module's root
	Hunks []Hunk
	Tests []Test // each of them fails
}

// Hunk is a run of whole lines that others take the place of.
type Hunk struct{ Old, New []string }

// Test is what go test is given.
type Test struct{ Package, Run string }

// Parse reads a list. The lines of an entry are told by how they begin; lines with a # and empty ones are left out:
//
//	= every record set counts as ours
//	file internal/decide/plan/plan.go
//	test ./internal/decide/plan TestName$
//	-		case ok && c.Owner == in.Owner:
//	+		case ok:
//
// A line to be replaced after one that replaces begins another hunk.
func Parse(text string) ([]Mutation, error) {
	var out []Mutation
	for i, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		if title, ok := strings.CutPrefix(line, "= "); ok {
			out = append(out, Mutation{Title: title})
			continue
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("line %d: begin with a title, = and some words", i+1)
		}
		if err := out[len(out)-1].add(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	return out, nil
}

func (m *Mutation) add(line string) error {
	switch word, rest, _ := strings.Cut(line, " "); {
	case line[0] == '-':
		if n := len(m.Hunks); n == 0 || len(m.Hunks[n-1].New) > 0 {
			m.Hunks = append(m.Hunks, Hunk{})
		}
		h := &m.Hunks[len(m.Hunks)-1]
		h.Old = append(h.Old, line[1:])
	case line[0] == '+':
		if len(m.Hunks) == 0 {
			return fmt.Errorf("%q takes no line's place", line)
		}
		h := &m.Hunks[len(m.Hunks)-1]
		h.New = append(h.New, line[1:])
	case word == "file":
		m.File = rest
	case word == "test":
		pkg, run, ok := strings.Cut(rest, " ")
		if !ok {
			return fmt.Errorf("%q names no test", line)
		}
		m.Tests = append(m.Tests, Test{pkg, run})
	default:
		return fmt.Errorf("%q: want =, file, test, - or +", line)
	}
	return nil
}

// Apply breaks a file. What is replaced must be in it exactly once.
func (m Mutation) Apply(source string) (string, error) {
	if len(m.Hunks) == 0 || len(m.Tests) == 0 || m.File == "" {
		return "", fmt.Errorf("%q needs a file, a test and something to replace", m.Title)
	}
	for _, h := range m.Hunks {
		old := "\n" + strings.Join(h.Old, "\n") + "\n"
		if n := strings.Count(source, old); n != 1 {
			return "", fmt.Errorf("%q: %s has these lines %d times, want once:%s", m.Title, m.File, n, old)
		}
		lines := strings.Join(append([]string{""}, h.New...), "\n") + "\n"
		source = strings.Replace(source, old, lines, 1)
	}
	return source, nil
}
