// SPDX-License-Identifier: Apache-2.0

package local

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/serve/nameserver"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

const home = dnsname.Name("home.example.com")

// house is one process with its zones.
type house struct {
	*Served
	p   *Provider
	log *bytes.Buffer
}

func options(dir string) Options {
	return Options{Zones: []string{string(home)}, Server: nameserver.Options{Addresses: []string{"192.0.2.53:53"}}, Dir: dir}
}

func start(t *testing.T, o Options) house {
	t.Helper()
	var log bytes.Buffer
	s, err := Open(o, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	return house{s, New(s, provider.Filter{}), &log}
}

// add publishes an address.
func (h house) add(t *testing.T, name string) {
	t.Helper()
	sets, err := h.p.Desired(record.Set{Key: record.Key{Name: dnsname.Name(name), Type: record.A}, Values: []string{"192.0.2.1"}})
	if err != nil {
		t.Fatal(err)
	}
	b := change.Batch{Groups: []change.Group{{Name: sets[0].Name, Changes: []change.Change{{After: &sets[0]}}}}}
	if _, err := h.p.Apply(t.Context(), h.zone(home), b); err != nil {
		t.Fatal(err)
	}
}

func (h house) serial() uint32 {
	z, _ := h.db.Zone(string(home))
	return z.Serial
}

// names lists what is published.
func (h house) names() string {
	z, _ := h.db.Zone(string(home))
	var out []string
	for s := range z.From("") {
		if !h.ours[s.Key] {
			out = append(out, string(s.Name))
		}
	}
	return strings.Join(out, " ")
}

// TestSerials: over ends of every kind, serials of a zone only grow, and the zone is as it was written last.
func TestSerials(t *testing.T) {
	for name, tc := range map[string]struct {
		why   string
		end   func(*testing.T, house)
		next  func(*Options)
		names string
		same  bool
	}{
		"a clean end": {why: "secondaries have it already", end: clean, names: "a.home.example.com b.home.example.com", same: true},
		"a crash":     {why: "what was given out after the last write isn't known", end: func(*testing.T, house) {}, names: ""},
		"a crash after a write": {
			why:   "the file doesn't know the last serials",
			end:   func(t *testing.T, h house) { written(t, h); h.add(t, "c.home.example.com") },
			names: "a.home.example.com b.home.example.com",
		},
		"other options": {why: "the SOA and NS are others", end: clean, next: func(o *Options) { o.NS = []string{"ns1.example.com"} }, names: "a.home.example.com b.home.example.com"},
		"another address": {
			why: "that of ns.home.example.com is another", end: clean, next: func(o *Options) { o.Server.Addresses = []string{"192.0.2.54:53"} },
			names: "a.home.example.com b.home.example.com",
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t.TempDir())
			h := start(t, o)
			h.add(t, "b.home.example.com")
			h.add(t, "a.home.example.com")
			tc.end(t, h)
			if tc.next != nil {
				tc.next(&o)
			}
			for range 3 { // a process that ends at once, again and again
				again := start(t, o)
				if got := again.names(); got != tc.names {
					t.Errorf("it starts with %q, want %q (%s)", got, tc.names, tc.why)
				}
				before, after := h.serial(), again.serial()
				if tc.same && before != after || !tc.same && !zonedb.Newer(after, before) {
					t.Errorf("the serial goes from %d to %d (%s)", before, after, tc.why)
				}
				if h = again; tc.same {
					clean(t, h)
				}
			}
		})
	}
}

func clean(t *testing.T, h house) {
	t.Helper()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
}

func written(t *testing.T, h house) {
	t.Helper()
	if err := h.write(false); err != nil {
		t.Fatal(err)
	}
}

// TestDamaged: a file that isn't as we wrote it is kept aside, and the zone starts empty with a higher serial.
func TestDamaged(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"empty":     func([]byte) []byte { return nil },
		"torn":      func(b []byte) []byte { return b[:len(b)/2] },
		"a bit":     func(b []byte) []byte { b[len(b)-5] ^= 1; return b },
		"more":      func(b []byte) []byte { return append(b, ' ') },
		"something": func([]byte) []byte { return []byte("something\nelse") },
		"another zone's": func(b []byte) []byte {
			s, err := decode(b, home)
			if err != nil {
				panic(err)
			}
			s.Zone = "other.example.com"
			b, _ = encode(s)
			return b
		},
		"a name of elsewhere": func(b []byte) []byte {
			s, _ := decode(b, home)
			s.Sets[0].Name = "www.example.net"
			b, _ = encode(s)
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t.TempDir())
			h := start(t, o)
			h.add(t, "a.home.example.com")
			clean(t, h)
			file := filepath.Join(o.Dir, fileName(home))
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			bad := damage(bytes.Clone(data))
			if err := os.WriteFile(file, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			again := start(t, o)
			if got := again.names(); got != "" {
				t.Errorf("it starts with %s", got)
			}
			if !zonedb.Newer(again.serial(), h.serial()) {
				t.Errorf("the serial goes from %d to %d", h.serial(), again.serial())
			}
			kept, _ := filepath.Glob(file + ".damaged-*")
			if len(kept) != 1 {
				t.Fatalf("%v are kept", kept)
			}
			if data, err := os.ReadFile(kept[0]); err != nil || !bytes.Equal(data, bad) {
				t.Errorf("another file is kept: %v", err)
			}
			if !strings.Contains(again.log.String(), "damaged") || !strings.Contains(again.log.String(), "home.example.com") {
				t.Errorf("nobody is told:\n%s", again.log)
			}
		})
	}
}

// TestWritten: what was edited is in the file soon, without a call for it.
func TestWritten(t *testing.T) {
	o := options(t.TempDir())
	h := start(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.Run(ctx)
	}()
	defer func() { cancel(); <-done }()
	for i := range 3 {
		h.add(t, fmt.Sprintf("n%d.home.example.com", i))
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			s, there, err := readFile(o.Dir, home)
			if err == nil && there && len(s.Sets) == i+1 && !s.Clean && zonedb.Newer(s.Ceiling, h.serial()) {
				break
			}
			if time.Now().After(end) {
				t.Fatalf("it isn't written: %v %v", s, err)
			}
		}
	}
}

// TestLooking: who only looks writes nothing.
func TestLooking(t *testing.T) {
	dir := t.TempDir()
	h := start(t, options(dir))
	h.add(t, "a.home.example.com")
	written(t, h)
	before, _ := os.ReadFile(filepath.Join(dir, fileName(home)))
	if _, err := Open(options(dir), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	after, _ := os.ReadFile(filepath.Join(dir, fileName(home)))
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Error(diff)
	}
	if _, err := Open(options(filepath.Join(dir, "none")), slog.New(slog.DiscardHandler)); err != nil {
		t.Error(err)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 1 {
		t.Errorf("there are %v", files)
	}
}

// FuzzDecode: nobody's file ends the process, and what is read lies in the zone.
func FuzzDecode(f *testing.F) {
	whole, _ := encode(saved{Zone: home, Serial: 1, Sets: []savedSet{{"a." + home, record.A, 60, []string{"192.0.2.1"}}}})
	f.Add(whole)
	_, body, _ := bytes.Cut(whole, []byte("\n"))
	f.Add(body)
	f.Add([]byte(`{"zone":"home.example.com","sets":[{"name":"x..y","values":[""]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, text := range [][]byte{data, signed(data)} {
			s, err := decode(text, home)
			if err != nil {
				continue
			}
			for _, set := range s.Sets {
				if !set.Name.In(home) || len(set.Values) == 0 {
					t.Fatalf("%v is read", set)
				}
			}
		}
	})
}
