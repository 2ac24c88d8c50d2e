// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/test/kube"
)

// eventRole lets the user that has it write Events.
const eventRole = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: events}
rules: [{apiGroups: [events.k8s.io, ""], resources: [events], verbs: [create, patch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: events}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: events}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %s}]
---
`

// guardrails has a zone whose owner protects a record and has a change guardrail on: each name waits alone, everything says for what, and it is
// published once the rule is lifted.
func guardrails(t *testing.T, s *suite) {
	w := s.world(t)
	role := fmt.Sprintf(eventRole, s.user.Name)
	w.cluster.Apply(t, role)
	defer w.cluster.Delete(t, role)
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
		s.wantEvent(t, name, string(reason.Guardrail), rule)
	}
	if n := w.attempts(); n > 7 { // three culprits: two that are named, one that is looked for among four names, and the rest
		t.Errorf("%d writes, want at most 7", n)
	}
	p.ready()
	w.emu.Guard(w.zone)
	w.want(append(append(append(rest, lines["kept"]...), lines["hidden"]...), lines["mute"]...)...)
}

// wantEvent waits until an Ingress has a Warning.
func (s *suite) wantEvent(t *testing.T, object, why, text string) {
	t.Helper()
	cfg := s.cluster.Config(t)
	client, err := rest.HTTPClientFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	kube.Wait(t, "the Event of "+object, func() error {
		var list struct {
			Items []struct {
				Type, Reason, Note string
				Regarding          struct{ Name string }
			}
		}
		body := send(t, client, http.MethodGet, cfg.Host+"/apis/events.k8s.io/v1/namespaces/default/events")
		if err := json.Unmarshal(body, &list); err != nil {
			return err
		}
		for _, e := range list.Items {
			if e.Regarding.Name == object && e.Type == "Warning" && e.Reason == why && strings.Contains(e.Note, text) {
				return nil
			}
		}
		return fmt.Errorf("not among %+v", list.Items)
	})
}
