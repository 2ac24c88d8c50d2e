// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"fmt"
	"strings"
	"time"
)

// row is one line of the table.
type row struct {
	what, theirs, target string
	// ours is what was measured; met says whether the target is reached; open where there is none at this size. The text
	// is empty where nothing was measured.
	ours func(f *figures) (text string, met verdict)
}

// verdict says whether a target is reached.
type verdict string

const (
	open   verdict = "" // no target
	met    verdict = "met"
	missed verdict = "**missed**"
)

func judge(ok bool) verdict {
	if ok {
		return met
	}
	return missed
}

const (
	ms = time.Millisecond
	mb = 1_000_000.0
)

// rows are the numbers to reach. ExternalDNS's are those of its development head of August 2026, started with --events, at 1,000
// and at 10,000 Ingresses.
func rows(binary int64) []row {
	return []row{
		{"object change → record at the provider, p50", "9.1 s / 22.9 s", "≤ 0.3 s", func(f *figures) (string, verdict) { return change(f.quick, 0.5, 300*ms) }},
		{"the same, p99", "", "≤ 1 s", func(f *figures) (string, verdict) { return change(f.quick, 0.99, time.Second) }},
		{"with 300 ms of network latency added, p50", "", "≤ 0.6 s", func(f *figures) (string, verdict) { return change(f.slow, 0.5, 600*ms) }},
		{"the same, p99", "", "≤ 1.5 s", func(f *figures) (string, verdict) { return change(f.slow, 0.99, 1500*ms) }},
		{"calls for one change: writes, reads, GetChange", "13 / 81 in all", "1, 0, ≤ 3", perChange},
		{"1,000 objects changed within 10 s: settled, writes", "–", "≤ 15 s, ≤ 20", stormed},
		{"restart: ready, calls, writes", "–", "≤ 25 s, ≤ 70, 0 at 10,000", restarted},
		{"API calls in an idle hour", "554 / 5,616", "≤ 60 at 10,000", idled},
		{"processor time for one change", "96 ms / 796 ms", "≤ 5 ms", processor},
		{"first full publish, writes", "3.2 s / 31.8 s; 324 s at 100,000", "≤ 1.5 s / ≤ 10 s", published},
		{"resident memory after the changes", "86 MB / 140 MB", "≤ 50 MB / ≤ 80 MB / ≤ 256 MB", resident},
		{"resident memory, peak", "511 MB at 100,000", "–", func(f *figures) (string, verdict) { return megabytes(f.peak), open }},
		{"binary, stripped", "159 MB", "≤ 45 MB", func(*figures) (string, verdict) { return megabytes(binary), judge(binary <= 45*mb) }},
	}
}

func change(c *changes, q float64, most time.Duration) (string, verdict) {
	if c == nil {
		return "", open
	}
	v := quantile(c.latencies, q)
	return seconds(v), judge(v <= most)
}

// perChange forgives the reads that the clock causes, by its intervals two more at most.
func perChange(f *figures) (string, verdict) {
	n := float64(len(f.quick.latencies))
	c := f.quick.calls
	text := fmt.Sprintf("%.2f, %.2f, %.2f", float64(c.Writes)/n, float64(c.Reads)/n, float64(c.Confirms)/n)
	if c.Throttled > 0 {
		text += fmt.Sprintf(" (%d throttled)", c.Throttled)
	}
	return text, judge(c.Writes == int(n) && float64(c.Reads) <= f.quick.background+2 && float64(c.Confirms) <= 3*n)
}

func stormed(f *figures) (string, verdict) {
	if f.storm.objects < single {
		return "", open
	}
	return fmt.Sprintf("%s, %d", seconds(f.storm.settled), f.storm.calls.Writes), judge(f.storm.settled <= 15*time.Second && f.storm.calls.Writes <= 20)
}

func restarted(f *figures) (string, verdict) {
	if f.restart == nil {
		return "", open
	}
	c := f.restart.calls
	text := fmt.Sprintf("%s, %d, %d", seconds(f.restart.ready), c.all(), c.Writes)
	if f.size > 10_000 {
		return text, open
	}
	return text, judge(f.restart.ready <= 25*time.Second && c.all() <= 70 && c.Writes == 0)
}

func idled(f *figures) (string, verdict) {
	if f.idle == nil {
		return "", open
	}
	if f.size > 10_000 {
		return fmt.Sprint(f.idle.all()), open
	}
	return fmt.Sprint(f.idle.all()), judge(f.idle.all() <= 60)
}

func processor(f *figures) (string, verdict) {
	each := f.quick.processor / time.Duration(len(f.quick.latencies))
	return fmt.Sprintf("%.1f ms", float64(each)/float64(ms)), judge(each <= 5*ms)
}

func published(f *figures) (string, verdict) {
	text := fmt.Sprintf("%s, %d", seconds(f.publish), f.publishWrites)
	switch f.size {
	case 1000:
		return text, judge(f.publish <= 1500*ms)
	case 10_000:
		return text, judge(f.publish <= 10*time.Second)
	default:
		return text, open
	}
}

func resident(f *figures) (string, verdict) {
	most := map[int]float64{1000: 50, 10_000: 80, 100_000: 256}[f.size] * mb
	if most == 0 {
		return megabytes(f.rss), open
	}
	return megabytes(f.rss), judge(float64(f.rss) <= most)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func megabytes(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/mb) }

// render makes the table, a column for each size.
func render(all []*figures, binary int64) string {
	var out strings.Builder
	line := func(cells ...string) { fmt.Fprintf(&out, "| %s |\n", strings.Join(cells, " | ")) }
	head, rule := []string{"", "ExternalDNS (1,000 / 10,000)", "target"}, []string{"---", "---", "---"}
	for _, f := range all {
		head, rule = append(head, fmt.Sprintf("%s Ingresses (%s)", thousands(f.size), f.place)), append(rule, "---")
	}
	line(head...)
	line(rule...)
	for _, r := range rows(binary) {
		cells := []string{r.what, r.theirs, r.target}
		for _, f := range all {
			text, verdict := r.ours(f)
			switch {
			case text == "":
				text = "–"
			case verdict != open:
				text += ": " + string(verdict)
			}
			cells = append(cells, text)
		}
		line(cells...)
	}
	return out.String()
}

// thousands writes a number as people do: 10,000.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
