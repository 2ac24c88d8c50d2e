// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
)

// nodeAt is a Node with an internal address and what is said of its readiness.
func nodeAt(name, address, ready string) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Node
metadata: {name: %s}
status:
  addresses: [{type: InternalIP, address: %s}, {type: Hostname, address: %s}]
  conditions: [{type: Ready, status: %q, lastHeartbeatTime: "2026-11-23T09:00:00Z", lastTransitionTime: "2026-11-23T08:00:00Z"}]
---
`, name, address, name, ready)
}

// nodesNotReady has nodes that go and come back: those that aren't ready are left out, each change in one write for all names, and
// where none is ready everything stays (proof), also after a restart.
func nodesNotReady(t *testing.T, s *suite) {
	w := s.world(t)
	nodePort := func(name string) string {
		return fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: %s, annotations: %s}
spec: {type: NodePort, ports: [{port: 80}]}
---
`, name, notes([]string{"hostname=" + name + ".example.com"}))
	}
	want := func(addresses string) {
		t.Helper()
		var lines []string
		for _, name := range []string{"one", "two"} {
			lines = append(lines, name+".example.com A 300 "+addresses, marker("prefix_a-"+name+".example.com", "service/default/"+name))
		}
		w.want(lines...)
	}
	w.cluster.Apply(t, nodePort("one")+nodePort("two"))
	w.cluster.Apply(t, nodeAt("n1", "192.168.10.11", "True")+nodeAt("n2", "192.168.10.12", "True"))
	args := with("--exclude-not-ready-nodes", "--policy=sync", "--delete-after=0s")
	p := w.start(args)
	want("192.168.10.11 192.168.10.12")
	p.wantSettled()
	before := len(w.batches())

	w.cluster.Apply(t, nodeAt("n2", "192.168.10.12", "Unknown"))
	want("192.168.10.11")
	if got := len(w.batches()) - before; got != 1 {
		t.Errorf("a node that isn't ready took %d writes, want 1", got)
	}
	w.cluster.Apply(t, nodeAt("n1", "192.168.10.11", "False"))
	p.wantNames(change.Held, reason.NoAddressYet, 2)
	want("192.168.10.11")
	p.stop()
	p = w.start(args)
	p.wantNames(change.Held, reason.NoAddressYet, 2)
	want("192.168.10.11")

	w.cluster.Apply(t, nodeAt("n2", "192.168.10.12", "True"))
	want("192.168.10.12")
	p.wantNames(change.Held, reason.NoAddressYet, 0)
}
