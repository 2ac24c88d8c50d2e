// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/ops/metrics"
	"nafuda.io/nafuda/internal/wan"
)

// TestStatusOfThePublicAddress: on the page and in the metrics, as long as somebody reads it.
func TestStatusOfThePublicAddress(t *testing.T) {
	w, err := wan.New(wan.Options{Quorum: 1, IPv4: true, Methods: []string{"static"}, Static: []string{"192.0.2.7"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := watcher(byKind{fact.WAN: w}); got != w || watcher(nil) != nil {
		t.Errorf("the watcher isn't found: %v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	want, out, done := make(chan fact.Want), make(chan fact.News), make(chan error)
	go func() { done <- w.Run(ctx, want, out) }()
	want <- fact.Want{Key: fact.OfWAN()}
	<-out
	m := metrics.New(false)
	enterWAN(m, w)
	text := scrape(t, m)
	for _, line := range []string{"nafuda_wan_known{family=\"ipv4\"} 1\n", "nafuda_wan_changes_total{family=\"ipv4\"} 0\n"} {
		if !strings.Contains(text, line) {
			t.Errorf("the metrics don't have %s", line)
		}
	}
	body, err := json.Marshal(page{WAN: w.Status()})
	var got struct {
		Zones []any
		WAN   []struct {
			Family, Since string
			Off           bool
			Verdict       struct{ Address netip.Addr }
			Said          []struct{ By wan.Source }
		}
	}
	if err != nil || json.Unmarshal(body, &got) != nil {
		t.Fatalf("%v %s", err, body)
	}
	if len(got.WAN) != 2 || got.WAN[0].Verdict.Address.String() != "192.0.2.7" || got.WAN[0].Since == "" || got.WAN[0].Said[0].By.Kind != wan.Static || !got.WAN[1].Off {
		t.Errorf("the page has %s", body)
	}
	want <- fact.Want{Key: fact.OfWAN(), Drop: true}
	cancel()
	<-done
	enterWAN(m, w)
	if text := scrape(t, m); strings.Contains(text, "nafuda_wan_known{") {
		t.Error("nobody reads it any more, and it is still measured")
	}
	enterWAN(m, nil)
}
