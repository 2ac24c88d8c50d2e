// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
)

// badInput has an object for each kind of mistake; each has a good part too, which goes on.
func badInput(t *testing.T, s *suite) {
	w := s.world(t)
	p := w.start(with("-without--domain-filter"))
	long := strings.Repeat("a", 64)
	const hostname, ttl, target = "metadata.annotations[external-dns.kubernetes.io/hostname]", "metadata.annotations[external-dns.kubernetes.io/ttl]", "metadata.annotations[external-dns.kubernetes.io/target]"
	w.cluster.Apply(t, strings.Join([]string{
		service("name", "192.168.10.1", "hostname=not a name!.example.com,name.example.com"),
		service("ttl", "192.168.10.2", "hostname=ttl.example.com", "ttl=soon"),
		service("label", "192.168.10.3", "hostname="+long+".example.com,label.example.com"),
		service("zone", "192.168.10.4", "hostname=zone.example.com,www.elsewhere.example"),
		service("target", "192.168.10.5", "hostname=target.example.com", "target=192.168.10.5,999.1.2.3:80"),
		ingress("quote", "quote.example.com", "192.168.10.6", "hostname=\"\n\x1b[31m.example.com"),
	}, ""))
	var want []string
	for i, name := range []string{"name", "ttl", "label", "zone", "target"} {
		want = append(want, name+".example.com A 300 192.168.10."+string(rune('1'+i)), marker("prefix_a-"+name+".example.com", "service/default/"+name))
	}
	w.want(append(want, "quote.example.com A 300 192.168.10.6", marker("prefix_a-quote.example.com", "ingress/default/quote"))...)
	for _, r := range []struct {
		resource, field string
		why             reason.Code
	}{
		{"service/default/name", hostname, reason.BadName},
		{"service/default/ttl", ttl, reason.BadTTL},
		{"service/default/label", hostname, reason.BadName},
		{"service/default/target", target, reason.BadTarget},
		{"ingress/default/quote", hostname, reason.BadName},
	} {
		p.wantRefusal(r.resource, r.field, r.why)
		p.wantLog(`level=warning msg="refused part of an object" field="` + strings.NewReplacer("[", `\[`, "]", `\]`, ".", `\.`).Replace(r.field) +
			`" object=` + r.resource + ` reason=` + string(r.why))
	}
	p.wantVerdict("www.elsewhere.example", change.Refused, reason.NoZone)
	p.wantLog(`level=warning msg="decided about a name" name=www\.elsewhere\.example object=service/default/zone reason=NoZone`)
	for l := range strings.Lines(p.log.String()) {
		if !strings.HasPrefix(l, "time=") || strings.Contains(l, "\x1b") {
			t.Errorf("what an object holds has broken a line: %q", l)
		}
	}
	// A mistake that is mended counts at once.
	w.cluster.Apply(t, service("ttl", "192.168.10.2", "hostname=ttl.example.com", "ttl=1m"))
	w.wantDig("ttl.example.com", "A", "192.168.10.2")
	want[2] = "ttl.example.com A 60 192.168.10.2"
	w.want(append(want, "quote.example.com A 300 192.168.10.6", marker("prefix_a-quote.example.com", "ingress/default/quote"))...)
}
