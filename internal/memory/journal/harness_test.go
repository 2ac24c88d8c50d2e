// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func exampleZone() zone.Key { return zone.Key{Provider: "route53", Account: "main", ID: "Z0EXAMPLE"} }

func set(name string, t record.Type, values ...string) *record.Set {
	return &record.Set{Key: record.Key{Name: dnsname.MustParse(name), Type: t}, TTL: 300, Values: values}
}

// group is every change for one name.
func group(name string, changes ...change.Change) change.Group {
	return change.Group{Name: dnsname.MustParse(name), Changes: changes}
}

func intent(groups ...change.Group) Intent {
	return Intent{Time: noon, Zone: exampleZone(), ZoneName: "example.com", View: "default", Batch: change.Batch{Groups: groups}}
}

// published is a record set and its marker, as the loop sends them.
func published(n int) Intent {
	name := fmt.Sprintf("app%d.example.com", n)
	why := reason.New(reason.OlderObjectWins, "service/shop/app%d is older", n)
	return intent(group(name,
		change.Change{After: set(name, record.A, "192.0.2.1"), Resource: fmt.Sprintf("service/shop/app%d", n), View: "default", Why: why},
		change.Change{After: set("a-"+name, record.TXT, `"heritage=nafuda"`), Marker: true},
	))
}

func mustOpen(t testing.TB, dir string, o Options) *Journal {
	t.Helper()
	return mustOpenWith(t, dir, o, create)
}

func mustOpenWith(t testing.TB, dir string, o Options, c creator) *Journal {
	t.Helper()
	j, err := open(dir, o, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j
}

func mustClose(t testing.TB, j *Journal) {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

func mustBegin(t testing.TB, j *Journal, in Intent) ID {
	t.Helper()
	id, err := j.Begin(in)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func mustEnd(t testing.TB, j *Journal, id ID, s State) {
	t.Helper()
	if err := j.End(id, Outcome{Time: noon.Add(time.Second), State: s, Receipt: "C0EXAMPLE"}); err != nil {
		t.Fatal(err)
	}
}

// read splits what a journal yields into entries and damage.
func read(t testing.TB, j *Journal, f Filter) (entries []Entry, damage []*Damage) {
	t.Helper()
	for e, err := range j.Entries(f) {
		if err == nil {
			entries = append(entries, e)
			continue
		}
		d, ok := errors.AsType[*Damage](err)
		if !ok {
			t.Fatalf("%v isn't a *Damage", err)
		}
		damage = append(damage, d)
	}
	return entries, damage
}

func ids(entries []Entry) []ID {
	var out []ID
	for _, e := range entries {
		out = append(out, e.ID)
	}
	return out
}

func wantEqual[T any](t testing.TB, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", what, diff)
	}
}

// put writes a file of the journal.
func put(t testing.TB, dir, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(dir, dirMode); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name), content, fileMode); err != nil {
		t.Fatal(err)
	}
}

func content(t testing.TB, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func firstName() string { return newSegment(1).name }

// unsynced writes to real files without waiting for the disk, for tests that open thousands.
func unsynced(path string) (output, error) {
	f, err := create(path)
	return lazy{f}, err
}

type lazy struct{ output }

func (lazy) Sync() error { return nil }
