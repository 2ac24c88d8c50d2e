// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"

	"nafuda.io/nafuda/test/golden"
)

// hostile would clear a screen, colour text, turn its direction or begin a line, if it got through.
const hostile = "x\x1b[2J\x1b]0;t\x07\r\n+ y\u202e\u2066\u009b31m\x00\xff"

func somePlan() Plan {
	z := Zone{ID: "Z1", Name: "example.com"}
	set := func(ttl uint32, targets ...string) *Set { return &Set{TTL: ttl, Targets: targets} }
	weighted := func(weight string) *Set {
		return &Set{TTL: 300, Targets: []string{"192.0.2.1"}, Props: map[string]string{"aws/weight": weight, "aws/health-check-id": "h"}}
	}
	return Plan{Hash: "0123456789abcdef", Views: []View{{
		Name: "default",
		Changes: []Change{
			{Zone: z, Name: "a.example.com", Type: record.A, Action: change.Create, After: set(300, "192.0.2.1", "192.0.2.2"), From: "ingress/default/a"},
			{Zone: z, Name: "a-a.example.com", Type: record.TXT, Action: change.Create, After: set(300, `"heritage"`), From: "ingress/default/a", Marker: true},
			{Zone: z, Name: "b.example.com", Type: record.A, ID: "one", Action: change.Update, Before: weighted("1"), After: weighted("2"), From: "service/default/b"},
			{Zone: z, Name: "c.example.com", Type: record.A, Action: change.Delete, Before: set(0, "alias lb.example.net")},
			{
				Zone: Zone{ID: hostile, Name: hostile}, Name: hostile, Type: record.TXT, ID: hostile, Action: change.Update,
				Before: &Set{Targets: []string{hostile}, Props: map[string]string{hostile: hostile}}, After: set(1, hostile), From: hostile,
			},
		},
		Held:    []Name{{Name: "d.example.com", Type: record.A, What: change.Held, From: "ingress/default/d", Reason: reason.New(reason.NoAddressYet, "no address"), Fix: "wait"}},
		Refused: []Name{{Name: dnsname.Name(hostile), From: hostile, Field: hostile, Value: hostile, Reason: reason.New(reason.BadName, "%s", hostile), Fix: hostile}, {Name: hostile, Reason: reason.New(reason.NoZone, "no zone")}},
		Braked:  []Braked{{Zone: Zone{ID: hostile, Name: hostile}, Deletes: 12, Approve: "0123456789abcdef01234567"}},
	}}}
}

func TestPlanText(t *testing.T) {
	for name, colour := range map[string]bool{"plan-plain": false, "plan-colour": true} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := somePlan().Write(&out, colour); err != nil {
				t.Fatal(err)
			}
			golden.File(t, filepath.Join("testdata", name+".golden"), out.String())
			text := out.String()
			for _, ours := range []string{green, yellow, red, dim, plain} {
				if colour != strings.Contains(text, ours) {
					t.Errorf("colour %q: %t, want %t", ours, !colour, colour)
				}
				text = strings.ReplaceAll(text, ours, "")
			}
			if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }); i >= 0 {
				t.Errorf("%q is printed as it is", text[i:min(i+8, len(text))])
			}
			if lines := strings.Count(text, "\n"); lines != 14 {
				t.Errorf("%d lines, want 14: a value began one of its own", lines)
			}
		})
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestPlanTextNeedsItsWriter(t *testing.T) {
	if err := somePlan().Write(broken{}, false); err == nil {
		t.Error("a plan that can't be written is an error")
	}
}

// TestNothingToDo has a plan without changes say whether something waits for a person.
func TestNothingToDo(t *testing.T) {
	for last, p := range map[string]Plan{
		"Nothing to do.":                        {Views: []View{{Name: "default"}}},
		"Nothing to do until that is released.": {Views: []View{{Braked: []Braked{{Zone: Zone{ID: "Z1", Name: "example.com"}, Deletes: 12, Approve: "0123456789abcdef01234567"}}}}},
	} {
		var out strings.Builder
		if err := p.Write(&out, false); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix("\n"+out.String(), "\n"+last+"\n") {
			t.Errorf("it ends with another line than %q:\n%s", last, out.String())
		}
	}
}
