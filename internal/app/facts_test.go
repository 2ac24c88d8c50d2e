// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/fact"
)

// TestFactsComeFromWhoeverKnowsThem: each kind from its own, and what nobody knows is unknown.
func TestFactsComeFromWhoeverKnowsThem(t *testing.T) {
	var log strings.Builder
	o := Options{Resolve: func(_ context.Context, network, _ string) ([]netip.Addr, error) {
		if network == "ip6" {
			return nil, &net.DNSError{IsNotFound: true}
		}
		return []netip.Addr{netip.MustParseAddr("192.0.2.5")}, nil
	}}
	o.WAN.Quorum, o.WAN.IPv4, o.WAN.Static = 2, true, []string{"192.0.2.7"}
	f, err := o.facts(slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	want, out, done := make(chan fact.Want), make(chan fact.News), make(chan error)
	go func() { done <- f.Run(ctx, want, out) }()
	for key, addr := range map[fact.Key]string{fact.OfWAN(): "192.0.2.7", fact.OfHost("a.example.net"): "192.0.2.5", {Kind: "moon", Name: "phase"}: ""} {
		want <- fact.Want{Key: key}
		n := <-out
		if n.Key != key || n.Value.V4.Known != (addr != "") || addr != "" && n.Value.V4.Addrs[0].String() != addr {
			t.Errorf("%s is %+v, want %q", key, n, addr)
		}
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("it ended without the context's error")
	}
	if !strings.Contains(log.String(), "the public address is known") || strings.Contains(log.String(), "ipv6") {
		t.Errorf("it logs %s", log.String())
	}
}
