// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"

	"nafuda.io/nafuda/test/kubelet"
)

// newKubelet is one for the pod of the usual set-up; the only variables added are the emulators' addresses.
func (p *person) newKubelet() *kubelet.Kubelet {
	return kubelet.New(p.t, kubelet.Options{
		Cluster: p.cluster, Deployment: "external-dns", Program: p.binary, Dir: p.podDir,
		Env: []string{"AWS_ENDPOINT_URL_ROUTE_53=" + p.url, "NAFUDA_VERIFY_SERVER=" + p.dns.String(), "NAFUDA_CONTROL_SOCKET=none"},
	})
}

// others do what the kubelet and an ingress controller would have done by now.
func (p *person) others() {
	p.t.Helper()
	if err := p.kubelet.Look(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	found, err := p.cluster.Ask(p.t.Context(), http.MethodGet, "/apis/networking.k8s.io/v1/namespaces/default/ingresses/nginx-test-ingress", nil, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if found {
		p.cluster.Apply(p.t, "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: nginx-test-ingress}\nstatus: "+loadBalancer("192.168.10.51"))
	}
}
