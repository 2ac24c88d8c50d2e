// SPDX-License-Identifier: Apache-2.0

package legacylog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"

	"nafuda.io/nafuda/test/golden"
)

// at makes a logger whose records all have one time.
func at(w io.Writer, format string, level slog.Level) *slog.Logger {
	return slog.New(fixedTime{New(w, format, level).Handler()})
}

type fixedTime struct{ slog.Handler }

func (h fixedTime) Handle(ctx context.Context, r slog.Record) error {
	r.Time = time.Date(2026, 11, 22, 12, 0, 0, 123456789, time.UTC)
	return h.Handler.Handle(ctx, r)
}

func (h fixedTime) WithAttrs(a []slog.Attr) slog.Handler { return fixedTime{h.Handler.WithAttrs(a)} }

func (h fixedTime) WithGroup(n string) slog.Handler { return fixedTime{h.Handler.WithGroup(n)} }

// sayAll logs every message once, and a few of other kinds.
func sayAll(log *slog.Logger) {
	z := zone.Zone{Key: zone.Key{Provider: "route53", ID: "ZID"}, Name: "example.com"}
	prefixed := zone.Zone{Key: zone.Key{Provider: "route53", ID: "/hostedzone/ZID2"}, Name: "example.org"}
	a := record.Set{Key: record.Key{Name: "dev1.example.com", Type: record.A}, TTL: 300, Values: []string{"192.0.2.51"}}
	ref := endpoint.Ref{Kind: "ingress", Namespace: "default", Name: "nginx-test-ingress"}
	e := endpoint.Endpoint{Name: "dev1.example.com", Type: record.A, Targets: []string{"192.0.2.51"}}
	full := endpoint.Endpoint{
		Name: "www.example.com", Type: record.CNAME, ID: "blue", TTL: 60, Targets: []string{"lb-1.example.net", "lb-2.example.net"},
		Props: []record.Prop{{Name: "alias", Value: "true"}, {Name: "aws/weight", Value: "10"}},
	}
	alias := record.Set{Key: record.Key{Name: "flat.example.com", Type: record.A}, Alias: &record.Alias{Target: "lb.example.net"}}

	DryRun(log)
	ClientCreated(log, "https://192.0.2.1:443")
	RecordFilter(log, []zone.Zone{prefixed, z, z})
	RecordFilter(log, nil)
	ConsideringZone(log, z)
	Generated(log, ref, []endpoint.Endpoint{e, full})
	Generated(log, endpoint.Ref{Kind: "service", Namespace: "default", Name: "kubernetes"}, nil)
	Generated(log, endpoint.Ref{Kind: "node", Name: "node-1"}, []endpoint.Endpoint{e})
	Duplicate(log, e)
	OtherOwner(log, a, "", "default")
	OtherOwner(log, alias, "cluster-a", "cluster-b")
	Adding(log, z, "dev1.example.com")
	DesiredChange(log, z, change.Change{After: &a, Resource: ref.String()})
	DesiredChange(log, prefixed, change.Change{Before: &a, After: &a})
	DesiredChange(log, z, change.Change{Before: &a})
	Applied(log, z, 2)
	Failed(log, z, errors.New("change 2 record sets: refused (rejected)"))
	UpToDate(log)

	// what hostile objects could hold
	Generated(log, endpoint.Ref{Kind: "ingress", Namespace: "a", Name: "b\"\ntime=\"2026-11-22T12:00:00Z\" level=error msg=forged"}, nil)
	log.Warn("plain", "word", "ok", "path", "a/b.c_d@e^f+g-h", "space", "a b", "equals", "a=b", "quote", `"`, "tab", "\t", "empty", "", "unicode", "é", "bytes", "\xff")
	log.Error("kinds", "int", -1, "uint", uint64(math.MaxUint64), "float", 1.5, "inf", math.Inf(1), "bool", true, "took", 1500*time.Millisecond,
		"when", time.Unix(0, 0).UTC(), "err", errors.New("it broke"), "addr", netip.MustParseAddr("192.0.2.1"), "list", []string{"a", "b"}, "nil", nil,
		"chan", struct{ C chan int }{})
	log.Log(context.Background(), LevelTrace, "trace")
	log.Log(context.Background(), LevelFatal, "fatal")
	log.Log(context.Background(), LevelPanic, "panic")
	log.Info("keys", "msg", 1, "level", 2, "time", 3, "with space=", 4, "", 5, slog.Group("group", "inner", 6, slog.Group("deep", "x", 7)))
	log.With("b", 1).WithGroup("g").With("a", 2).Info("with", "c", 3)
	log.With("twice", 1).Info("the last one stays", "twice", 2)
	log.With("cluster", "east").Info("legacy", says("the text with the logger's own fields"), "left", "out")
	log.Info("")
}

func TestGolden(t *testing.T) {
	for _, format := range []string{Text, JSON} {
		t.Run(format, func(t *testing.T) {
			var out bytes.Buffer
			sayAll(at(&out, format, LevelTrace))
			golden.File(t, filepath.Join("testdata", format+".golden"), out.String())
		})
	}
}

// The lines as they stand in public logs of ExternalDNS, written by hand rather than by -update.
func TestMessages(t *testing.T) {
	z := zone.Zone{Key: zone.Key{ID: "ZID"}, Name: "example.com"}
	set := &record.Set{Key: record.Key{Name: "dev1.example.com", Type: record.A}, Values: []string{"192.0.2.51"}}
	eps := []endpoint.Endpoint{{Name: "dev1.example.com", Type: record.A, Targets: []string{"192.0.2.51"}}}
	for want, say := range map[string]func(*slog.Logger){
		`level=info msg="Desired change: CREATE dev1.example.com A [Id: /hostedzone/ZID]"`: func(l *slog.Logger) {
			DesiredChange(l, z, change.Change{After: set})
		},
		`level=info msg="Desired change: UPSERT dev1.example.com A [Id: /hostedzone/ZID]"`: func(l *slog.Logger) {
			DesiredChange(l, z, change.Change{Before: set, After: set})
		},
		`level=info msg="2 record(s) in zone example.com. [Id: /hostedzone/ZID] were successfully updated"`: func(l *slog.Logger) {
			Applied(l, z, 2)
		},
		`level=debug msg="Endpoints generated from ingress: default/nginx-test-ingress: [dev1.example.com 0 IN A  192.0.2.51 []]"`: func(l *slog.Logger) {
			Generated(l, endpoint.Ref{Kind: "ingress", Namespace: "default", Name: "nginx-test-ingress"}, eps)
		},
		`level=debug msg="No endpoints could be generated from service default/kubernetes"`: func(l *slog.Logger) {
			Generated(l, endpoint.Ref{Kind: "service", Namespace: "default", Name: "kubernetes"}, nil)
		},
		`level=debug msg="Considering zone: /hostedzone/ZID (domain: example.com.)"`: func(l *slog.Logger) { ConsideringZone(l, z) },
		`level=debug msg="Adding dev1.example.com. to zone example.com. [Id: /hostedzone/ZID]"`: func(l *slog.Logger) {
			Adding(l, z, "dev1.example.com")
		},
		`level=debug msg="Removing duplicate endpoint dev1.example.com 0 IN A  192.0.2.51 []"`: func(l *slog.Logger) { Duplicate(l, eps[0]) },
		`level=debug msg="Skipping endpoint dev1.example.com 0 IN A  192.0.2.51 [] because owner id does not match, found: \"\", required: \"default\""`: func(l *slog.Logger) {
			OtherOwner(l, *set, "", "default")
		},
		`level=info msg="Applying provider record filter for domains: [example.com. .example.com.]"`: func(l *slog.Logger) {
			RecordFilter(l, []zone.Zone{z})
		},
		`level=info msg="Created Kubernetes client https://192.0.2.1:443"`: func(l *slog.Logger) { ClientCreated(l, "https://192.0.2.1:443") },
		`level=info msg="All records are already up to date"`:              UpToDate,
	} {
		var out bytes.Buffer
		say(at(&out, Text, slog.LevelDebug))
		if diff := cmp.Diff(`time="2026-11-22T12:00:00Z" `+want+"\n", out.String()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
}

// Handlers that aren't ours see the constant message and no trace of the text.
func TestOtherHandlers(t *testing.T) {
	var out bytes.Buffer
	UpToDate(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})))
	if got, want := out.String(), "level=INFO msg=\"nothing to change\"\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseLevel(t *testing.T) {
	for text, want := range map[string]slog.Level{
		"panic": LevelPanic, "fatal": LevelFatal, "error": slog.LevelError, "warning": slog.LevelWarn, "warn": slog.LevelWarn,
		"info": slog.LevelInfo, "debug": slog.LevelDebug, "trace": LevelTrace, "INFO": slog.LevelInfo,
	} {
		got, err := ParseLevel(text)
		if err != nil || got != want {
			t.Errorf("ParseLevel(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	if _, err := ParseLevel("loud"); err == nil {
		t.Error("an unknown level is accepted")
	}
}

func TestLevel(t *testing.T) {
	var out bytes.Buffer
	sayAll(New(&out, Text, slog.LevelError))
	for line := range strings.Lines(out.String()) {
		if !strings.Contains(line, " level=error ") && !strings.Contains(line, " level=fatal ") && !strings.Contains(line, " level=panic ") {
			t.Errorf("below the level: %s", line)
		}
	}
	if out.Len() == 0 {
		t.Error("nothing at the level")
	}
}

// Lines of loggers that share a writer don't mix.
func TestConcurrent(t *testing.T) {
	var out bytes.Buffer
	log := New(&out, Text, slog.LevelInfo)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 100 {
				log.With("worker", i).Info("a message of several words", "n", i)
			}
		})
	}
	wg.Wait()
	count := 0
	for line := range strings.Lines(out.String()) {
		count++
		if _, err := parseText(line); err != nil {
			t.Fatal(err)
		}
	}
	if count != 800 {
		t.Errorf("%d lines, want 800", count)
	}
}

// A logger's own fields are read by all that share it, and changed by none.
func TestSharedFields(t *testing.T) {
	log := New(io.Discard, Text, slog.LevelInfo).With("c", 1).With("b", 2).With("a", 3)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 100 {
				log.Info("message", "0", i)
			}
		})
	}
	wg.Wait()
}

// Whatever a record says, it is one line, and reading that line gives back what was said.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		msg := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\n", `" level=error`, "a\r\nb", "\x00", "\xff\xfe", "\u2028", `\`})).Draw(t, "msg")
		fields := rapid.MapOfN(rapid.StringMatching(`[a-z]{5,8}`), rapid.String(), 0, 4).Draw(t, "fields")
		delete(fields, "level")
		var args []any
		for _, k := range slices.Sorted(maps.Keys(fields)) {
			args = append(args, k, fields[k])
		}
		var text, object bytes.Buffer
		New(&text, Text, slog.LevelInfo).Info(msg, args...)
		New(&object, JSON, slog.LevelInfo).Info(msg, args...)

		got, err := parseText(text.String())
		if err != nil {
			t.Fatal(err)
		}
		want := maps.Clone(fields)
		want["level"], want["msg"], want["time"] = "info", msg, got["time"]
		if msg == "" {
			delete(want, "msg")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("text (-want +got)\n%s", diff)
		}
		if _, err := time.Parse(time.RFC3339, got["time"]); err != nil {
			t.Fatal(err)
		}

		var read map[string]string
		if strings.Count(object.String(), "\n") != 1 {
			t.Fatalf("not one line: %q", object.String())
		}
		if err := json.Unmarshal(object.Bytes(), &read); err != nil {
			t.Fatal(err)
		}
		for k, v := range want {
			want[k] = strings.ToValidUTF8(v, "\ufffd")
		}
		want["msg"], want["time"] = jsonText(msg), read["time"]
		for k, v := range fields {
			want[k] = jsonText(v)
		}
		if diff := cmp.Diff(want, read); diff != "" {
			t.Fatalf("JSON (-want +got)\n%s", diff)
		}
	})
}

// Keys can't end a line or begin another pair either.
func FuzzKey(f *testing.F) {
	f.Add("key", "value")
	f.Add("a=b c\nlevel", "x")
	f.Add("msg", "forged")
	f.Fuzz(func(t *testing.T, key, value string) {
		var out bytes.Buffer
		New(&out, Text, slog.LevelInfo).Info("said", key, value)
		got, err := parseText(out.String())
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 4 || got["msg"] != "said" || got["level"] != "info" {
			t.Fatalf("key %q, value %q: %q", key, value, out.String())
		}
	})
}

// jsonText is a text as JSON keeps it: each byte that isn't UTF-8 is replaced.
func jsonText(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteRune(r)
	}
	return b.String()
}

// parseText reads one line of the text format.
func parseText(line string) (map[string]string, error) {
	rest, ok := strings.CutSuffix(line, "\n")
	if !ok || strings.ContainsAny(rest, "\r\n") {
		return nil, fmt.Errorf("not one line: %q", line)
	}
	out := make(map[string]string)
	for rest != "" {
		key, after, ok := strings.Cut(rest, "=")
		if !ok || key == "" || strings.ContainsAny(key, " \"") {
			return nil, fmt.Errorf("no key at %q", rest)
		}
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("key %q twice in %q", key, line)
		}
		var value string
		if quoted, err := strconv.QuotedPrefix(after); err == nil {
			if value, err = strconv.Unquote(quoted); err != nil {
				return nil, err
			}
			rest = after[len(quoted):]
		} else {
			value, _, _ = strings.Cut(after, " ")
			rest = after[len(value):]
		}
		out[key] = value
		if rest != "" && !strings.HasPrefix(rest, " ") {
			return nil, fmt.Errorf("no space at %q", rest)
		}
		rest = strings.TrimPrefix(rest, " ")
	}
	return out, nil
}
