// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/report"
)

// The escapes of a terminal's colours (ECMA-48, SGR).
const (
	green = "\x1b[32m"
	red   = "\x1b[31m"
	plain = "\x1b[0m"
)

const (
	width      = 100 // columns of a terminal
	longest    = 40  // of a name in the table; longer ones have a line of their own
	shortest   = 15  // of values that are shown
	widestView = 16  // of a view's name
	margin     = 13  // before the text of a cause
)

// Write writes a table, a line a name and type, at most 100 columns wide, and below each what differs, why, and what to do. Text from
// outside can't steer a terminal.
func (r Report) Write(w io.Writer, colour bool) error {
	t := text{colour: colour, name: len("NAME"), kind: len("TYPE"), fixes: make(map[reason.Code]string)}
	for _, row := range r.Rows {
		if n := len(row.Name); n <= longest {
			t.name = max(t.name, n)
		}
		t.kind = max(t.kind, len(row.Type))
		t.connect = t.connect || row.Connect != nil
		if report.Named(row.View) {
			t.view = max(t.view, len("VIEW"), min(len(row.View), widestView))
		}
	}
	if len(r.Rows) > 0 {
		t.head()
	}
	for i, row := range r.Rows {
		alike := func(o Row) bool { return o.Name == row.Name && o.Type == row.Type }
		t.row(row, slices.ContainsFunc(r.Rows[:i], alike) || slices.ContainsFunc(r.Rows[i+1:], alike))
	}
	t.summary(r)
	_, err := io.WriteString(w, t.b.String())
	return err
}

type text struct {
	b          strings.Builder
	colour     bool
	name, kind int // widths
	view       int // 0: no view has a name
	connect    bool
	fixes      map[reason.Code]string // the name below which each fix stands
}

// line writes a line without spaces at its end.
func (t *text) line(format string, args ...any) {
	t.b.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

func (t *text) head() {
	connect := ""
	if t.connect {
		connect = "CONNECT  "
	}
	t.line("%-*s  %-*s  %sOBJECT  PROVIDER  SERVERS  RESOLVER  %sVALUES", t.name, "NAME", t.kind, "TYPE", t.viewed("VIEW"), connect)
}

// viewed is the column of the view, where there is one.
func (t *text) viewed(view string) string {
	if t.view == 0 {
		return ""
	}
	return fmt.Sprintf("%-*s  ", t.view, cut(report.Clean(view), t.view))
}

func (t *text) row(r Row, several bool) {
	name := report.Clean(string(r.Name))
	first := name
	if len(name) > longest {
		t.line("%s", name)
		first = ""
	}
	marks := t.mark(r.Object.Mark, 6) + t.mark(r.Provider.Mark, 8) + t.mark(r.Servers.Mark, 7) + t.mark(r.Resolver.Mark, 8)
	taken := t.name + 2 + t.kind + 2 + len(t.viewed("")) + 8 + 10 + 9 + 10
	if t.connect {
		connect := None
		if r.Connect != nil {
			connect = r.Connect.Mark
		}
		marks += t.mark(connect, 7)
		taken += 9
	}
	t.line("%-*s  %-*s  %s%s%s", t.name, first, t.kind, r.Type, t.viewed(r.View), marks, cut(report.Clean(strings.Join(r.shownValues(), ", ")), max(width-taken, shortest)))
	if several && r.Zone != nil {
		t.below("zone", fmt.Sprintf("%s (%s), %s", r.Zone.Name, r.Zone.ID, r.Seen))
	}
	for _, c := range r.Causes {
		t.below(c.Place, fmt.Sprintf("%s [%s]", c.Reason.Text, c.Reason.Code))
		t.fix(c, name)
	}
	for _, c := range r.Notes {
		if !quiet(c) {
			t.below(c.Place, fmt.Sprintf("note: %s [%s]", c.Reason.Text, c.Reason.Code))
		}
	}
}

// fix writes what to do the first time, and where that stands after that.
func (t *text) fix(c Cause, name string) {
	before, told := t.fixes[c.Reason.Code]
	switch {
	case c.Fix == "":
	case told:
		t.below("", "fix: as for "+before)
	default:
		t.fixes[c.Reason.Code] = name
		t.below("", "fix: "+c.Fix)
	}
}

// shownValues are the values that the provider has, or else what the servers or the resolver say.
func (r Row) shownValues() []string {
	for _, p := range []Place{r.Provider, r.Servers, r.Resolver} {
		if len(p.Values) > 0 {
			return p.Values
		}
	}
	return nil
}

// cut shortens a text to so many characters.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

func (t *text) mark(m Mark, columns int) string {
	word, colour := "--", ""
	switch m {
	case OK:
		word, colour = "ok", green
	case No:
		word, colour = "no", red
	}
	padded := fmt.Sprintf("%-*s", columns+2, word)
	if t.colour && colour != "" {
		padded = strings.Replace(padded, word, colour+word+plain, 1)
	}
	return padded
}

// below writes a text with what it is about before it.
func (t *text) below(what, content string) {
	for i, l := range report.Wrap(report.Clean(content), width-margin) {
		if i > 0 {
			what = ""
		}
		t.line("  %-*s%s", margin-2, what, l)
	}
}

func (t *text) summary(r Report) {
	if len(r.Rows) == 0 {
		t.line("There is nothing to ask about: no object asks for a name, and nothing published is ours.")
		return
	}
	bad := make(map[string]bool)
	codes := make(map[string]int)
	for _, row := range r.Rows {
		if !row.Good {
			bad[string(row.Name)] = true
		}
		for _, c := range row.Causes {
			codes[string(c.Reason.Code)]++
		}
	}
	if len(bad) == 0 {
		t.line("%s: the same everywhere.", report.Count(r.Asked, "name"))
	} else {
		var causes []string
		for _, code := range slices.Sorted(maps.Keys(codes)) {
			causes = append(causes, fmt.Sprintf("%d %s", codes[code], code))
		}
		for _, l := range report.Wrap(fmt.Sprintf("%s: %d with differences (%s).", report.Count(r.Asked, "name"), len(bad), strings.Join(causes, ", ")), width) {
			t.line("%s", l)
		}
	}
	if r.More > 0 {
		t.line("%s not asked about; --limit says how many are.", report.Count(r.More, "more name"))
	}
}

// quiet are notes that say no more than the mark does.
func quiet(c Cause) bool {
	return c.Reason.Code == reason.NotVerified || c.Reason.Code == reason.PrivateZone || c.Reason.Code == reason.NoZone
}
