// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"fmt"
	"io"
	"strings"

	"nafuda.io/nafuda/internal/ops/report"
)

// Report is all that migrate tells. Outcome and Swap are absent where a mistake keeps the arguments from being used.
type Report struct {
	Arguments []Explained `json:"arguments"`
	Notes     []string    `json:"notes"`
	Mistakes  []string    `json:"mistakes"` // what has to be corrected before anything can be planned
	Outcome   *Outcome    `json:"outcome,omitempty"`
	Swap      *Swap       `json:"swap,omitempty"`
}

// Write writes the report for people. Text from manifests and objects can't steer the terminal.
func (r Report) Write(w io.Writer, colour bool) error {
	t := text{w: w, colour: colour}
	t.arguments(r.Arguments)
	t.list("Notes", r.Notes)
	t.list("To be corrected first; nothing was planned", r.Mistakes)
	if r.Outcome != nil {
		t.outcome(*r.Outcome)
	}
	if r.Swap != nil {
		t.swap(*r.Swap)
	}
	return t.err
}

type text struct {
	w      io.Writer
	colour bool
	err    error
}

func (t *text) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

func (t *text) arguments(list []Explained) {
	if len(list) == 0 {
		return
	}
	t.line("The arguments, and what becomes of them")
	for _, e := range list {
		class := string(e.Class)
		if e.AsNow {
			class = "at default"
		}
		t.line("  %-11s %s", class, report.Clean(strings.Join(e.Given, " ")))
		switch {
		case e.Text == "":
		case e.AsNow:
			t.line("              it asks for nothing and may stay; any other value: %s", report.Clean(e.Text))
		default:
			t.line("              %s", report.Clean(e.Text))
		}
	}
}

func (t *text) list(title string, list []string) {
	if len(list) == 0 {
		return
	}
	t.line("%s", title)
	for _, n := range list {
		t.line("  ! %s", report.Clean(n))
	}
}

func (t *text) outcome(o Outcome) {
	t.line("What Nafuda would change with these arguments")
	t.plan(o.Plan)
	if len(o.Causes) > 0 {
		t.line("Why")
	}
	for _, c := range o.Causes {
		t.cause(c)
	}
	if o.Then != nil {
		t.line("What it would change with %s", report.Clean(strings.Join(o.Avoid, " and ")))
		t.plan(*o.Then)
	}
	switch {
	case o.Still():
		t.line("The zones stay as ExternalDNS left them, record by record, so the way back has nothing to do either.")
	case o.Then != nil && still(*o.Then):
		t.line("With that, the zones stay as ExternalDNS left them, record by record, so the way back has nothing to do either.")
	}
}

func (t *text) plan(p report.Plan) {
	if t.err == nil {
		t.err = p.Write(indented{t.w, new(bool)}, t.colour)
	}
}

// cause shows a few of the changes; the plan has them all.
func (t *text) cause(c Cause) {
	const most = 10
	var names []string
	for _, ch := range c.Changes[:min(len(c.Changes), most)] {
		names = append(names, fmt.Sprintf("%s %s", ch.Name, ch.Type))
	}
	if n := len(c.Changes) - most; n > 0 {
		names = append(names, fmt.Sprintf("and %d more", n))
	}
	t.line("  %s: %s", report.Count(len(c.Changes), "change"), report.Clean(strings.Join(names, ", ")))
	if c.Theirs != "" {
		t.line("    ExternalDNS: %s", c.Theirs)
		t.line("    Nafuda: %s", c.Ours)
	}
	if c.Guess {
		t.line("    It looks like this; no flag can prove it.")
	}
	if c.Avoid != "" {
		t.line("    Avoided by %s (tried: the plan hasn't got them then).", report.Clean(c.Avoid))
	}
	if c.Advice != "" {
		t.line("    %s.", strings.ToUpper(c.Advice[:1])+c.Advice[1:])
	}
}

func (t *text) swap(s Swap) {
	t.line("The arguments of Nafuda")
	for _, a := range s.Args {
		t.line("  %s", report.Clean(Quote(a)))
	}
	t.commands("The swap", s.There)
	t.commands("The way back", s.Back)
	for _, n := range s.Notes {
		t.line("  (%s)", report.Clean(n))
	}
}

// commands are a paragraph, where there are any.
func (t *text) commands(title string, list []string) {
	if len(list) == 0 {
		return
	}
	t.line("%s", title)
	for _, c := range list {
		t.line("  %s", report.Clean(c))
	}
}

// indented writes each line two columns further to the right.
type indented struct {
	w      io.Writer
	inLine *bool
}

// Write is io.Writer's.
func (i indented) Write(p []byte) (int, error) {
	var b strings.Builder
	for _, c := range p {
		if !*i.inLine {
			b.WriteString("  ")
		}
		b.WriteByte(c)
		*i.inLine = c != '\n'
	}
	if _, err := io.WriteString(i.w, b.String()); err != nil {
		return 0, fmt.Errorf("print: %w", err)
	}
	return len(p), nil
}
