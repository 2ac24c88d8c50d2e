// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

const headless = `
apiVersion: v1
kind: Service
metadata: {name: db, annotations: {external-dns.kubernetes.io/hostname: db.example.com}}
spec: {clusterIP: None, selector: {app: db}, ports: [{port: 5432}]}
---
`

// forbiddenKind has a headless Service, whose EndpointSlices the reference role can't read: its names wait, with what is
// published, and nothing else does.
func forbiddenKind(t *testing.T, s *suite) {
	w := s.world(t)
	w.put(set("db.example.com", record.A, "192.168.10.40"), mark("ZOWNER", "prefix_a-db.example.com", "service/default/db"))
	held := split([]string{w.sets()})
	goes, other := ingress("goes", "goes.example.com", "192.168.10.1"), service("other", "192.168.10.2", "hostname=other.example.com")
	w.cluster.Apply(t, headless+goes+other)
	p := w.start(with("--policy=sync", "--max-delete-percent=100")) // all three go in the end
	ofOther := []string{"other.example.com A 300 192.168.10.2", marker("prefix_a-other.example.com", "service/default/other")}
	w.want(slices.Concat(held, ofOther, []string{"goes.example.com A 300 192.168.10.1", marker("prefix_a-goes.example.com", "ingress/default/goes")})...)
	p.ready()
	p.wantVerdict("db.example.com", change.Held, reason.KindForbidden)
	w.cluster.Delete(t, goes)
	w.want(slices.Concat(held, ofOther)...)
	w.cluster.Delete(t, other)
	w.want(held...)
	p.ready()
	if got := p.count(`level=warning .*endpointslice.*forbidden`); got != 1 {
		t.Errorf("%d warnings tell of the forbidden kind, want 1", got)
	}
	// What no object needs any more is nothing to hold.
	w.cluster.Delete(t, headless)
	w.want()
}

// deniedExtras has the policy deny everything but what is documented: nothing breaks, and little is said.
func deniedExtras(t *testing.T, s *suite) {
	w := s.world(t)
	p := w.start(reference())
	for i, host := range []string{"a.example.com", "b.example.com", "c.example.com"} {
		w.cluster.Apply(t, ingress("web", host, "192.168.10.5"+string(rune('0'+i))))
		w.wantDig(host, "A", "192.168.10.5"+string(rune('0'+i)))
	}
	p.ready()
	for action, n := range w.emu.Calls() {
		switch action {
		case "ListHostedZones", "ListResourceRecordSets", "ChangeResourceRecordSets":
		default:
			if said := p.count(`level=warning .*` + action); said != 1 {
				t.Errorf("%d calls of %s, which is denied, gave %d warnings, want 1", n, action, said)
			}
		}
	}
	if got := p.count(`level=error`); got > 0 {
		t.Errorf("the log has %d errors", got)
	}
	if calls := w.emu.Calls(); calls["ChangeResourceRecordSets"] != 3 || calls["ListResourceRecordSets"] != 1 {
		t.Errorf("three changes took the calls %v, want 3 writes and 1 listing", calls)
	}
}
