// SPDX-License-Identifier: Apache-2.0

// Package metrics is the door to Prometheus: numbers go in as plain values, and a page of text comes out.
//
// It has our metrics, nafuda_*, and ExternalDNS's, external_dns_*, so that its dashboards and alerts go on working: the six that
// most of them use always, the rest on demand. A Metrics is safe for concurrent use. Zones, types and reasons come from a
// bounded set; nothing that a user names freely, such as a host name, is a label.
package metrics

import (
	"net/http"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics counts and measures one running program. It has a registry of its own; nothing is global.
type Metrics struct {
	registry *prometheus.Registry
	docs     []Doc
	ours
	theirs *theirs
	rest   *rest // nil without legacy metrics
}

// Doc documents one metric.
type Doc struct {
	Name   string
	Type   string // counter, gauge, histogram or summary
	Labels []string
	Help   string
	Legacy bool // only there with --legacy-metrics
}

// New makes the metrics of one program, every one of ExternalDNS's among them if legacy is set.
func New(legacy bool) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	b := builder{m: m, namespace: "nafuda"}
	m.ours = newOurs(b)
	b.namespace = "external_dns"
	m.theirs = newTheirs(b)
	if legacy {
		b.legacy = true
		m.rest = newRest(b)
	}
	return m
}

// Docs returns every metric of ours and of ExternalDNS's, in a fixed order.
func (m *Metrics) Docs() []Doc { return m.docs }

// Handler serves the metrics as Prometheus reads them.
func (m *Metrics) Handler() http.Handler {
	const parallel, longest = 4, 10 * time.Second
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		EnableOpenMetrics: true, MaxRequestsInFlight: parallel, Timeout: longest,
	})
}

// Build says which program this is. Call it once.
func (m *Metrics) Build(version, revision string) {
	m.build.WithLabelValues(version, revision, runtime.Version()).Set(1)
	if m.rest != nil {
		m.rest.build.WithLabelValues(version, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH).Set(1)
	}
}

// builder makes, registers and documents metrics.
type builder struct {
	m         *Metrics
	namespace string
	legacy    bool
}

func (b builder) doc(name, kind, help string, labels []string) {
	b.m.docs = append(b.m.docs, Doc{Name: b.namespace + "_" + name, Type: kind, Labels: labels, Help: help, Legacy: b.legacy})
}

func (b builder) counter(name, help string, labels ...string) *prometheus.CounterVec {
	b.doc(name, "counter", help, labels)
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: b.namespace, Name: name, Help: help}, labels)
	b.m.registry.MustRegister(v)
	return v
}

func (b builder) gauge(name, help string, labels ...string) *prometheus.GaugeVec {
	b.doc(name, "gauge", help, labels)
	v := prometheus.NewGaugeVec(prometheus.GaugeOpts{Namespace: b.namespace, Name: name, Help: help}, labels)
	b.m.registry.MustRegister(v)
	return v
}

func (b builder) histogram(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	b.doc(name, "histogram", help, labels)
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: b.namespace, Name: name, Help: help, Buckets: buckets}, labels)
	b.m.registry.MustRegister(v)
	return v
}

func (b builder) summary(name, help string, labels ...string) *prometheus.SummaryVec {
	b.doc(name, "summary", help, labels)
	v := prometheus.NewSummaryVec(prometheus.SummaryOpts{
		Namespace: b.namespace, Name: name, Help: help, Objectives: map[float64]float64{0.5: 0.05, 0.9: 0.01, 0.99: 0.001},
	}, labels)
	b.m.registry.MustRegister(v)
	return v
}
