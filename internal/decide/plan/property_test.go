// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/decide/plan"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/test/zonetext"
)

var (
	names     = []string{"www", "b", "a-b", "cname-b", "any", "*", "@"}
	resources = []string{"i/x", "i/y", "unknown/z"}
	values    = map[record.Type][]string{
		"A": {"192.0.2.1", "192.0.2.2"}, "AAAA": {"2001:db8::1"}, "CNAME": {"lb.example.net"}, "TXT": {"hello"},
	}
	kinds = []record.Type{"A", "AAAA", "CNAME", "TXT"}
)

func drawSet(t *rapid.T, name string) string {
	kind := rapid.SampledFrom(kinds).Draw(t, "type")
	id := rapid.SampledFrom([]string{"", "", "#b"}).Draw(t, "id")
	return fmt.Sprintf("%s%s %s %s", name, id, kind, rapid.SampledFrom(values[kind]).Draw(t, "value"))
}

// drawZone draws a zone that a server would take: record sets and markers of all forms and owners, some without each other.
func drawZone(t *rapid.T) []record.Set {
	var out []record.Set
	add := func(line string) {
		s := zonetext.Sets(t, line)[0]
		if fits(s, out) && !slices.ContainsFunc(out, func(o record.Set) bool { return o.Key == s.Key }) {
			out = append(out, s)
		}
	}
	for range rapid.IntRange(0, 6).Draw(t, "sets") {
		line := drawSet(t, rapid.SampledFrom(names).Draw(t, "name"))
		if rapid.Bool().Draw(t, "there") {
			add(line)
		}
		f := strings.Fields(line)
		name, id, _ := strings.Cut(f[0], "#")
		form := rapid.SampledFrom([]string{"NAME", "TYPE-NAME", "p.TYPE-NAME", "p.NAME", "cname-NAME", "none"}).Draw(t, "form")
		if form == "none" || name == "@" {
			continue
		}
		at := strings.NewReplacer("TYPE", strings.ToLower(f[1]), "NAME", name).Replace(form)
		if id != "" {
			at += "#" + id
		}
		text := rapid.SampledFrom([]string{
			"=i/x", "=i/y", "=unknown/z", "=them:i/x", "=i/x spf", "=them:i/x =i/x", "=i/x|A", "=i/x|A+AAAA", "=i/y|AAAA+TXT", "=i/x|CNAME", "=them:i/x|A+AAAA",
		}).Draw(t, "marker")
		add(at + " TXT " + text)
	}
	return out
}

func drawRows(t *rapid.T, name string) []plan.Row {
	var lines []string
	seen := make(map[string]bool)
	for range rapid.IntRange(0, 3).Draw(t, "wants") {
		resource := rapid.SampledFrom(resources).Draw(t, "resource")
		if rapid.IntRange(0, 5).Draw(t, "hold") == 0 {
			lines = append(lines, resource+" hold "+name+rapid.SampledFrom([]string{"", " A", " AAAA"}).Draw(t, "type held"))
			continue
		}
		line := drawSet(t, name)
		f := strings.Fields(line)
		if key := f[0] + f[1]; !seen[key] { // resolve gives each record set once
			seen[key] = true
			lines = append(lines, resource+" "+line)
		}
	}
	return resolved(rows(t, strings.Join(lines, "\n")))
}

// resolved leaves CNAMEs out where other types are wanted, as resolve does within a row.
func resolved(rs []plan.Row) []plan.Row {
	cname := func(w change.Want) bool { return w.Set.Type == record.CNAME }
	var all []change.Want
	for _, r := range rs {
		all = append(all, r.Wants...)
	}
	if len(slices.DeleteFunc(all, cname)) > 0 {
		for i := range rs {
			rs[i].Wants = slices.DeleteFunc(rs[i].Wants, cname)
		}
	}
	return rs
}

// oursNearby is an independent look at whether a record set may count as ours: one of the names that its marker may have holds a
// marker with our owner alone.
func oursNearby(s record.Set, state []record.Set) bool {
	head, rest, _ := strings.Cut(string(s.Name), ".")
	heads := []string{head, strings.ToLower(string(s.Type)) + "-" + head}
	if head == "*" {
		heads = append(heads, "any", strings.ToLower(string(s.Type))+"-any")
	}
	for _, m := range state {
		h, ok := registry.MarkerOf(m)
		if !ok || h.Owner != us || m.ID != s.ID {
			continue
		}
		for _, x := range heads {
			at := x + "." + rest
			if string(m.Name) == at || string(m.Name) == "p."+at || s.Name == example.Name && m.Name.In(example.Name) {
				return true
			}
		}
	}
	return false
}

func TestNameKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		opts := txt.Options{
			Owner:    us,
			Format:   rapid.SampledFrom([]string{"auto", "typed", "untyped", "both", "shared", "shared"}).Draw(t, "format"),
			Migrate:  rapid.Bool().Draw(t, "migrate"),
			Prefix:   rapid.SampledFrom([]string{"", "", "p."}).Draw(t, "prefix"),
			Wildcard: rapid.SampledFrom([]string{"", "any"}).Draw(t, "wildcard"),
		}
		reg := txt.New(opts)
		state := drawZone(t)
		name := rapid.SampledFrom(names).Draw(t, "planned")
		rs := drawRows(t, name)
		policy := rapid.SampledFrom([]change.Policy{change.Sync, change.UpsertOnly, change.CreateOnly}).Draw(t, "policy")
		types := rapid.SampledFrom([][]record.Type{{"A", "AAAA", "CNAME"}, {"A", "AAAA", "CNAME", "TXT"}}).Draw(t, "managed")
		run := func(state []record.Set) (change.Group, []change.Decision) {
			in := input(state, name, rs, reg, policy)
			in.Manages = managed(types...)
			return plan.Name(in)
		}
		group, decisions := run(state)
		for _, c := range group.Changes {
			if c.Before == nil {
				continue
			}
			if h, is := registry.MarkerOf(*c.Before); c.Marker && (!is || h.Owner != us) || !c.Marker && !oursNearby(*c.Before, state) {
				t.Fatalf("%s edits what isn't ours, in\n%s", c, zonetext.Text(state))
			}
			if !c.Marker && policy == change.CreateOnly {
				t.Fatalf("%s under %s", c, policy)
			}
		}
		after := apply(t, state, group.Changes)
		for _, c := range group.Changes {
			if c.Marker || c.After == nil {
				continue
			}
			l := reg.Open(zonetext.Full(name), example, zonetext.Look(after), asking(rs, name))
			if claim, ok, why := l.Claim(*c.After); !ok || claim.Owner != us {
				t.Fatalf("%s is claimed by %q (%v), in\n%s", c, claim.Owner, why, zonetext.Text(after))
			}
		}
		owners := func(state []record.Set) (out, unclear map[record.Key]bool) {
			out, unclear = make(map[record.Key]bool), make(map[record.Key]bool)
			for _, s := range state {
				l := reg.Open(s.Name, example, zonetext.Look(state), asking(rs, name))
				claim, ok, why := l.Claim(s)
				out[s.Key] = ok && claim.Owner == us && !l.IsMarker(s)
				unclear[s.Key] = why.Code == reason.Ambiguous
			}
			return out, unclear
		}
		made := make(map[record.Key]bool)
		for _, c := range group.Changes {
			made[c.Key()] = c.After != nil
		}
		before, unclear := owners(state)
		now, _ := owners(after)
		texts := strings.Contains(zonetext.Text(state), "spf") // beside a marker: it stays where the marker was, and may be taken for one's record set
		for _, s := range after {
			switch stays := before[s.Key]; {
			case stays && !now[s.Key] && !texts && s.Name == zonetext.Full(name) && slices.Contains(types, s.Type):
				t.Fatalf("%s was ours and isn't after %v, in\n%s\nbefore\n%s", s.Key, group.Changes, zonetext.Text(after), zonetext.Text(state))
			case !stays && now[s.Key] && !made[s.Key] && !unclear[s.Key] && opts.Format == "shared":
				t.Fatalf("%s wasn't ours and is after %v, in\n%s\nbefore\n%s", s.Key, group.Changes, zonetext.Text(after), zonetext.Text(state))
			}
		}
		again, _ := run(after)
		if opts.Format != "auto" && opts.Format != "typed" || slices.ContainsFunc(decisions, refused) {
			// What was in the way may have gone, and a forced untyped marker that is shared tells one object only.
			after = apply(t, after, again.Changes)
			again, _ = run(after)
		}
		if len(again.Changes) > 0 {
			t.Fatalf("planned again after %v: %v, in\n%s\nbefore\n%s", group.Changes, again.Changes, zonetext.Text(after), zonetext.Text(state))
		}
	})
}

func refused(d change.Decision) bool { return d.Verdict == change.Refused }
