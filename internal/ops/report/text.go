// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// The escapes of a terminal's colours (ECMA-48, SGR).
const (
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	red    = "\x1b[31m"
	dim    = "\x1b[2m"
	plain  = "\x1b[0m"
)

// Write writes the plan for people: grouped by zone, old → new, from which object, and what is refused or held and why. Text
// from objects is quoted where it could pass for something else.
func (p Plan) Write(w io.Writer, colour bool) error {
	t := planText{colour: colour}
	for _, v := range p.Views {
		t.view(v, len(p.Views) > 1 || Named(v.Name))
	}
	braked := slices.ContainsFunc(p.Views, func(v View) bool { return len(v.Braked) > 0 })
	switch {
	case p.Empty() && braked:
		t.line("", "Nothing to do until that is released.")
	case p.Empty():
		t.line("", "Nothing to do.")
	default:
		t.line("", "%s Plan %s.", p.summary(), p.Hash)
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

func (p Plan) summary() string {
	count := make(map[change.Action]int)
	for _, v := range p.Views {
		for _, l := range lines(v.Changes) {
			if !l.Marker {
				count[l.Action]++
			}
		}
	}
	return fmt.Sprintf("%d to create, %d to update, %d to delete, markers apart.", count[change.Create], count[change.Update], count[change.Delete])
}

// planLine is a change as people see it: a change of type is one update, though it deletes and creates record sets.
type planLine struct {
	Change
	to record.Type // of a change of type: the new one
}

// lines pairs each record set that another type replaces with a new one of its name.
func lines(changes []Change) []planLine {
	type place struct {
		zone Zone
		name dnsname.Name
	}
	creates := make(map[place][]int)
	for i, c := range changes {
		if c.Action == change.Create && !c.Marker {
			creates[place{c.Zone, c.Name}] = append(creates[place{c.Zone, c.Name}], i)
		}
	}
	paired := make(map[int]planLine) // by the delete's index
	taken := make(map[int]bool)
	for i, c := range changes {
		at := place{c.Zone, c.Name}
		if made := creates[at]; c.Reason.Code == reason.Replaced && len(made) > 0 {
			l := planLine{Change: c, to: changes[made[0]].Type}
			l.Action, l.After = change.Update, changes[made[0]].After
			paired[i], taken[made[0]] = l, true
			creates[at] = made[1:]
		}
	}
	out := make([]planLine, 0, len(changes))
	for i, c := range changes {
		if l, ok := paired[i]; ok {
			out = append(out, l)
		} else if !taken[i] {
			out = append(out, planLine{Change: c})
		}
	}
	return out
}

type planText struct {
	b      strings.Builder
	colour bool
}

func (t *planText) line(colour, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if t.colour && colour != "" {
		text = colour + text + plain
	}
	t.b.WriteString(text + "\n")
}

func (t *planText) view(v View, named bool) {
	if named {
		t.line("", "View %s", v.Name)
	}
	zone := Zone{}
	for _, c := range lines(v.Changes) {
		if c.Zone != zone {
			zone = c.Zone
			t.line("", "Zone %s (%s)", clean(zone.Name), clean(zone.ID))
		}
		t.change(c)
	}
	t.names("Held", yellow, v.Held)
	for _, b := range v.Braked {
		t.line(yellow, "The brake of the zone %s (%s) holds %s and %s. Release them with nafuda approve --plan=%s, or a run with --once with --approve=%s.",
			clean(b.Zone.Name), clean(b.Zone.ID), Count(b.Deletes, "delete"), Count(b.Updates, "update"), b.Approve, b.Approve)
	}
	t.names("Refused", red, v.Refused)
	t.names("Noted", dim, v.Noted)
	t.names("Left out by the options", dim, v.LeftOut)
}

func (t *planText) change(c planLine) {
	colour, sign := map[change.Action]string{change.Create: green, change.Update: yellow, change.Delete: red}[c.Action], map[change.Action]string{
		change.Create: "+", change.Update: "~", change.Delete: "-",
	}[c.Action]
	if c.Marker {
		colour = dim
	}
	id := ""
	if c.ID != "" {
		id = fmt.Sprintf(" [%q]", c.ID)
	}
	var what string
	switch c.Action {
	case change.Create:
		what = c.After.String()
	case change.Delete:
		what = c.Before.String()
	default:
		what = c.Before.String() + " → "
		if c.to != "" {
			what += string(c.to) + " "
		}
		what += c.After.String()
	}
	from := ""
	if c.From != "" {
		from = "  (" + clean(c.From) + ")"
	}
	t.line(colour, "  %s %s %s%s  %s%s", sign, clean(string(c.Name)), c.Type, id, what, from)
}

// String is the set in one line: its TTL, targets and properties.
func (s *Set) String() string {
	text := clean(strings.Join(s.Targets, ", "))
	if s.TTL > 0 {
		text = fmt.Sprintf("%d %s", s.TTL, text)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Props)) {
		text += clean(" " + name + "=" + s.Props[name])
	}
	return text
}

func (t *planText) names(title, colour string, list []Name) {
	if len(list) == 0 {
		return
	}
	t.line("", "%s", title)
	for _, n := range list {
		t.refusal(colour, n)
	}
}

// refusal writes why a name or a part of an object isn't as asked for.
func (t *planText) refusal(colour string, n Name) {
	what := strings.TrimSpace(fmt.Sprintf("%s %s", n.Name, n.Type))
	if n.Field != "" {
		what = fmt.Sprintf("%s %q", clean(n.Field), n.Value)
	}
	text := n.Reason.Text
	if n.Fix != "" {
		text += "; " + n.Fix
	}
	from := ""
	if n.From != "" {
		from = "  (" + clean(n.From) + ")"
	}
	t.line(colour, "  ! %s%s: %s", clean(what), from, clean(text))
}

// Clean makes text from outside fit to be printed in one line: see clean.
func Clean(s string) string { return clean(s) }

// clean replaces what isn't printed as itself, such as control characters and those that change the direction of writing, so that
// text from objects can neither steer a terminal nor pass for other text.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
