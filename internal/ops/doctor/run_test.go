// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestApartChecks has one check hang, one panic and one wait for its context: the others, and their order, aren't touched.
func TestApartChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		list := []Check{
			{Name: "stuck", run: func(context.Context, *exam) []Finding { <-stuck; return nil }},
			{Name: "waits", run: func(ctx context.Context, _ *exam) []Finding { <-ctx.Done(); return one(ok("%v", context.Cause(ctx))) }},
			{Name: "panics", run: func(context.Context, *exam) []Finding { panic("a mistake") }},
			{Name: "fails", run: func(context.Context, *exam) []Finding { return []Finding{ok("one"), fail("do it", "two")} }},
			{Name: "quiet", run: func(context.Context, *exam) []Finding { return nil }},
		}
		begin := time.Now()
		r := run(t.Context(), nil, list, 10*time.Second)
		if took := time.Since(begin); took != 10*time.Second+grace {
			t.Errorf("it took %v", took)
		}
		close(stuck)
		got := make([]string, 0, len(list))
		for _, c := range r.Checks {
			got = append(got, c.Check+" "+string(c.Level)+" "+c.Findings[0].Text)
		}
		want := []string{
			"stuck warn no answer within 10s", "waits ok the time of the check is over", "panics warn check panics: the program made an error: a mistake", "fails fail two", "quiet ok nothing to check",
		}
		got[2], _, _ = strings.Cut(got[2], ", at ")
		if diff := cmp.Diff(want, got); diff != "" || r.Level != Fail {
			t.Errorf("invariant apart, %s:\n%s", r.Level, diff)
		}
	})
}

func TestReportIsWritten(t *testing.T) {
	var many []Finding
	for range mostShown + 2 {
		many = append(many, ok("more"))
	}
	r := newReport([]Result{result("one", []Finding{ok("good"), fail("mend it\n", "bad \x1b[2J \u202e%s", strings.Repeat("x", 2*maxText))}), result("two", many)})
	var b bytes.Buffer
	if err := r.Write(&b, false); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{"fail  one          bad �[2J �xxx", "\n                   fix: mend it\nok    one          good\n", "\nok    two          and 2 more: -o json shows all\n", "\n\n1 ok, 0 warn, 1 fail\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.ContainsAny(text, "\x1b\u202e") || strings.Count(text, "x") > maxText {
		t.Errorf("it isn't clean:\n%s", text)
	}
	b.Reset()
	if err := r.Write(&b, true); err != nil || !strings.HasPrefix(b.String(), "\x1b[31mfail\x1b[0m  one") {
		t.Errorf("%v:\n%s", err, b.String())
	}
	js, err := json.Marshal(newReport([]Result{result("one", one(warn("mend it", "odd")))}))
	if want := `{"level":"warn","checks":[{"check":"one","level":"warn","findings":[{"level":"warn","text":"odd","fix":"mend it"}]}]}`; err != nil || string(js) != want {
		t.Errorf("%v: %s", err, js)
	}
}

func TestOptions(t *testing.T) {
	for _, d := range []time.Duration{0, time.Second - 1, time.Hour + 1} {
		if (Options{Timeout: d}).Check() == nil {
			t.Errorf("%v is taken", d)
		}
	}
	if err := (Options{Timeout: time.Second}).Check(); err != nil {
		t.Error(err)
	}
}
