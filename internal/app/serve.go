// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/metrics"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/ops/status"
	"nafuda.io/nafuda/internal/wan"
)

// askTimeout bounds how long a page waits for the loop.
const askTimeout = 5 * time.Second

// extras are what the pages say beside what the loop does.
type extras struct {
	config func() *report.ConfigStatus
	wan    *wan.Watcher // nil: nobody looks for the public address
	zones  *ownZones    // nil: we serve none
	full   func() error // why the journal can't be written
}

// remark is what /readyz says of an instance that is ready. One that can't write its journal is: it answers questions, and who reads the
// page to send these elsewhere is to go on sending them here.
func remark(standby string, full error) string {
	if full == nil {
		return standby
	}
	return cmp.Or(standby, "OK, but nothing is sent: the journal can't be written: "+full.Error())
}

// handlers make the pages of the status server from what the loop says.
func handlers(ctx context.Context, loop *reconcile.Loop, m *metrics.Metrics, events *kube.Events, about extras) status.Handlers {
	ask := func() (reconcile.Status, error) {
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		return loop.Status(ctx)
	}
	text := m.Handler()
	return status.Handlers{
		Metrics: http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
			defer cancel()
			if census, err := loop.Census(ctx); err == nil {
				enter(m, census)
			}
			m.EventsDropped(events.Dropped())
			enterWAN(m, about.wan)
			about.zones.enter(m)
			text.ServeHTTP(out, r)
		}),
		Remark: func() string { return remark(loop.Standby(), about.full()) },
		Ready: func() []string {
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			missing, err := loop.Missing(ctx)
			if err != nil {
				return []string{err.Error()}
			}
			return missing
		},
		Status: func() any {
			s, err := ask()
			if err != nil {
				return map[string]string{"error": err.Error()}
			}
			return page{s, about.config(), about.wan.Status()}
		},
	}
}

// page is what /status.json has.
type page struct {
	reconcile.Status
	Config *report.ConfigStatus `json:"config,omitempty"`
	WAN    []wan.State          `json:"wan,omitempty"`
}

// enterWAN sets the metrics of the public address.
func enterWAN(m *metrics.Metrics, w *wan.Watcher) {
	now := metrics.WAN{Known: make(map[string]bool), Changes: make(map[string]int), Asks: make(map[string]map[string]int)}
	counts := w.Counts()
	for _, s := range w.Status() {
		if !s.Off && s.Verdict.Why.Code != reason.WANAbsent {
			now.Known[string(s.Family)] = s.Verdict.Known()
			now.Changes[string(s.Family)] = counts.Changes[s.Family]
		}
	}
	for kind, outcomes := range counts.Asks {
		now.Asks[string(kind)] = make(map[string]int)
		for what, n := range outcomes {
			now.Asks[string(kind)][string(what)] = n
		}
	}
	m.WAN(now)
}

// enter sets the gauges that a census gives.
func enter(m *metrics.Metrics, c reconcile.Census) {
	m.Sources(byType(c.Asked))
	m.Registry(byType(c.Observed))
	m.Verified(byType(c.Verified))
	m.Queue(c.Waiting)
	for _, z := range c.Zones {
		m.ZoneRead(z.Name, z.Read, z.Sets)
		m.ZoneLimit(z.Name, z.Limit)
		m.Brake(z.Name, metrics.Braked{Counted: z.Brake.Deletes, Of: z.Brake.Base, Held: z.Held.Deletes}, metrics.Braked{Counted: z.Brake.Updates, Of: z.Brake.Owned, Held: z.Held.Updates})
	}
	type kind struct{ verdict, reason string }
	names := make(map[kind]int)
	invalid := make(map[string]int)
	for verdict, reasons := range c.Names {
		for code, n := range reasons {
			names[kind{string(verdict), string(code)}] += n
		}
	}
	for part, n := range c.Refusals {
		names[kind{string(change.Refused), string(part.Reason)}] += n
		invalid[part.Source] += n
	}
	counts := make([]metrics.NameCount, 0, len(names))
	for k, n := range names {
		counts = append(counts, metrics.NameCount{Verdict: k.verdict, Reason: k.reason, N: n})
	}
	m.Names(counts)
	states := make(map[string]int, len(c.States))
	for _, s := range c.States {
		states[string(s.State)] = s.Names
	}
	m.States(states)
	m.Invalid(bySource(invalid))
	m.Deduplicated(bySource(c.Duplicates))
	m.Mismatches(mismatches(c.Foreign))
}

func bySource(counts map[string]int) []metrics.SourceCount {
	out := make([]metrics.SourceCount, 0, len(counts))
	for source, n := range counts {
		out = append(out, metrics.SourceCount{Source: source, N: n})
	}
	return out
}

// mismatches counts record sets that other owners keep us from making, by the name without its first label.
func mismatches(keys []record.Key) []metrics.Mismatch {
	counts := make(map[metrics.Mismatch]int)
	for _, k := range keys {
		counts[metrics.Mismatch{Type: string(k.Type), Domain: string(k.Name.Parent())}]++
	}
	out := make([]metrics.Mismatch, 0, len(counts))
	for m, n := range counts {
		m.N = n
		out = append(out, m)
	}
	return out
}

func byType(counts map[record.Type]int) map[string]int {
	out := make(map[string]int, len(counts))
	for t, n := range counts {
		out[string(t)] = n
	}
	return out
}
