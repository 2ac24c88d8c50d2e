// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// theirs are the metrics of ExternalDNS that nearly every dashboard and alert is made of.
type theirs struct {
	registryEndpoints, sourceEndpoints, lastSync prometheus.Gauge
	registryErrors, sourceErrors                 prometheus.Counter
	verified                                     *table
}

func newTheirs(b builder) *theirs {
	return &theirs{
		registryEndpoints: b.gauge("registry_endpoints_total", "Record sets at the provider, ownership markers left out.").WithLabelValues(),
		sourceEndpoints:   b.gauge("source_endpoints_total", "Endpoints that the objects ask for.").WithLabelValues(),
		registryErrors:    b.counter("registry_errors_total", "Errors while zones were read or batches sent.").WithLabelValues(),
		sourceErrors:      b.counter("source_errors_total", "Errors while objects were read.").WithLabelValues(),
		lastSync:          b.gauge("controller_last_sync_timestamp_seconds", "When everything asked for was last found or put in place, in Unix time.").WithLabelValues(),
		verified:          &table{vec: b.gauge("controller_verified_records", "Record sets that are asked for and at the provider.", "record_type")},
	}
}

// rest are the other metrics of ExternalDNS.
type rest struct {
	build, lastReconcile, softErrors                               *prometheus.GaugeVec
	noOp                                                           *prometheus.CounterVec
	registryRecords, sourceRecords, mismatch, invalid, deduplicate *table
	requests                                                       *prometheus.SummaryVec
}

func newRest(b builder) *rest {
	r := &rest{
		build:           b.gauge("build_info", "Always 1; which build runs.", "version", "revision", "go_version", "os", "arch"),
		lastReconcile:   b.gauge("controller_last_reconcile_timestamp_seconds", "When names were last planned, in Unix time."),
		noOp:            b.counter("controller_no_op_runs_total", "Resyncs that found nothing to change."),
		softErrors:      b.gauge("controller_consecutive_soft_errors", "Errors since a batch was last applied or a zone last read."),
		registryRecords: &table{vec: b.gauge("registry_records", "Record sets at the provider, ownership markers left out.", "record_type")},
		sourceRecords:   &table{vec: b.gauge("source_records", "Endpoints that the objects ask for.", "record_type")},
		mismatch: &table{vec: b.gauge("registry_skipped_records_owner_mismatch_per_sync",
			"Record sets not created because another owner has the name.", "record_type", "owner", "foreign_owner", "domain")},
		invalid:     &table{vec: b.gauge("source_invalid_endpoints", "Endpoints refused for what they hold.", "record_type", "source_type")},
		deduplicate: &table{vec: b.gauge("source_deduplicated_endpoints", "Endpoints that another object's equal one stands for.", "record_type", "source_type")},
		requests: b.summary("http_request_duration_seconds", "How long calls to the provider took.",
			"handler", "scheme", "host", "path", "method", "status"),
	}
	r.lastReconcile.WithLabelValues()
	r.softErrors.WithLabelValues()
	r.noOp.WithLabelValues()
	const never = " Always 0: there is no such thing here."
	b.counter("provider_cache_apply_changes_calls", "Writes through the record cache."+never).WithLabelValues()
	b.counter("provider_cache_records_calls", "Reads of the record cache."+never, "from_cache").WithLabelValues("false")
	for _, call := range []string{"records", "applychanges", "adjustendpoints"} {
		b.gauge("webhook_provider_"+call+"_requests_total", "Calls of a webhook provider."+never).WithLabelValues()
		b.gauge("webhook_provider_"+call+"_errors_total", "Failed calls of a webhook provider."+never).WithLabelValues()
	}
	return r
}

// Registry replaces the counts of record sets at the provider, by record type.
func (m *Metrics) Registry(counts map[string]int) {
	list, total := byType(counts)
	m.theirs.registryEndpoints.Set(float64(total))
	if m.rest != nil {
		m.rest.registryRecords.replace(list)
	}
}

// Sources replaces the counts of endpoints that objects ask for, by record type.
func (m *Metrics) Sources(counts map[string]int) {
	list, total := byType(counts)
	m.theirs.sourceEndpoints.Set(float64(total))
	if m.rest != nil {
		m.rest.sourceRecords.replace(list)
	}
}

// Verified replaces the counts of record sets that are both asked for and there, by record type.
func (m *Metrics) Verified(counts map[string]int) {
	list, _ := byType(counts)
	m.theirs.verified.replace(list)
}

// RegistryError counts a failed read of a zone or a failed batch.
func (m *Metrics) RegistryError() { m.theirs.registryErrors.Inc() }

// SourceError counts a failed read of objects.
func (m *Metrics) SourceError() { m.theirs.sourceErrors.Inc() }

// Synced says when everything asked for was last found or put in place.
func (m *Metrics) Synced(at time.Time) { m.theirs.lastSync.Set(unix(at)) }

// Reconciled says when names were last planned, and whether a resync found nothing to change.
func (m *Metrics) Reconciled(at time.Time, noOp bool) {
	if m.rest == nil {
		return
	}
	m.rest.lastReconcile.WithLabelValues().Set(unix(at))
	if noOp {
		m.rest.noOp.WithLabelValues().Inc()
	}
}

// SoftErrors sets how many errors there were since the last success.
func (m *Metrics) SoftErrors(n int) {
	if m.rest != nil {
		m.rest.softErrors.WithLabelValues().Set(float64(n))
	}
}

// Mismatch counts record sets that another owner keeps us from creating. Domain is the name without its first label.
type Mismatch struct {
	Type, Owner, ForeignOwner, Domain string
	N                                 int
}

// Mismatches replaces the counts of record sets that other owners have. At most a thousand are shown.
func (m *Metrics) Mismatches(counts []Mismatch) {
	const most = 1000
	if m.rest == nil {
		return
	}
	list := make([]series, 0, min(len(counts), most))
	for _, c := range counts[:min(len(counts), most)] {
		labels := []string{strings.ToLower(c.Type), strings.ToLower(c.Owner), strings.ToLower(c.ForeignOwner), strings.ToLower(c.Domain)}
		list = append(list, series{labels, float64(c.N)})
	}
	m.rest.mismatch.replace(list)
}

// SourceCount is a number of endpoints of one record type and source.
type SourceCount struct {
	Type, Source string
	N            int
}

// Invalid replaces the counts of endpoints that were refused for what they hold.
func (m *Metrics) Invalid(counts []SourceCount) {
	if m.rest != nil {
		m.rest.invalid.replace(bySource(counts))
	}
}

// Deduplicated replaces the counts of endpoints that another object's equal one stands for.
func (m *Metrics) Deduplicated(counts []SourceCount) {
	if m.rest != nil {
		m.rest.deduplicate.replace(bySource(counts))
	}
}

// Request records an HTTP request to the provider. Path is the last segment of the URL's path.
func (m *Metrics) Request(scheme, host, path, method string, status int, took time.Duration) {
	if m.rest != nil {
		m.rest.requests.WithLabelValues("instrumented_http", scheme, host, path, method, strconv.Itoa(status)).Observe(took.Seconds())
	}
}

func bySource(counts []SourceCount) []series {
	list := make([]series, 0, len(counts))
	for _, c := range counts {
		list = append(list, series{[]string{strings.ToLower(c.Type), strings.ToLower(c.Source)}, float64(c.N)})
	}
	return list
}
