// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"testing"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/metrics"
	"nafuda.io/nafuda/internal/ops/probe"
)

// TestOwnZonesAreMeasured: what our name server has answered, and the versions that it has, are on the page; without one nothing is.
func TestOwnZonesAreMeasured(t *testing.T) {
	o := serving(t)
	z, err := o.openZones(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- z.dns.Serve(ctx) }()
	p := probe.New(probe.Options{})
	for _, ask := range []probe.Ask{{Name: "home.example.com", Type: record.SOA}, {Name: "home.example.com", Type: record.A}, {Name: "www.example.org", Type: record.A}} {
		p.Look(t.Context(), z.addresses(), ask)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel() // no loop runs
	for _, tc := range []struct {
		zones *ownZones
		want  bool
	}{{nil, false}, {z, true}} {
		m := metrics.New(false)
		about := extras{config: (*reloader)(nil).state, zones: tc.zones}
		handlers(over, reconcile.New(reconcile.Config{}), m, nil, about).Metrics.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(over, "GET", "/metrics", nil))
		page := scrape(t, m)
		for _, line := range []string{
			`nafuda_dns_answers_total\{rcode="NOERROR",transport="udp"} [1-9]`,  // the SOA
			`nafuda_dns_answers_total\{rcode="SERVFAIL",transport="udp"} [1-9]`, // of a zone that is being filled
			`nafuda_dns_answers_total\{rcode="REFUSED",transport="udp"} [1-9]`, `nafuda_dns_answers_total\{rcode="NXDOMAIN",transport="tcp"} 0`,
			`nafuda_dns_rate_limited_total\{action="truncated"} 0`,
			`nafuda_dns_transfers_total\{outcome="broken"} 0`, `nafuda_dns_notifies_total\{outcome="failed"} 0`, `nafuda_dns_zone_serial\{zone="home.example.com"} 1.`,
		} {
			if regexp.MustCompile(line).MatchString(page) != tc.want {
				t.Errorf("%s is on the page: %v, want %v", line, !tc.want, tc.want)
			}
		}
	}
}
