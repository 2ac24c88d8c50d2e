// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// TestGatewayAPI: Gateways are read in whichever namespace they are, in older versions too, and where addresses are assumed, so is
// the controllers' consent.
func TestGatewayAPI(t *testing.T) {
	const text = `
apiVersion: gateway.networking.k8s.io/v1beta1
kind: Gateway
metadata: {namespace: infra, name: edge}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: near}
spec: {parentRefs: [{namespace: infra, name: edge}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {namespace: infra, name: far}
`
	d := newDecoder(Options{AssumeAddress: []string{"192.0.2.1"}}, kinds.All(source.Options{}), source.Keep{}, []string{"default"})
	c := d.file("f", []byte(text))
	var got []string
	for _, o := range c.objects {
		what := o.Ref.String()
		switch obj := o.Object.(type) {
		case *kinds.Gateway:
			what += " at " + obj.Addresses[0]
		case *kinds.Route:
			what += " accepted: " + string(obj.Statuses[0].Accepted)
		}
		got = append(got, what)
	}
	want := []string{"gateway/infra/edge at 192.0.2.1", "httproute/default/near accepted: True"}
	if diff := cmp.Diff(want, got); diff != "" || len(c.refusals) > 0 || c.ignored > 0 {
		t.Errorf("refused %v, ignored %d, and (-want +got):\n%s", c.refusals, c.ignored, diff)
	}
}
