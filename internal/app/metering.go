// SPDX-License-Identifier: Apache-2.0

package app

import (
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/ops/metrics"
)

// meter turns what happens into metrics.
type meter struct {
	metrics  *metrics.Metrics
	provider string
	errors   int // in a row
}

func (m *meter) observe(e reconcile.Event) {
	switch e := e.(type) {
	case reconcile.KindChanged:
		m.metrics.Kind(e.Kind, string(e.State))
		if e.State != feed.Synced {
			m.metrics.SourceError()
		}
	case reconcile.Called:
		m.called(e)
	case reconcile.Applied:
		m.applied(e)
	case reconcile.ZoneRead:
		m.metrics.ZoneRead(string(e.Zone.Name), time.Now(), e.Sets)
	case reconcile.Drifted:
		m.metrics.Drift(string(e.Zone.Name), max(e.Counted-e.Known, e.Known-e.Counted))
	case reconcile.UpToDate:
		m.metrics.Reconciled(time.Now(), true)
		m.metrics.Synced(time.Now())
	}
}

func (m *meter) called(e reconcile.Called) {
	class := "ok"
	if e.Class != "" {
		class = string(e.Class)
		m.errors++
		m.metrics.RegistryError()
	} else {
		m.errors = 0
	}
	m.metrics.SoftErrors(m.errors)
	m.metrics.Call(m.provider, e.Operation, class, e.Took)
}

func (m *meter) applied(e reconcile.Applied) {
	zone := string(e.Zone.Name)
	m.metrics.Batch(zone, "applied")
	for _, c := range e.Batch.Changes() {
		m.metrics.Changed(zone, string(c.Key().Type), string(c.Action()), 1)
	}
	for _, d := range e.Waited {
		m.metrics.Latency(d)
	}
	m.metrics.Reconciled(time.Now(), false)
	m.metrics.Synced(time.Now())
}
