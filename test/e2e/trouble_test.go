// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"testing"

	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/test/kube"
)

// trouble has writes meet each fault of the service: in the end everything is there, once, and the process still runs.
func trouble(t *testing.T, s *suite) {
	const write = "ChangeResourceRecordSets"
	for name, tt := range map[string]struct {
		action string
		times  int
		fault  r53emu.Fault
	}{
		"unavailable":           {write, 1, r53emu.Unavailable()},
		"throttled":             {write, 2, r53emu.Throttled()},
		"busy":                  {write, 1, r53emu.Fault{Err: &r53emu.Error{Status: http.StatusBadRequest, Code: "PriorRequestNotComplete", Message: "The request was rejected."}}},
		"connection dropped":    {write, 1, r53emu.Fault{Drop: true}},
		"answer lost":           {write, 1, r53emu.Fault{LoseAnswer: true}},
		"zones can't be listed": {"ListHostedZones", 1, r53emu.Unavailable()},
		"zone can't be read":    {"ListResourceRecordSets", 1, r53emu.Throttled()},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.world(t)
			args := with("--policy=sync")
			var p *process
			if tt.action == write {
				p = w.start(args)
				p.ready()
				w.emu.Fail(tt.action, tt.times, tt.fault)
			} else {
				w.emu.Fail(tt.action, tt.times, tt.fault)
				p = w.start(args)
			}
			one, two := ingress("one", "one.example.com", "192.168.10.1"), ingress("two", "two.example.com", "192.168.10.2")
			w.cluster.Apply(t, one+two)
			ofTwo := []string{"two.example.com A 300 192.168.10.2", marker("prefix_a-two.example.com", "ingress/default/two")}
			w.want(append(ofTwo, "one.example.com A 300 192.168.10.1", marker("prefix_a-one.example.com", "ingress/default/one"))...)
			w.cluster.Delete(t, one)
			w.want(ofTwo...)
			p.wantLog(`a call to the provider failed|when submitting change batch`)
			kube.Wait(t, "alive", func() error { _, err := p.get("/healthz"); return err })
		})
	}
}
