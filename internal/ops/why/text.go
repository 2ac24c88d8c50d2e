// SPDX-License-Identifier: Apache-2.0

package why

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/report"
)

// The escapes of a terminal's colours (ECMA-48, SGR).
const (
	green = "\x1b[32m"
	red   = "\x1b[31m"
	plain = "\x1b[0m"
)

// width is how many columns a terminal has at least, and margin how many the marks and places take.
const (
	width  = 80
	margin = 17
)

// Write writes the report for people, at most 80 columns wide where words allow. Text from objects can't steer a terminal.
func (r Report) Write(w io.Writer, colour bool) error {
	t := text{colour: colour, views: slices.ContainsFunc(r.Walks, func(w Walk) bool { return report.Named(w.View) })}
	if r.Object != nil {
		t.object(*r.Object)
	}
	for _, walk := range r.Walks {
		if r.Object != nil && walk.Good && !walk.waits() {
			t.verdict(walk)
			continue
		}
		t.walk(walk)
	}
	t.list("We looked at", r.Looked)
	t.list("Spelt alike", r.Near)
	_, err := io.WriteString(w, t.b.String())
	return err
}

type text struct {
	b      strings.Builder
	colour bool
	views  bool // of each name it is told in which view
}

func (t *text) object(o Object) {
	fmt.Fprintf(&t.b, "%s\n", report.Clean(o.Ref))
	if o.There {
		t.entry(OK, "object", "it is there, and the source "+o.Source+" reads it")
	}
	for _, f := range o.Refusals {
		t.entry(No, "object", fmt.Sprintf("%s %q: %s [%s]", f.Field, f.Value, f.Reason.Text, f.Reason.Code))
		t.below("fix", f.Fix)
	}
	if o.Stop != nil {
		s := *o.Stop
		s.Step = "object"
		t.step(s)
	}
}

func (t *text) head(w Walk) {
	where := ""
	if w.Zone != nil {
		where = fmt.Sprintf(" in %s (%s)", w.Zone.Name, w.Zone.ID)
	}
	if t.views {
		where += ", view " + w.View
	}
	fmt.Fprintf(&t.b, "%s\n", report.Clean(string(w.Name)+where))
}

func (t *text) walk(w Walk) {
	t.head(w)
	for _, s := range w.Steps {
		t.step(s)
	}
	for _, o := range w.Observed {
		if !o.Marker {
			t.entry(None, "there", fmt.Sprintf("%s %s (%s)", o.Type, o.Set.String(), o.whose()))
		}
	}
	for _, c := range w.Changes {
		if !c.Marker && w.Stop() != nil {
			t.entry(None, "wanted", fmt.Sprintf("%s %s %s", c.Action, c.Type, wanted(c)))
		}
	}
	if !w.Retry.IsZero() {
		t.entry(None, "again", "at "+w.Retry.UTC().Format(time.DateTime)+" UTC")
	}
	if w.Last != nil {
		t.entry(None, "last", fmt.Sprintf("entry %s of the journal, %s UTC, %s", w.Last.Entry, w.Last.Time.UTC().Format(time.DateTime), w.Last.Outcome))
	}
}

func wanted(c report.Change) string {
	if c.After == nil {
		return c.Before.String()
	}
	return c.After.String()
}

func (o Observed) whose() string {
	switch {
	case o.Ours:
		return "ours"
	case o.Owner != "":
		return fmt.Sprintf("of the owner %q", o.Owner)
	default:
		return "not ours"
	}
}

// verdict is a good walk in one line.
func (t *text) verdict(w Walk) {
	var sets []string
	for _, o := range w.Observed {
		if o.Ours {
			sets = append(sets, o.Type+" "+o.Set.String())
		}
	}
	t.head(w)
	t.entry(OK, "published", strings.Join(sets, "; "))
}

func (t *text) step(s Step) {
	content := s.Text
	if s.Reason != nil {
		content += fmt.Sprintf(" [%s]", s.Reason.Code)
	}
	t.entry(s.Mark, string(s.Step), content)
	if s.Mark == No || s.Mark == Wait {
		t.below("fix", s.Fix)
	}
	if s.Command != "" {
		// On a line of its own, however long: it is there to be copied.
		fmt.Fprintf(&t.b, "%*s%s\n", margin, "", report.Clean(s.Command))
		if s.Reason.Code == reason.PolicyKeeps {
			t.below("", "with your other flags, and without your own --domain-filter")
		}
	}
	for _, n := range s.Notes {
		t.below("note", fmt.Sprintf("%s [%s]", n.Reason.Text, n.Reason.Code))
	}
}

// entry writes a line with its mark, and what doesn't fit below it.
func (t *text) entry(m Mark, place, content string) {
	mark, colour := "--", ""
	switch m {
	case OK:
		mark, colour = "ok", green
	case No:
		mark, colour = "no", red
	case Wait:
		mark = ".."
	}
	if t.colour && colour != "" {
		mark = colour + mark + plain
	}
	lines := report.Wrap(report.Clean(content), width-margin)
	fmt.Fprintf(&t.b, "  %s  %-*s%s\n", mark, margin-6, place, lines[0])
	t.rest(lines[1:])
}

func (t *text) below(lead, content string) {
	if content == "" {
		return
	}
	if lead != "" {
		content = lead + ": " + content
	}
	t.rest(report.Wrap(report.Clean(content), width-margin))
}

func (t *text) rest(lines []string) {
	for _, l := range lines {
		fmt.Fprintf(&t.b, "%*s%s\n", margin, "", l)
	}
}

func (t *text) list(title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(&t.b, "%s\n", title)
	for _, item := range items {
		for i, l := range report.Wrap(report.Clean(item), width-4) {
			fmt.Fprintf(&t.b, "%*s%s\n", 2+2*min(i, 1), "", l)
		}
	}
}
