// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/test/child"
)

// onceOptions are those of runs that end, over one manifest, with a state directory.
func onceOptions(t *testing.T, url, state string) Options {
	t.Helper()
	file := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(file, []byte(web), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Use: []string{"ingress"}, ViewOptions: ViewOptions{Provider: "aws", Registry: "txt"}, LogLevel: "debug", LogFormat: "text", Local: url, StateDir: state}
	o.View.Policy, o.View.ManagedTypes, o.TXT.Owner, o.TXT.Format = "sync", []string{"A,AAAA,CNAME"}, "me", "auto"
	o.Loop.Interval, o.Loop.Resync, o.Loop.Rate, o.Loop.Burst, o.Loop.Once = 5*time.Minute, 2*time.Hour, 1000, 1000, true
	o.Files.Manifests = []string{file}
	return o
}

// addressOf is the first value at a name; empty where nothing is there.
func addressOf(emu *r53emu.Server, name dnsname.Name) string {
	for _, z := range emu.DB().Zones() {
		for _, s := range z.At(name) {
			return s.Values[0]
		}
	}
	return ""
}

// TestUndoOnTheRealPath proves the invariant undo on files, the AWS SDK and the emulator: a run writes its journal, and with no
// instance running the entry is shown and undone.
func TestUndoOnTheRealPath(t *testing.T) {
	url, emu := r53emutest.Start(t, r53emu.Options{})
	emu.AddZone("example.com", false)
	state := t.TempDir()
	o := onceOptions(t, url, state)
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	for _, address := range []string{"192.0.2.1", "192.0.2.2"} {
		text := strings.ReplaceAll(web, "192.0.2.1", address)
		if err := os.WriteFile(o.Files.Manifests[0], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := Run(t.Context(), o, Version{"v0", "r"}, quiet); err != nil {
			t.Fatal(err)
		}
	}
	var found []journal.Entry
	for e, err := range journal.Read(filepath.Join(state, "journal"), journal.Filter{Name: "web.example.com"}) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, e)
	}
	if len(found) != 2 || found[0].Outcome.State != journal.Applied || found[0].Outcome.Receipt == "" || found[0].Intent.Batch.Changes()[0].Resource == "" {
		t.Fatalf("undo: the journal has %+v", found)
	}
	req := reconcile.UndoRequest{Entries: []journal.ID{found[0].ID}}
	shown, err := Undo(t.Context(), o, Version{"v0", "r"}, quiet, req, "")
	if err != nil || len(shown.Names) != 1 || addressOf(emu, "web.example.com") != "192.0.2.2" {
		t.Fatalf("shown: %+v, %v", shown, err)
	}
	if _, err := Undo(t.Context(), o, Version{"v0", "r"}, quiet, req, shown.Hash); err != nil {
		t.Fatal(err)
	}
	if got := addressOf(emu, "web.example.com"); got != "192.0.2.1" {
		t.Errorf("undo: the name has the address %q, want 192.0.2.1", got)
	}
	if err := Run(t.Context(), o, Version{"v0", "r"}, quiet); err != nil {
		t.Fatal(err)
	}
	if got := addressOf(emu, "web.example.com"); got != "192.0.2.1" {
		t.Errorf("undo: the next run gave the name the address %q, want that it stays 192.0.2.1", got)
	}
}

// TestJournalThatIsInUse: a second process on the same state directory ends at the start and says what is wrong; without a state
// directory there is nothing to be in the way.
func TestJournalThatIsInUse(t *testing.T) {
	url, emu := r53emutest.Start(t, r53emu.Options{})
	emu.AddZone("example.com", false)
	state := t.TempDir()
	j, err := journal.Open(filepath.Join(state, "journal"), journal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	o := onceOptions(t, url, state)
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	err = Run(t.Context(), o, Version{"v0", "r"}, quiet)
	if !errors.Is(err, journal.ErrLocked) || !strings.Contains(err.Error(), "--state-dir="+state) {
		t.Errorf("ended with %v", err)
	}
	if len(emu.Calls()) > 0 {
		t.Errorf("it called the provider: %v", emu.Calls())
	}
	o.StateDir = ""
	if err := Run(t.Context(), o, Version{"v0", "r"}, quiet); err != nil || addressOf(emu, "web.example.com") == "" {
		t.Errorf("without a state directory: %v", err)
	}
	if _, err := Undo(t.Context(), o, Version{"v0", "r"}, quiet, reconcile.UndoRequest{Name: "web.example.com"}, ""); err == nil || !strings.Contains(err.Error(), "--state-dir") {
		t.Errorf("undone from nothing: %v", err)
	}
}

// TestDamagedJournalIsTold: damage is logged and keeps nobody from starting.
func TestDamagedJournalIsTold(t *testing.T) {
	url, emu := r53emutest.Start(t, r53emu.Options{})
	emu.AddZone("example.com", false)
	state := t.TempDir()
	dir := filepath.Join(state, "journal")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "journal-000000000001.log"), []byte("noise\nand more of it"), 0o600); err != nil {
		t.Fatal(err)
	}
	o := onceOptions(t, url, state)
	log := &child.Log{}
	if err := Run(t.Context(), o, Version{"v0", "r"}, o.Logger(log)); err != nil || addressOf(emu, "web.example.com") == "" {
		t.Fatalf("ended with %v", err)
	}
	if !strings.Contains(log.String(), "the journal is damaged") || !strings.Contains(log.String(), "journal-000000000001.log") {
		t.Errorf("nobody is told:\n%s", log)
	}
}

// TestDryRunHasNoJournal: a dry run sends nothing, so it can run beside an instance that has the journal open.
func TestDryRunHasNoJournal(t *testing.T) {
	url, emu := r53emutest.Start(t, r53emu.Options{})
	emu.AddZone("example.com", false)
	o := onceOptions(t, url, t.TempDir())
	o.Loop.DryRun = true
	if err := Run(t.Context(), o, Version{"v0", "r"}, slog.New(slog.NewTextHandler(io.Discard, nil))); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(o.StateDir); err != nil || len(files) > 0 {
		t.Errorf("a dry run left %v, %v", files, err)
	}
}
