// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"net/http"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/metrics"
	"nafuda.io/nafuda/internal/ops/status"
)

// askTimeout bounds how long a page waits for the loop.
const askTimeout = 5 * time.Second

// handlers make the pages of the status server from what the loop says.
func handlers(ctx context.Context, loop *reconcile.Loop, m *metrics.Metrics) status.Handlers {
	ask := func() (reconcile.Status, error) {
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		return loop.Status(ctx)
	}
	page := m.Handler()
	return status.Handlers{
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), askTimeout)
			defer cancel()
			if census, err := loop.Census(ctx); err == nil {
				enter(m, census)
			}
			page.ServeHTTP(w, r)
		}),
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
			return s
		},
	}
}

// enter sets the gauges that a census gives.
func enter(m *metrics.Metrics, c reconcile.Census) {
	m.Sources(byType(c.Asked))
	m.Registry(byType(c.Observed))
	m.Verified(byType(c.Verified))
	m.Queue(c.Waiting)
	var names []metrics.NameCount
	for verdict, reasons := range c.Names {
		for code, n := range reasons {
			names = append(names, metrics.NameCount{Verdict: string(verdict), Reason: string(code), N: n})
		}
	}
	m.Names(names)
}

func byType(counts map[record.Type]int) map[string]int {
	out := make(map[string]int, len(counts))
	for t, n := range counts {
		out[string(t)] = n
	}
	return out
}
