// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/ops/why"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/internal/serve/zonedb"
	"nafuda.io/nafuda/test/child"
	"nafuda.io/nafuda/test/dnsserver"
)

const balanced = `apiVersion: v1
kind: Service
metadata: {name: web, annotations: {external-dns.kubernetes.io/hostname: web.example.com}}
spec: {type: LoadBalancer}
status: {loadBalancer: {ingress: [{hostname: lb.example.net}]}}
`

// resolving is a name server that has lb.example.net, and a run's way to it, which can be cut.
type resolving struct {
	db      *zonedb.DB
	address string
	cut     atomic.Bool
}

func newResolving(t *testing.T) *resolving {
	t.Helper()
	r := &resolving{db: zonedb.New()}
	r.address = dnsserver.Serve(t, r.db)
	return r
}

// put gives lb.example.net its addresses; without any there is no such name.
func (r *resolving) put(addresses ...string) {
	sets := []record.Set{{Key: record.Key{Name: "other.example.net", Type: record.A}, TTL: 60, Values: []string{"192.0.2.99"}}}
	if len(addresses) > 0 {
		sets = append(sets, record.Set{Key: record.Key{Name: "lb.example.net", Type: record.A}, TTL: 60, Values: addresses})
	}
	r.db.Put(zone.Zone{Key: zone.Key{ID: "z"}, Name: "example.net"}, sets)
}

// options are those of a run that publishes a Service whose load balancer has the host name, and asks the name server for it.
func (r *resolving) options(t *testing.T, url string) Options {
	t.Helper()
	file := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(file, []byte(balanced), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Use: []string{"service"}, ViewOptions: ViewOptions{Provider: "aws", Registry: "txt"}, LogLevel: "debug", LogFormat: "text", Local: url}
	o.View.Policy, o.View.ManagedTypes, o.TXT.Owner, o.TXT.Format = "sync", []string{"A,AAAA,CNAME"}, "me", "auto"
	o.Loop.Interval, o.Loop.Resync, o.Loop.Rate, o.Loop.Burst = 5*time.Minute, 2*time.Hour, 1000, 1000
	o.Guard.MaxDeletes, o.Guard.MaxDeletePercent, o.Guard.MaxUpdatePercent = 1000, 100, 100
	o.Files.Manifests, o.Sources.Service.ResolveHostname = []string{file}, true
	resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		if r.cut.Load() {
			return nil, fmt.Errorf("dial: %w", os.ErrDeadlineExceeded)
		}
		return new(net.Dialer).DialContext(ctx, network, r.address)
	}}
	o.Resolve = resolver.LookupNetIP
	return o
}

// published is what stands at web.example.com.
func published(emu *r53emu.Server) string {
	var out []string
	for _, z := range emu.DB().Zones() {
		for _, s := range z.At("web.example.com") {
			if s.Type != record.TXT {
				out = append(out, fmt.Sprintf("%s %s", s.Type, strings.Join(s.Values, " ")))
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

// TestProofHostNamesEndToEnd: the emulator of Route 53, a real name server, and the program between them.
func TestProofHostNamesEndToEnd(t *testing.T) {
	url, emu := r53emutest.Start(t, r53emu.Options{})
	emu.AddZone("example.com", false)
	names := newResolving(t)
	names.put("192.0.2.1", "192.0.2.2")
	o := names.options(t, url)
	log := &child.Log{}

	plan, err := MakePlan(t.Context(), o, "", Version{}, o.Logger(log))
	made := func(c report.Change) bool {
		return c.Type == record.A && c.After != nil && slices.Equal(c.After.Targets, []string{"192.0.2.1", "192.0.2.2"})
	}
	if err != nil || !slices.ContainsFunc(plan.Views[0].Changes, made) {
		t.Fatalf("plan: %v, %+v\n%s", err, plan, log)
	}
	once := o
	once.Loop.Once = true
	if err := Run(t.Context(), once, Version{}, o.Logger(log)); err != nil || published(emu) != "A 192.0.2.1 192.0.2.2" {
		t.Fatalf("--once: %v, %q\n%s", err, published(emu), log)
	}

	names.put()
	checkHeld(t, o, reason.HostNotFound)
	names.cut.Store(true)
	checkHeld(t, o, reason.HostUnknown)
	if err := Run(t.Context(), once, Version{}, o.Logger(log)); err != nil || published(emu) != "A 192.0.2.1 192.0.2.2" {
		t.Errorf("--once without a resolver: %v, %q\n%s", err, published(emu), log)
	}

	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	begun := &child.Log{}
	go func() { done <- Run(ctx, o, Version{}, o.Logger(begun)) }()
	until(t, "the hold", func() bool { return strings.Contains(begun.String(), string(reason.HostUnknown)) })
	if got := published(emu); got != "A 192.0.2.1 192.0.2.2" {
		t.Errorf("while nobody resolves %q is published", got)
	}
	names.put("192.0.2.3")
	names.cut.Store(false)
	until(t, "the new address", func() bool { return published(emu) == "A 192.0.2.3" })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// checkHeld runs plan and why: nothing changes, and both say why.
func checkHeld(t *testing.T, o Options, code reason.Code) {
	t.Helper()
	log := &child.Log{}
	plan, err := MakePlan(t.Context(), o, "", Version{}, o.Logger(log))
	if err != nil || len(plan.Views[0].Changes) > 0 || len(plan.Views[0].Held) != 1 || plan.Views[0].Held[0].Reason.Code != code {
		t.Errorf("plan: %v, %+v; want a hold with %s\n%s", err, plan, code, log)
	}
	r, err := Explain(t.Context(), o, Version{}, o.Logger(log), dnsname.Name("web.example.com"), endpoint.Ref{}, "")
	if err != nil || r.Good || len(r.Walks) != 1 || r.Walks[0].Stop() == nil || r.Walks[0].Stop().Step != why.Source || r.Walks[0].Stop().Reason.Code != code {
		t.Errorf("why: %v, %+v; want it to stop with %s", err, r, code)
	}
}
