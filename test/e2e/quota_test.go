// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/test/kube"
)

// zoneQuota has a zone for nine record sets, its NS and SOA among them: of four names three find room, and the fourth gets in once
// there is some. Nothing is refused.
func zoneQuota(t *testing.T, s *suite) {
	all := policy(t, `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "route53:*", "Resource": "*"}]}`)
	w := s.worldWith(t, r53emu.Options{Limits: r53emu.Limits{Sets: 9}, Policy: all})
	p := w.start(with("--policy=sync", "--delete-after=0s", "--max-delete-percent=100"))
	p.ready()
	kube.Wait(t, "the question for the zone's limit", func() error {
		s, err := p.status()
		if err == nil && s.Zones[0].Limit != 9 {
			err = fmt.Errorf("the limit is %d", s.Zones[0].Limit)
		}
		return err
	})
	both := func(n string) []string {
		return []string{n + ".example.com A 300 192.168.10.1", marker("prefix_a-"+n+".example.com", "ingress/default/"+n)}
	}
	var want []string
	for _, n := range []string{"one", "two", "three"} {
		w.cluster.Apply(t, ingress(n, n+".example.com", "192.168.10.1"))
		want = append(want, both(n)...)
		w.want(want...)
	}
	w.cluster.Apply(t, ingress("four", "four.example.com", "192.168.10.1"))
	p.wantVerdict("four.example.com", change.Refused, reason.ZoneFull)
	p.wantLog(`level=warning msg="the zone is full.*--registry=dynamodb.* limit=9 `)
	w.want(want...)
	w.cluster.Delete(t, ingress("two", "two.example.com", "192.168.10.1"))
	w.want(slices.Concat(both("one"), both("three"), both("four"))...)
	if taken := len(w.batches()); w.attempts() != taken {
		t.Errorf("%d of %d batches were refused", w.attempts()-taken, w.attempts())
	}
	if n := w.emu.Calls()["GetHostedZoneLimit"]; n != 1 {
		t.Errorf("the limit was asked for %d times, want once", n)
	}
}
