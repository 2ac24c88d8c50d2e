// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"

	"nafuda.io/nafuda/test/golden"
)

// TestFormat pins the format: files of a release must be readable by the next.
func TestFormat(t *testing.T) {
	dir := t.TempDir()
	j := mustOpen(t, dir, Options{})
	weighted := set("app.example.com", record.A, "192.0.2.1", "192.0.2.2")
	weighted.ID, weighted.Props = "blue", []record.Prop{{Name: "aws/weight", Value: "10"}}
	alias := &record.Set{
		Key:   record.Key{Name: "app.example.com", Type: record.A, ID: "blue"},
		Alias: &record.Alias{Target: "lb.example.com", Zone: "Z0TARGET", EvaluateHealth: true},
		Props: weighted.Props,
	}
	marker := set("a-app.example.com", record.TXT, `"heritage=nafuda,<owner>=\"x\""`)
	marker.Stored = []string{`"heritage=nafuda" "raw` + "\xff" + `"`}
	why := reason.New(reason.ClaimHolderWins, "service/shop/app has it")
	id := mustBegin(t, j, intent(group("app.example.com",
		change.Change{Before: weighted, After: alias, Resource: "service/shop/app", View: "default", Why: why},
		change.Change{Before: marker, Marker: true},
	)))
	if err := j.End(id, Outcome{Time: noon.Add(250 * time.Millisecond), State: Refused, Err: "apply 2 changes: refused (rejected)"}); err != nil {
		t.Fatal(err)
	}
	mustEnd(t, j, mustBegin(t, j, published(1)), Applied)
	got := content(t, dir, firstName())
	golden.File(t, filepath.Join("testdata", "format1.log"), string(got))
	entries, _ := read(t, j, Filter{IDs: []ID{id}})
	wantEqual(t, "not UTF-8", marker.Stored, entries[0].Intent.Batch.Groups[0].Changes[1].Before.Stored)
}

// TestRoundTrip writes any batches and reads them exactly, nil and empty lists and strings that aren't Unicode included.
func TestRoundTrip(t *testing.T) {
	top := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(top, "")
		if err != nil {
			rt.Fatal(err)
		}
		o := Options{MaxBytes: leastBytes, MaxFiles: mostFiles}
		j, memory := mustOpenWith(t, dir, o, unsynced), mustOpen(t, "", Options{})
		for range rapid.IntRange(1, 5).Draw(rt, "entries") {
			in := anyIntent().Draw(rt, "intent")
			id := mustBegin(t, j, in)
			mustBegin(t, memory, in)
			if rapid.Bool().Draw(rt, "ends") {
				out := Outcome{
					Time: anyTime().Draw(rt, "ended"), State: rapid.SampledFrom([]State{Applied, Refused, Uncertain}).Draw(rt, "state"),
					Receipt: anyText().Draw(rt, "receipt"), Err: anyText().Draw(rt, "error"),
				}
				if err := j.End(id, out); err != nil {
					rt.Fatal(err)
				}
				if err := memory.End(id, out); err != nil {
					rt.Fatal(err)
				}
			}
		}
		want, _ := read(t, memory, Filter{})
		got, _ := read(t, j, Filter{})
		wantEqual(t, "running", want, got)
		mustClose(t, j)
		j = mustOpenWith(t, dir, o, unsynced)
		got, damage := read(t, j, Filter{})
		wantEqual(t, "after a restart", want, got)
		wantEqual(t, "damage", nil, damage)
		mustClose(t, j)
	})
}

func anyText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringN(0, 20, -1), rapid.SampledFrom([]string{"", "192.0.2.1", "\n", "\x00\xff\xfe", "<&>\u2028", `"\"`, "\ufffd"}),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) }),
	)
}

func anyList[T any](g *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.OneOf(rapid.Just[[]T](nil), rapid.Just([]T{}), rapid.SliceOfN(g, 1, 4))
}

func anyTime() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.Int64Range(-1e18, 5e18), func(n int64) time.Time { return time.Unix(0, n).UTC() })
}

func anySet(rt *rapid.T, key record.Key) *record.Set {
	s := &record.Set{
		Key: key, TTL: rapid.Uint32().Draw(rt, "ttl"), Values: anyList(anyText()).Draw(rt, "values"), Stored: anyList(anyText()).Draw(rt, "stored"),
		Props: anyList(rapid.Custom(func(rt *rapid.T) record.Prop {
			return record.Prop{Name: anyText().Draw(rt, "prop"), Value: anyText().Draw(rt, "value")}
		})).Draw(rt, "props"),
	}
	if rapid.Bool().Draw(rt, "alias") {
		s.Alias = &record.Alias{Target: dnsname.Name(anyText().Draw(rt, "target")), Zone: anyText().Draw(rt, "zone"), EvaluateHealth: rapid.Bool().Draw(rt, "health")}
	}
	return s
}

func anyChange(rt *rapid.T) change.Change {
	key := record.Key{Name: dnsname.Name(anyText().Draw(rt, "name")), Type: record.Type(anyText().Draw(rt, "type")), ID: anyText().Draw(rt, "id")}
	c := change.Change{
		Marker: rapid.Bool().Draw(rt, "marker"), Resource: anyText().Draw(rt, "resource"), View: anyText().Draw(rt, "view"),
		Why: reason.Reason{Code: reason.Code(anyText().Draw(rt, "code")), Text: anyText().Draw(rt, "why")},
	}
	kind := rapid.IntRange(1, 3).Draw(rt, "kind")
	if kind&1 != 0 {
		c.Before = anySet(rt, key)
	}
	if kind&2 != 0 {
		c.After = anySet(rt, key)
	}
	return c
}

func anyIntent() *rapid.Generator[Intent] {
	return rapid.Custom(func(rt *rapid.T) Intent {
		in := Intent{
			Time: anyTime().Draw(rt, "time"), ZoneName: dnsname.Name(anyText().Draw(rt, "zone name")), View: anyText().Draw(rt, "view"),
			Zone: zone.Key{Provider: anyText().Draw(rt, "provider"), Account: anyText().Draw(rt, "account"), ID: anyText().Draw(rt, "zone")},
		}
		for range rapid.IntRange(1, 3).Draw(rt, "groups") {
			in.Batch.Groups = append(in.Batch.Groups, change.Group{
				Name: dnsname.Name(anyText().Draw(rt, "group")), Changes: rapid.SliceOfN(rapid.Custom(anyChange), 1, 3).Draw(rt, "changes"),
			})
		}
		return in
	})
}
