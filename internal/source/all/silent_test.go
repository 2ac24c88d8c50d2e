// SPDX-License-Identifier: Apache-2.0

package all_test

import (
	"testing"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/all"
	"nafuda.io/nafuda/internal/source/ingress"
	"nafuda.io/nafuda/internal/source/kinds"
	"nafuda.io/nafuda/internal/source/service"
)

// TestSilent: what asks for nothing has its reason (invariant why).
func TestSilent(t *testing.T) {
	host := kinds.Meta{Namespace: "d", Name: "web", Annotations: map[string]string{source.NewPrefix + "hostname": "web.example.com"}}
	none := kinds.Meta{Namespace: "d", Name: "web"}
	only := kinds.Meta{Namespace: "d", Name: "web", Annotations: map[string]string{source.NewPrefix + "ingress-hostname-source": "annotation-only"}}
	for name, tc := range map[string]struct {
		why  string
		opts all.Options
		obj  any
		code reason.Code
	}{
		"service without a host": {why: "most", obj: &kinds.Service{Meta: none, Type: "LoadBalancer"}, code: reason.NoHost},
		"service of a type":      {why: "--service-type-filter", opts: all.Options{Service: service.Options{TypeFilter: []string{"NodePort"}}}, obj: &kinds.Service{Meta: host, Type: "LoadBalancer"}, code: reason.Filtered},
		"service inside":         {why: "--publish-internal-services", obj: &kinds.Service{Meta: host, Type: "ClusterIP", ClusterIP: "192.0.2.1"}, code: reason.Filtered},
		"ingress without a host": {why: "a default backend", obj: &kinds.Ingress{Meta: none, Rules: []string{""}}, code: reason.NoHost},
		"ingress, rules ignored": {why: "--ignore-ingress-rules-spec", opts: all.Options{Ingress: ingress.Options{IgnoreRules: true}}, obj: &kinds.Ingress{Meta: none, Rules: []string{"web.example.com"}}, code: reason.Filtered},
		"ingress, TLS ignored":   {why: "--ignore-ingress-tls-spec", opts: all.Options{Ingress: ingress.Options{IgnoreTLS: true}}, obj: &kinds.Ingress{Meta: none, TLS: [][]string{{"web.example.com"}}}, code: reason.Filtered},
		"ingress, annotation":    {why: "only annotations count, and there is none", obj: &kinds.Ingress{Meta: only, Rules: []string{"web.example.com"}}, code: reason.NoHost},
	} {
		t.Run(name, func(t *testing.T) {
			src := all.Sources(tc.opts)["service"]
			if _, is := tc.obj.(*kinds.Ingress); is {
				src = all.Sources(tc.opts)["ingress"]
			}
			if r := src.Eval(tc.obj, nil); len(r.Endpoints)+len(r.Holds) > 0 {
				t.Fatalf("it isn't silent: %+v", r)
			}
			if got := src.Silent(tc.obj); got.Code != tc.code || got.Text == "" {
				t.Errorf("Silent = %+v, want %s (%s)", got, tc.code, tc.why)
			}
		})
	}
}
