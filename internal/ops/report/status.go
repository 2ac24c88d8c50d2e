// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/spelling"
)

// Status is what a running instance says of itself, at one moment and in short.
type Status struct {
	Version string       `json:"version,omitempty"`
	Ready   bool         `json:"ready"`
	Missing []string     `json:"missing,omitempty"` // what readiness waits for
	Leader  string       `json:"leader,omitempty"`  // the replica that has the lease; empty: there is none, or nobody is known to have it
	Standby bool         `json:"standby"`           // another replica does the work
	Waiting int          `json:"waiting"`           // names that wait to be planned or sent
	Views   []string     `json:"views,omitempty"`   // in their order
	Zones   []ZoneStatus `json:"zones"`
	Kinds   []KindStatus `json:"kinds"`
	Brakes  []Brake      `json:"brakes"`
	WAN     []WAN        `json:"wan,omitempty"` // IPv4 first; empty: nothing that is published needs it
	Names   []NameCount  `json:"names"`         // that aren't published as asked for

	Config *ConfigStatus `json:"config,omitempty"` // nil: flags say all
}

// ZoneStatus is the state of a hosted zone.
type ZoneStatus struct {
	Zone     Zone      `json:"zone"`
	Account  string    `json:"account"`
	Views    []string  `json:"views,omitempty"` // that use it
	Private  bool      `json:"private"`
	Read     bool      `json:"read"`
	Records  int       `json:"records"`
	Limit    int       `json:"limit,omitempty"`  // how many record sets it may have, where that is known
	NoRoom   int       `json:"noRoom,omitempty"` // names that wait because the zone has no room for what they add
	Waiting  int       `json:"waiting"`
	Vanished bool      `json:"vanished"`
	Error    string    `json:"error,omitempty"`
	Retry    time.Time `json:"retry,omitzero"`
}

// KindStatus is the state of a watched kind.
type KindStatus struct {
	Name    string `json:"name"`
	State   string `json:"state"`
	Objects int    `json:"objects"`
	Error   string `json:"error,omitempty"`
}

// Brake tells that the brake of a zone holds changes.
type Brake struct {
	Zone    Zone   `json:"zone"`
	Hash    string `json:"hash"`
	Deletes int    `json:"deletes"`
	Updates int    `json:"updates"`
}

// NameCount counts names, or parts of objects, with one verdict for one reason.
type NameCount struct {
	What   change.Verdict `json:"verdict"`
	Reason reason.Code    `json:"reason"`
	View   string         `json:"view,omitempty"` // where there are several
	N      int            `json:"count"`
}

// ConfigStatus says what became of the configuration file when it was read last.
type ConfigStatus struct {
	File     string    `json:"file"`
	Since    time.Time `json:"since"`              // when what is in force was read
	Refused  bool      `json:"refused"`            // the file says something else now, which isn't in force
	Mistakes []string  `json:"mistakes,omitempty"` // why
	Restart  []string  `json:"restart,omitempty"`  // keys that only a restart changes
}

// Only is what concerns one view: the zones that it uses, what their brakes hold, and its names. The rest concerns the process. It fails where
// there is no such view.
func (s Status) Only(view string) (Status, error) {
	if !slices.Contains(s.Views, view) {
		return s, fmt.Errorf("--view=%.60s: the instance has no such view: use %s", view, strings.Join(s.Views, " or "))
	}
	used := make(map[Zone]bool)
	s.Zones = slices.DeleteFunc(slices.Clone(s.Zones), func(z ZoneStatus) bool {
		here := slices.Contains(z.Views, view)
		used[z.Zone] = used[z.Zone] || here
		return !here
	})
	s.Brakes = slices.DeleteFunc(slices.Clone(s.Brakes), func(b Brake) bool { return !used[b.Zone] })
	s.Names = slices.DeleteFunc(slices.Clone(s.Names), func(n NameCount) bool { return n.View != "" && n.View != view })
	s.Views = []string{view}
	return s, nil
}

// Write writes the status for people; no line of ours is wider than 80 columns but for long names and errors.
func (s Status) Write(w io.Writer, zone *time.Location, colour bool) error {
	t := planText{colour: colour}
	s.head(&t)
	s.Config.write(&t, zone)
	if len(s.Zones) > 0 {
		t.line("", "Zones")
	}
	for _, z := range s.Zones {
		z.write(&t, zone)
	}
	if len(s.Kinds) > 0 {
		t.line("", "Kinds")
	}
	for _, k := range s.Kinds {
		t.line("", "  %-24s %s, %s", clean(k.Name), clean(k.State), Count(k.Objects, "object"))
		if k.Error != "" {
			t.line(red, "    ! %s", clean(k.Error))
		}
	}
	s.writeWAN(&t, zone)
	if len(s.Brakes) > 0 {
		t.line("", "Held by the brake; nafuda approve shows it")
	}
	for _, b := range s.Brakes {
		t.line(yellow, "  ! %s: %s and %s", clean(b.Zone.Name), Count(b.Deletes, "delete"), Count(b.Updates, "update"))
	}
	if len(s.Names) > 0 {
		t.line("", "Names that aren't published as asked for")
	}
	for _, n := range s.Names {
		view := ""
		if n.View != "" {
			view = "  in view " + clean(n.View)
		}
		t.line("", "  %8s  %-8s  %s%s", spelling.Grouped(n.N), clean(string(n.What)), clean(string(n.Reason)), view)
	}
	_, err := io.WriteString(w, t.b.String())
	return err
}

func (s Status) head(t *planText) {
	state := "ready"
	if !s.Ready {
		state = "not ready"
	}
	if s.Version != "" {
		state = "Nafuda " + clean(s.Version) + ", " + state
	}
	if s.Waiting > 0 {
		state += ", " + Count(s.Waiting, "name") + " waiting"
	}
	t.line("", "%s", state)
	for _, m := range s.Missing {
		t.line(yellow, "  ! waits for %s", clean(m))
	}
	switch {
	case s.Standby && s.Leader != "":
		t.line(yellow, "  ! stands by: %s has the lease", clean(s.Leader))
	case s.Standby:
		t.line(yellow, "  ! stands by: nobody is known to have the lease")
	case s.Leader != "":
		t.line("", "  has the lease, as %s", clean(s.Leader))
	}
}

func (c *ConfigStatus) write(t *planText, location *time.Location) {
	if c == nil || !c.Refused {
		return
	}
	t.line(red, "  ! %s isn't in force; what it said at %s is", clean(c.File), c.Since.In(location).Format(time.DateTime))
	for _, m := range c.Mistakes {
		t.line(red, "    %s", clean(m))
	}
	if len(c.Restart) > 0 {
		t.line(yellow, "    a restart is needed for %s", clean(strings.Join(c.Restart, ", ")))
	}
}

func (z ZoneStatus) write(t *planText, location *time.Location) {
	what := Count(z.Records, "record set")
	if !z.Read {
		what = "not read yet"
	}
	if z.Limit > 0 {
		what += " of " + spelling.Grouped(z.Limit)
	}
	if z.Private {
		what += ", private"
	}
	if slices.ContainsFunc(z.Views, Named) {
		views := "view"
		if len(z.Views) > 1 {
			views = "views"
		}
		what += ", " + views + " " + clean(strings.Join(z.Views, ", "))
	}
	if z.Waiting > 0 {
		what += ", " + Count(z.Waiting, "name") + " waiting"
	}
	t.line("", "  %s (%s): %s", clean(z.Zone.Name), clean(z.Zone.ID), what)
	if z.NoRoom > 0 {
		t.line(yellow, "    ! it is full: %s wait", Count(z.NoRoom, "name"))
	}
	if z.Vanished {
		t.line(red, "    ! the account doesn't list it any more; its names stay as they are")
	}
	if z.Error != "" {
		again := ""
		if !z.Retry.IsZero() {
			again = fmt.Sprintf("; tried again at %s", z.Retry.In(location).Format(time.TimeOnly))
		}
		t.line(red, "    ! %s%s", clean(z.Error), again)
	}
}
