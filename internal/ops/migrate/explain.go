// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/app/flags"
)

// Given is a flag as the running ExternalDNS has it, whether as an argument or as a variable.
type Given struct {
	Name   string // without dashes
	Value  string
	Origin string // "--x", or the variable's name
}

// Known is a flag of ours.
type Known struct {
	Name, Help string
	Kind       flags.Kind
	Secret     bool // its value isn't to be printed
}

// Classes of arguments beside those of flags.Class.
const (
	ours    flags.Class = "ours"    // a flag that only Nafuda has
	unknown flags.Class = "unknown" // one that neither has
)

// Explained is what becomes of one flag, with all the values that it is given.
type Explained struct {
	Flag   string      `json:"flag"`
	Given  []string    `json:"given"` // as they are written, secrets left out; without the value where we don't have the flag, for it may be one
	Class  flags.Class `json:"class"`
	Text   string      `json:"text"`              // what it does here, what does it now, or what to do instead
	AsNow  bool        `json:"asNow,omitempty"`   // refused, but given its default: it asks for nothing and may stay
	Others string      `json:"becomes,omitempty"` // the flag that takes its value over

	kind   flags.Kind
	secret bool
}

// written is a flag as it was given.
func (r *Running) written(g Given, e Explained) string {
	bare := e.kind == flags.Switch && (g.Value == "true" && strings.HasPrefix(g.Origin, "-") || strings.HasPrefix(g.Origin, "--no-"))
	if bare || e.Class == flags.Refused || e.Class == unknown {
		return g.Origin
	}
	if e.secret && g.Value != "" {
		return g.Origin + "=" + hidden
	}
	return g.Origin + "=" + r.Scrub(g.Value)
}

// Explain says of each flag what becomes of it, in the order in which they are first given.
func (r *Running) Explain(list []Given, have []Known) []Explained {
	table := flags.All()
	var out []Explained
	at := make(map[string]int)
	for _, g := range list {
		i, seen := at[g.Name]
		if !seen {
			i = len(out)
			at[g.Name] = i
			out = append(out, explained(g.Name, table, have))
		}
		e := &out[i]
		e.Given = append(e.Given, r.written(g, *e))
		if e.Class == flags.Refused {
			j := slices.IndexFunc(table, func(f flags.Flag) bool { return f.Name == g.Name })
			e.AsNow = (!seen || e.AsNow) && table[j].AtDefault(g.Value)
		}
	}
	return out
}

// Remarks are what a person should know about flags that aren't given.
func Remarks(given []Given) []string {
	if slices.ContainsFunc(given, func(g Given) bool { return g.Name == "policy" }) {
		return nil
	}
	return []string{"no --policy is given: here that is upsert-only, so nothing is deleted. An ExternalDNS that starts without the flag is an old one, and deletes: add --policy=sync to keep that"}
}

func explained(name string, table []flags.Flag, have []Known) Explained {
	e := Explained{Flag: name, Class: unknown, Text: "neither ExternalDNS nor Nafuda has such a flag"}
	if i := slices.IndexFunc(have, func(k Known) bool { return k.Name == name }); i >= 0 {
		e.Class, e.Text, e.kind, e.secret = ours, have[i].Help, have[i].Kind, have[i].Secret
	}
	if i := slices.IndexFunc(table, func(f flags.Flag) bool { return f.Name == name }); i >= 0 {
		f := table[i]
		e.Class, e.kind, e.secret = f.Class, f.Kind, e.secret || f.Secret
		if f.Class != flags.Honoured {
			e.Text, e.Others = f.Advice, f.Becomes
		}
	}
	return e
}
