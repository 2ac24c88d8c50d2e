// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestQuantile(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i))
	}
	tests := map[string]struct {
		in   []time.Duration
		q    float64
		want time.Duration
		why  string
	}{
		"nothing":        {nil, 0.5, 0, "no value, no quantile"},
		"one":            {[]time.Duration{7}, 0.99, 7, "one value is every quantile"},
		"median":         {hundred, 0.5, 50, "half of the values are at most it"},
		"p99":            {hundred, 0.99, 99, "one in a hundred is larger"},
		"all":            {hundred, 1, 100, "none is larger"},
		"rounded up":     {[]time.Duration{1, 2, 3}, 0.5, 2, "a rank between two is the higher"},
		"smallest share": {[]time.Duration{3, 1, 2}, 0, 1, "there is no rank 0"},
	}
	for name, tt := range tests {
		if got := quantile(tt.in, tt.q); got != tt.want {
			t.Errorf("%s: got %d, want %d: %s", name, got, tt.want, tt.why)
		}
	}
}

func TestTicks(t *testing.T) {
	const line = "42 (a (b) c) S 1 42 42 0 -1 4194560 900 0 0 0 150 25 0 0 20 0 9 0 100 1000 200"
	if got, err := ticks(line); err != nil || got != 1750*time.Millisecond {
		t.Errorf("got %s and %v, want 1.75s: 150 ticks of the user and 25 of the system", got, err)
	}
	for _, bad := range []string{"", "42 (a) S 1 2", strings.Replace(line, "150", "x", 1)} {
		if _, err := ticks(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestNumbers(t *testing.T) {
	got, err := numbers("10000, 1000,10000")
	if diff := cmp.Diff([]int{1000, 10_000}, got); diff != "" || err != nil {
		t.Errorf("sorted, each once: %v\n%s", err, diff)
	}
	for _, bad := range []string{"", "0", "-1", "1,x"} {
		if _, err := numbers(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 10_042: "10,042", 1_000_000: "1,000,000"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestIngress(t *testing.T) {
	for why, status := range map[string]string{"as it is created": "", "with its status": "," + status(address(3, 1))} {
		var got struct {
			Metadata struct{ Name string }
			Spec     struct{ Rules []struct{ Host string } }
			Status   struct {
				LoadBalancer struct{ Ingress []struct{ IP string } }
			}
		}
		if err := json.Unmarshal(ingress(3, status), &got); err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		if got.Metadata.Name != "app-000003" || len(got.Spec.Rules) != 1 || got.Spec.Rules[0].Host != "app-000003.example.com" {
			t.Errorf("%s: %+v", why, got)
		}
		if has := len(got.Status.LoadBalancer.Ingress) == 1 && got.Status.LoadBalancer.Ingress[0].IP == "192.0.2.5"; has != (status != "") {
			t.Errorf("%s: %+v", why, got.Status)
		}
	}
	for i := range single {
		if address(i, 0) == address(i, 1) {
			t.Errorf("object %d keeps its address, so that its change can't be seen", i)
		}
	}
}

func TestWaitFor(t *testing.T) {
	now := time.Now()
	s := &service{at: map[string]applied{"a.example.com": {"192.0.2.1", now}}}
	if at, err := s.waitFor(t.Context(), "a.example.com", "192.0.2.1", now.Add(-1)); err != nil || !at.Equal(now) {
		t.Errorf("applied after it was asked for: %s, %v", at, err)
	}
	if _, err := s.waitFor(t.Context(), "a.example.com", "192.0.2.1", now.Add(1)); err == nil {
		t.Error("an address that a name had before the change counts as its change")
	}
}

// sample has each target met or missed as it says.
func sample(good bool) *figures {
	slow := time.Hour
	f := &figures{size: 10_000, place: "API server"}
	f.quick = &changes{latencies: []time.Duration{100 * ms}, calls: calls{Writes: 1}, processor: 2 * ms}
	f.slow = &changes{latencies: []time.Duration{400 * ms}}
	f.storm, f.restart, f.idle = &storm{objects: 1000}, &restart{}, &calls{}
	if !good {
		f.quick = &changes{latencies: []time.Duration{slow}, calls: calls{Writes: 2}, processor: slow}
		f.slow.latencies[0], f.storm.settled, f.restart.ready, f.publish, f.rss = slow, slow, slow, slow, 1<<40
		f.idle.Reads = 61
	}
	return f
}

func TestRender(t *testing.T) {
	for _, good := range []bool{true, false} {
		size := int64(24 * mb)
		if !good {
			size = 46 * mb
		}
		text := render([]*figures{sample(good)}, size)
		for line := range strings.Lines(text) {
			judged := !strings.HasPrefix(line, "|  |") && !strings.HasPrefix(line, "| ---") && !strings.Contains(line, "peak")
			if got := strings.Contains(line, ": met |"); got != (good && judged) {
				t.Errorf("good %t: met is %t in %s", good, got, line)
			}
			if got := strings.Contains(line, ": **missed** |"); got != (!good && judged) {
				t.Errorf("good %t: missed is %t in %s", good, got, line)
			}
		}
		if strings.Count(text, "\n") != len(rows(0))+2 {
			t.Errorf("%d lines", strings.Count(text, "\n"))
		}
	}
}

func TestRenderLeavesOut(t *testing.T) {
	f := sample(true)
	f.size, f.slow, f.restart, f.idle = 2000, nil, nil, nil
	text := render([]*figures{f}, 1)
	if got := strings.Count(text, "| – |\n"); got != 4 {
		t.Errorf("%d rows without a figure, want two for latency, restart and idle:\n%s", got, text)
	}
}

func TestDocument(t *testing.T) {
	text := document(machine{processor: "a processor", cores: 2, kernel: "6.1", goVersion: "go1.26"}, 100, 2*time.Minute, "| the table |\n", "| the other |\n")
	for _, want := range []string{"2 cores (a processor)", "| the table |", "the same 30,"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if strings.Contains(text, "{{") {
		t.Error("a place of the page isn't filled in")
	}
}
