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
	provider func(account string) string
	errors   int                        // in a row
	zones    map[string]map[string]bool // names of the zones by account
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
	case reconcile.InSync:
		m.metrics.InSync(e.Took)
	case reconcile.Answering:
		m.metrics.Answering(e.Took)
	case reconcile.ZonesListed:
		m.listed(e)
	case reconcile.ZoneRead:
		m.metrics.ZoneRead(string(e.Zone.Name), time.Now(), e.Sets)
	case reconcile.Drifted:
		n := max(e.Counted-e.Known, e.Known-e.Counted)
		if e.Counted < 0 {
			n = 1 // at least
		}
		m.metrics.Drift(string(e.Zone.Name), n)
	case reconcile.Unkept, reconcile.Unrecorded, reconcile.Turned, reconcile.UpToDate:
		m.process(e)
	}
}

// process measures what concerns no zone.
func (m *meter) process(e reconcile.Event) {
	switch e := e.(type) {
	case reconcile.Unkept:
		if e.Err != nil {
			m.metrics.Unsaved()
		}
	case reconcile.Unrecorded:
		m.metrics.Unrecorded()
	case reconcile.Turned:
		m.metrics.Leader(e.Ours)
	case reconcile.UpToDate:
		m.metrics.Reconciled(time.Now(), true)
		m.metrics.Synced(time.Now())
	}
}

// listed takes out what is measured of zones that no account has any more.
func (m *meter) listed(e reconcile.ZonesListed) {
	if m.zones == nil {
		m.zones = make(map[string]map[string]bool)
	}
	before := m.zones[e.Account]
	m.zones[e.Account] = make(map[string]bool)
	for _, z := range e.Zones {
		m.zones[e.Account][string(z.Name)] = true
	}
	for name := range before {
		if !m.has(name) {
			m.metrics.ZoneGone(name)
		}
	}
}

func (m *meter) has(zone string) bool {
	for _, names := range m.zones {
		if names[zone] {
			return true
		}
	}
	return false
}

func (m *meter) called(e reconcile.Called) {
	class := "ok"
	if e.Class != "" {
		class = string(e.Class)
		if e.Operation == reconcile.Apply {
			m.metrics.Batch(string(e.Zone.Name), class)
		}
		m.errors++
		m.metrics.RegistryError()
	} else {
		m.errors = 0
	}
	m.metrics.SoftErrors(m.errors)
	m.metrics.Call(m.provider(e.Account), e.Operation, class, e.Took)
}

func (m *meter) applied(e reconcile.Applied) {
	if e.DryRun {
		return
	}
	zone := string(e.Zone.Name)
	m.metrics.Batch(zone, "applied")
	for _, c := range e.Batch.Changes() {
		if c.Keeps() {
			continue
		}
		m.metrics.Changed(zone, string(c.Key().Type), string(c.Action()), 1)
	}
	for _, d := range e.Waited {
		m.metrics.Latency(d)
	}
	m.metrics.Reconciled(time.Now(), false)
	m.metrics.Synced(time.Now())
}
