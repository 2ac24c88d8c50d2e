// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

// guardrails has a zone whose owner protects a record and has a change guardrail on: each name waits alone, everything says for what, and it is
// published once the rule is lifted.
func guardrails(t *testing.T, s *suite) {
	w := s.world(t)
	before := s.user
	s.mayWriteEvents(t)
	defer func() { s.user = before }()
	w.emu.Guard(w.zone, r53emu.Guardrail{Name: "kept.example.com", Type: "A"}, r53emu.Guardrail{Check: "NS_OCCLUSION_CHECK", Name: "hidden.example.com"},
		r53emu.Guardrail{Name: "mute.example.com", Text: "A record set protection rejects the change"})
	names := []string{"kept", "hidden", "mute", "one", "two", "three"}
	var objects strings.Builder
	lines := make(map[string][]string)
	for i, n := range names {
		address := fmt.Sprintf("192.168.10.%d", i+1)
		objects.WriteString(ingress(n, n+".example.com", address))
		lines[n] = []string{n + ".example.com A 300 " + address, marker("prefix_a-"+n+".example.com", "ingress/default/"+n)}
	}
	w.cluster.Apply(t, objects.String())
	socket := filepath.Join(t.TempDir(), "socket")
	p := w.start(with("--control-socket=" + socket))
	rest := append(append(lines["one"], lines["two"]...), lines["three"]...)
	w.want(rest...)
	for name, rule := range map[string]string{"kept": "a record set protection", "hidden": "the change guardrail NS_OCCLUSION_CHECK", "mute": "a record set protection"} {
		p.wantVerdict(name+".example.com", reconcile.Parking, reason.Guardrail)
		p.wantLog(`level=error msg="put off a name" name=` + name + `\.example\.com reason=Guardrail .*` + rule + `.*delete-resource-record-set-protections`)
		out, log, _ := w.run([]string{"why", name + ".example.com", "--control-socket=" + socket})
		if !strings.Contains(out, rule) || !strings.Contains(out, "turn the guardrail off") {
			t.Errorf("why doesn't say that it is %s, or what to do:\n%s%s", rule, out, log)
		}
		s.wantEvent(t, name, reason.Guardrail)
	}
	if n := w.attempts(); n > 7 { // three culprits: two that are named, one that is looked for among four names, and the rest
		t.Errorf("%d writes, want at most 7", n)
	}
	p.ready()
	w.emu.Guard(w.zone)
	w.want(append(append(append(rest, lines["kept"]...), lines["hidden"]...), lines["mute"]...)...)
}
