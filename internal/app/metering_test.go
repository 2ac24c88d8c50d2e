// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http/httptest"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/ops/metrics"
)

// scrape is the page of metrics.
func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestMetrics(t *testing.T) {
	m := &meter{metrics: metrics.New(true), provider: func(string) string { return "aws" }}
	for _, e := range happened() {
		m.observe(e)
	}
	page := scrape(t, m.metrics)
	for _, want := range []string{
		`nafuda_kind_state{kind="ingress",state="synced"} 1`,
		`nafuda_kind_state{kind="pod",state="forbidden"} 1`,
		`external_dns_source_errors_total 3`,
		`nafuda_zone_record_sets{zone="example.com"} 7`,
		`nafuda_drift_total{zone="example.com"} 2`,
		`nafuda_changes_total{action="create",type="A",zone="example.com"} 1`, // the dry run isn't counted
		`nafuda_batches_total{outcome="applied",zone="example.com"} 1`,
		`nafuda_api_calls_total{class="ok",operation="records",provider="aws"} 1`,
		`nafuda_api_calls_total{class="throttled",operation="apply",provider="aws"} 1`,
		`nafuda_api_calls_total{class="unavailable",operation="apply",provider="aws"} 1`,
		`nafuda_batches_total{outcome="throttled",zone="example.com"} 1`,
		`nafuda_batches_total{outcome="unavailable",zone="example.com"} 1`,
		`nafuda_insync_seconds_bucket{le="2"} 1`,
		`nafuda_answering_seconds_bucket{le="10"} 0`,
		`nafuda_answering_seconds_bucket{le="15"} 1`,
		`nafuda_state_save_failures_total 2`,
		`external_dns_registry_errors_total 2`,
		`external_dns_controller_consecutive_soft_errors 2`,
		`external_dns_controller_no_op_runs_total 1`,
	} {
		if !strings.Contains(page, want+"\n") {
			t.Errorf("the page hasn't %s", want)
		}
	}
	if t.Failed() {
		for line := range strings.Lines(page) {
			if strings.HasPrefix(line, "nafuda") || strings.HasPrefix(line, "external") {
				t.Log(strings.TrimSpace(line))
			}
		}
	}
	m.observe(reconcile.ZonesListed{Account: "other"})
	if page = scrape(t, m.metrics); !strings.Contains(page, "nafuda_zone_record_sets{") {
		t.Error("another account's list took the zone's metrics away")
	}
	m.observe(reconcile.ZonesListed{Account: "default"})
	if page = scrape(t, m.metrics); strings.Contains(page, "nafuda_zone_record_sets{") {
		t.Error("a zone that isn't listed any more is still measured")
	}
}
