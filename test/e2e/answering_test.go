// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/test/kube"
)

// answering has a name go all the way: its servers are asked over DNS until they answer. The reference policy doesn't allow the
// question whether they are in sync.
func answering(t *testing.T, s *suite) {
	w := s.world(t)
	p := w.start(reference())
	w.cluster.Apply(t, ingress("web", "web.example.com", "192.168.10.51"))
	w.want("web.example.com A 300 192.168.10.51", marker("prefix_a-web.example.com", "ingress/default/web"))
	p.wantStates(reconcile.StateCount{State: reconcile.StateAnswering, Names: 1})
	p.wantLog(`the zone's servers answer with the change" names=1 .*zone=example\.com`)
	page, err := p.get("/metrics")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"nafuda_answering_seconds_count 1\n", `nafuda_name_states{state="answering"} 1` + "\n"} {
		if !strings.Contains(string(page), line) {
			t.Errorf("the page of metrics hasn't %s", line)
		}
	}
	// A change begins anew.
	w.cluster.Apply(t, ingress("web", "web.example.com", "192.168.10.52"))
	p.wantStates(reconcile.StateCount{State: reconcile.StateSent, Names: 1})
	p.wantStates(reconcile.StateCount{State: reconcile.StateAnswering, Names: 1})
}

// wantStates waits until /status.json counts the names so.
func (p *process) wantStates(want ...reconcile.StateCount) {
	p.t.Helper()
	kube.Wait(p.t, fmt.Sprintf("the states %v", want), func() error {
		s, err := p.status()
		if err == nil && !slices.Equal(s.States, want) {
			err = errors.New(fmt.Sprint("the states are ", s.States))
		}
		return err
	})
}
