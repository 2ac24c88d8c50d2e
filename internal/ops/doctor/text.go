// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// maxText bounds a finding, in characters: much of it comes from outside.
const maxText = 1000

// mostShown is how many findings of one level and check Write shows.
const mostShown = 20

// Write writes a report for people: a line each finding, its fix below, and the sum at the end.
func (r Report) Write(w io.Writer, colour bool) error {
	var b strings.Builder
	count := make(map[Level]int)
	for _, c := range r.Checks {
		count[c.Level]++
		shown := make(map[Level]int)
		for _, f := range c.Findings {
			if shown[f.Level]++; shown[f.Level] <= mostShown {
				fmt.Fprintf(&b, "%s  %-12s %s\n", paint(f.Level, colour), c.Check, f.viewed())
			}
			if f.Fix != "" && shown[f.Level] <= mostShown {
				fmt.Fprintf(&b, "      %-12s fix: %s\n", "", f.Fix)
			}
		}
		for _, l := range []Level{Fail, Warn, OK} {
			if more := shown[l] - mostShown; more > 0 {
				fmt.Fprintf(&b, "%s  %-12s and %d more: -o json shows all\n", paint(l, colour), c.Check, more)
			}
		}
	}
	fmt.Fprintf(&b, "\n%d ok, %d warn, %d fail\n", count[OK], count[Warn], count[Fail])
	_, err := io.WriteString(w, b.String())
	return err
}

// viewed is the text with the view that it is of.
func (f Finding) viewed() string {
	if f.View == "" {
		return f.Text
	}
	return "view " + f.View + ": " + f.Text
}

// paint is a level four characters wide.
func paint(l Level, colour bool) string {
	text := fmt.Sprintf("%-4s", l)
	if !colour {
		return text
	}
	codes := map[Level]string{OK: "\x1b[32m", Warn: "\x1b[33m", Fail: "\x1b[31m"}
	return codes[l] + text + "\x1b[0m"
}

// clean makes a text one line without control characters, and bounds it: it may come from outside and go to a terminal.
func clean(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "�")), " ")
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText-1]) + "…"
	}
	return text
}
