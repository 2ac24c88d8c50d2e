// SPDX-License-Identifier: Apache-2.0

package metrics_test

import (
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/ops/metrics"
)

func scrape(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("scrape: %d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func fill(m *metrics.Metrics) {
	m.InSync(16 * time.Second)
	m.Answering(25 * time.Second)
	m.States(map[string]int{"sent": 1})
	m.States(map[string]int{"in sync": 9})
	at := time.Unix(1700000000, 500_000_000)
	m.Build("v1.0.0", "abc")
	m.Changed("example.com/Z1", "A", "create", 2)
	m.Batch("example.com/Z1", "applied")
	m.Drift("example.com/Z1", 3)
	m.Call("aws", "ChangeResourceRecordSets", "ok", 40*time.Millisecond)
	m.Latency(150 * time.Millisecond)
	m.Names([]metrics.NameCount{{"held", "NoAddressYet", 4}, {"refused", "BadName", 1}})
	m.Names([]metrics.NameCount{{"held", "NoAddressYet", 5}})
	m.Kind("ingress", "failing")
	m.Kind("ingress", "synced")
	m.ZoneRead("example.com/Z1", at, 20)
	m.Brake("example.com/Z1", metrics.Braked{Counted: 12, Of: 30, Held: 12}, metrics.Braked{Of: 30})
	m.ZoneLimit("example.com/Z1", 10000)
	m.ZoneRead("example.org/Z2", at, 20)
	m.ZoneLimit("example.org/Z2", 10000)
	m.ZoneGone("example.org/Z2")
	m.Queue(7)
	m.Unsaved()
	m.Unrecorded()
	m.Config(true, at)
	for _, n := range []int{3, 5, 4} { // two scrapes at a time, the slower last
		m.EventsDropped(n)
	}
	for _, n := range []int{2, 7, 6} {
		m.WAN(metrics.WAN{
			Known: map[string]bool{"ipv4": true, "ipv6": n == 2}, Changes: map[string]int{"ipv4": 1},
			Asks: map[string]map[string]int{"stun": {"address": n}, "dns": {"failed": 1}},
		})
	}
	for _, n := range []int{4, 9, 8} {
		m.DNS(metrics.DNS{
			Answers: map[string]map[string]int{"udp": {"NOERROR": n, "NXDOMAIN": 0}, "tcp": {"NOERROR": 1}},
			Limited: map[string]int{"dropped": n}, Transfers: map[string]int{"axfr": 2}, Notifies: map[string]int{"failed": 3},
			Serials: map[string]uint32{"home.example.com": 4294967295, fmt.Sprintf("gone%d.example.com", n): 1},
		})
	}
	m.Registry(map[string]int{"A": 3, "CNAME": 2})
	m.Sources(map[string]int{"A": 4})
	m.Verified(map[string]int{"A": 3})
	m.RegistryError()
	m.SourceError()
	m.Synced(at)
	m.Reconciled(at, true)
	m.SoftErrors(2)
	m.Mismatches([]metrics.Mismatch{{"A", "Me", "Other", "example.com", 1}})
	m.Invalid([]metrics.SourceCount{{"A", "ingress", 1}})
	m.Deduplicated([]metrics.SourceCount{{"A", "service", 2}})
	m.Request("https", "route53.example.com", "rrset", "POST", 200, time.Second)
}

func TestPage(t *testing.T) {
	always := []string{
		`nafuda_changes_total{action="create",type="A",zone="example.com/Z1"} 2`,
		`nafuda_batches_total{outcome="applied",zone="example.com/Z1"} 1`,
		`nafuda_drift_total{zone="example.com/Z1"} 3`,
		`nafuda_config_reload_failed 1`,
		`nafuda_config_last_reload_success_timestamp_seconds 1.7000000005e+09`,
		`nafuda_api_calls_total{class="ok",operation="ChangeResourceRecordSets",provider="aws"} 1`,
		`nafuda_api_call_duration_seconds_bucket{operation="ChangeResourceRecordSets",provider="aws",le="0.05"} 1`,
		`nafuda_change_latency_seconds_bucket{le="0.2"} 1`,
		`nafuda_names{reason="NoAddressYet",verdict="held"} 5`,
		`nafuda_insync_seconds_bucket{le="20"} 1`, `nafuda_insync_seconds_bucket{le="15"} 0`,
		`nafuda_answering_seconds_bucket{le="30"} 1`, `nafuda_answering_seconds_bucket{le="20"} 0`,
		`nafuda_name_states{state="in sync"} 9`,
		`nafuda_kind_state{kind="ingress",state="synced"} 1`,
		`nafuda_zone_read_timestamp_seconds{zone="example.com/Z1"} 1.7000000005e+09`,
		`nafuda_zone_record_sets{zone="example.com/Z1"} 20`,
		`nafuda_zone_record_sets_limit{zone="example.com/Z1"} 10000`,
		`nafuda_queue_names 7`, `nafuda_state_save_failures_total 1`, `nafuda_events_dropped_total 5`,
		`nafuda_wan_known{family="ipv4"} 1`, `nafuda_wan_known{family="ipv6"} 0`, `nafuda_wan_changes_total{family="ipv4"} 1`,
		`nafuda_wan_asks_total{method="stun",outcome="address"} 7`, `nafuda_wan_asks_total{method="dns",outcome="failed"} 1`,
		`nafuda_dns_answers_total{rcode="NOERROR",transport="udp"} 9`, `nafuda_dns_answers_total{rcode="NXDOMAIN",transport="udp"} 0`,
		`nafuda_dns_rate_limited_total{action="dropped"} 9`, `nafuda_dns_transfers_total{outcome="axfr"} 2`, `nafuda_dns_notifies_total{outcome="failed"} 3`,
		`nafuda_dns_zone_serial{zone="home.example.com"} 4.294967295e+09`, `nafuda_dns_zone_serial{zone="gone8.example.com"} 1`,
		`external_dns_registry_endpoints_total 5`,
		`external_dns_source_endpoints_total 4`,
		`external_dns_controller_verified_records{record_type="a"} 3`,
		`external_dns_registry_errors_total 1`,
		`external_dns_source_errors_total 1`,
		`external_dns_controller_last_sync_timestamp_seconds 1.7000000005e+09`,
		`go_goroutines `, `process_start_time_seconds `,
	}
	onDemand := []string{
		`external_dns_controller_last_reconcile_timestamp_seconds 1.7000000005e+09`,
		`external_dns_controller_no_op_runs_total 1`,
		`external_dns_controller_consecutive_soft_errors 2`,
		`external_dns_registry_records{record_type="cname"} 2`,
		`external_dns_source_records{record_type="a"} 4`,
		`external_dns_registry_skipped_records_owner_mismatch_per_sync{domain="example.com",foreign_owner="other",owner="me",record_type="a"} 1`,
		`external_dns_source_invalid_endpoints{record_type="a",source_type="ingress"} 1`,
		`external_dns_source_deduplicated_endpoints{record_type="a",source_type="service"} 2`,
		`external_dns_http_request_duration_seconds_count{handler="instrumented_http",host="route53.example.com",method="POST",path="rrset",scheme="https",status="200"} 1`,
		`external_dns_webhook_provider_records_requests_total 0`,
		`external_dns_provider_cache_records_calls{from_cache="false"} 0`,
	}
	never := []string{`reason="BadName"`, `state="failing"`, `state="sent"`, `example.org/Z2`, "gone4.example.com"}
	for _, legacy := range []bool{false, true} {
		m := metrics.New(legacy)
		fill(m)
		page := scrape(t, m)
		contains(t, page, always, true)
		contains(t, page, onDemand, legacy)
		contains(t, page, never, false)
	}
}

func contains(t *testing.T, page string, lines []string, want bool) {
	t.Helper()
	for _, line := range lines {
		if strings.Contains(page, line) != want {
			t.Errorf("page has %s = %v, want %v", line, !want, want)
		}
	}
}

// Every documented metric is on the page, every metric on the page that isn't Go's own is documented, and names follow
// Prometheus's conventions where they are ours.
func TestDocumented(t *testing.T) {
	m := metrics.New(true)
	fill(m)
	page := scrape(t, m)
	names := make(map[string]bool)
	for _, d := range m.Docs() {
		names[d.Name] = true
		if !strings.Contains(page, "# TYPE "+d.Name+" "+d.Type) {
			t.Errorf("%s isn't on the page as a %s", d.Name, d.Type)
		}
		if !strings.HasSuffix(d.Help, ".") {
			t.Errorf("%s: the help is no sentence: %q", d.Name, d.Help)
		}
		if strings.HasPrefix(d.Name, "nafuda_") && (d.Type == "counter") != strings.HasSuffix(d.Name, "_total") {
			t.Errorf("%s: counters, and only they, end in _total", d.Name)
		}
	}
	for _, match := range regexp.MustCompile(`# TYPE ((?:nafuda|external_dns)\S+)`).FindAllStringSubmatch(page, -1) {
		if !names[match[1]] {
			t.Errorf("%s isn't documented", match[1])
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	m := metrics.New(true)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				fill(m)
				m.Handler().ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/metrics", nil))
			}
		})
	}
	wg.Wait()
	contains(t, scrape(t, m), []string{`nafuda_changes_total{action="create",type="A",zone="example.com/Z1"} 160`}, true)
}
