// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

const gatewayRole = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: gateways}
rules:
- {apiGroups: [gateway.networking.k8s.io], resources: [gateways, httproutes], verbs: [list, watch]}
---
`

// gatewayAt is a Gateway of the namespace default that takes hosts below example.com.
func gatewayAt(name, address string) string {
	return fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: %s}
spec: {gatewayClassName: any, listeners: [{name: web, port: 80, protocol: HTTP, hostname: "*.example.com"}]}
status: {addresses: [{type: IPAddress, value: %s}]}
---
`, name, address)
}

// route is an HTTPRoute at a Gateway, with what its controller says of it.
func route(name, host, gateway, accepted string) string {
	return fmt.Sprintf(`
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: %s}
spec: {parentRefs: [{name: %s}], hostnames: [%s]}
status: {parents: [{controllerName: example.com/c, parentRef: {name: %s}, conditions: [{type: Accepted, status: %q}]}]}
---
`, name, gateway, host, gateway, accepted)
}

// gatewayRoutes has a cluster that doesn't serve the Gateway API at first: what is published for its Routes stays (proof). Later Routes
// follow their Gateways, and only theirs (delta).
func gatewayRoutes(t *testing.T, s *suite) {
	s.cluster.Apply(t, gatewayRole)
	own := *s
	own.user = s.cluster.CreateUser(t, "external-dns", "gateways")
	w := own.world(t)
	old := []record.Set{set("old.example.com", record.A, "192.168.10.40"), mark("ZOWNER", "prefix_a-old.example.com", "httproute/default/old")}
	w.put(old...)
	published := func(name, address string) []string {
		return []string{name + ".example.com A 300 " + address, marker("prefix_a-"+name+".example.com", "httproute/default/"+name)}
	}
	w.cluster.Apply(t, ingress("web", "web.example.com", "192.168.10.1"))
	web := []string{"web.example.com A 300 192.168.10.1", marker("prefix_a-web.example.com", "ingress/default/web")}
	want := func(sets ...[]string) {
		t.Helper()
		all := web
		for _, s := range sets {
			all = append(all[:len(all):len(all)], s...)
		}
		w.want(all...)
	}
	p := w.start(append(with("--policy=sync", "--max-delete-percent=100", "--delete-after=0s"), "--source=gateway-httproute"))
	want(published("old", "192.168.10.40"))
	p.wantVerdict("old.example.com", change.Held, reason.NotSynced)

	w.cluster.InstallGatewayAPI(t)
	w.cluster.Apply(t, gatewayAt("edge", "192.168.10.51")+gatewayAt("other", "192.168.10.52"))
	w.cluster.Apply(t, route("one", "one.example.com", "edge", "True")+route("two", "two.example.com", "other", "True"))
	want(published("one", "192.168.10.51"), published("two", "192.168.10.52")) // and old has gone

	before := len(w.batches())
	w.cluster.Apply(t, gatewayAt("edge", "192.168.10.61"))
	want(published("one", "192.168.10.61"), published("two", "192.168.10.52"))
	w.wantDig("one.example.com", "A", "192.168.10.61")
	if got := len(w.batches()) - before; got != 1 {
		t.Errorf("a changed Gateway took %d writes, want 1", got)
	}
	w.cluster.Apply(t, route("one", "one.example.com", "edge", "Unknown"))
	p.wantVerdict("one.example.com", change.Held, reason.NotAttached)
	want(published("one", "192.168.10.61"), published("two", "192.168.10.52"))
	w.cluster.Delete(t, route("two", "two.example.com", "other", "True"))
	want(published("one", "192.168.10.61"))
	w.cluster.Apply(t, route("one", "one.example.com", "edge", "False"))
	want()
	w.cluster.Delete(t, route("one", "one.example.com", "edge", "False")+gatewayAt("edge", "192.168.10.61")+gatewayAt("other", "192.168.10.52"))
}
