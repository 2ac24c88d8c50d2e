// SPDX-License-Identifier: Apache-2.0

package kinds_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

func kind(t *testing.T, name string) source.Kind {
	t.Helper()
	all := kinds.All(source.Options{AnnotationPrefix: "dns.example.com/"})
	i := slices.IndexFunc(all, func(k source.Kind) bool { return k.Name == name })
	if i < 0 {
		t.Fatalf("no kind %q", name)
	}
	return all[i]
}

func slim(t *testing.T, name, manifest string, keep source.Keep) any {
	t.Helper()
	k := kind(t, name)
	obj := k.New()
	if err := yaml.UnmarshalStrict([]byte(manifest), obj); err != nil {
		t.Fatal(err)
	}
	return k.Slim(obj, keep)
}

func TestMeta(t *testing.T) {
	const manifest = `
metadata:
  namespace: default
  name: web
  creationTimestamp: "2026-01-02T03:04:05+01:00"
  labels: {app: web, tier: front}
  annotations:
    external-dns.kubernetes.io/a: "1"
    external-dns.alpha.kubernetes.io/b: "2"
    dns.example.com/c: "3"
    nafuda.io/d: "4"
    kubernetes.io/ingress.class: nginx
    wanted: "5"
    kubectl.kubernetes.io/last-applied-configuration: "{}"`
	got := slim(t, kinds.KindIngress, manifest, source.Keep{
		Label:      func(key string) bool { return key == "tier" },
		Annotation: func(key string) bool { return key == "wanted" },
	})
	want := &kinds.Ingress{
		Meta: kinds.Meta{
			Namespace: "default", Name: "web", Created: time.Date(2026, 1, 2, 2, 4, 5, 0, time.UTC), Labels: map[string]string{"tier": "front"},
			Annotations: map[string]string{
				"external-dns.kubernetes.io/a": "1", "external-dns.alpha.kubernetes.io/b": "2", "dns.example.com/c": "3", "nafuda.io/d": "4",
				"kubernetes.io/ingress.class": "nginx", "wanted": "5",
			},
		},
		Class: "nginx",
	}
	if diff := cmp.Diff(any(want), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestNoiseIsNoChange is what lets feeds drop deltas that say nothing new.
func TestNoiseIsNoChange(t *testing.T) {
	for name, manifests := range map[string][2]string{
		kinds.KindNode: {
			`{metadata: {name: n, resourceVersion: "1"}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}], conditions: [{type: Ready, status: "True", lastHeartbeatTime: "2026-01-01T00:00:00Z"}]}}`,
			`{metadata: {name: n, resourceVersion: "2", labels: {x: y}}, status: {addresses: [{type: InternalIP, address: 192.0.2.1}, {type: Hostname, address: n}], conditions: [{type: Ready, status: "True", reason: KubeletReady, lastHeartbeatTime: "2026-01-01T00:00:10Z", lastTransitionTime: "2026-01-01T00:00:00Z"}, {type: DiskPressure, status: "True"}]}}`,
		},
		kinds.KindService: {
			`{metadata: {name: s}, spec: {type: LoadBalancer, clusterIP: 10.0.0.1, selector: {a: b}}}`,
			`{metadata: {name: s, annotations: {note: x}}, spec: {type: LoadBalancer, clusterIP: 10.0.0.1, selector: {a: c}, ports: [{port: 80, nodePort: 30080}]}, status: {loadBalancer: {ingress: []}}}`,
		},
		kinds.KindIngress: {
			`{metadata: {name: i}, spec: {rules: [{host: a.example.com}]}}`,
			`{metadata: {name: i, annotations: {}}, spec: {rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: s}}}]}}], tls: []}}`,
		},
		kinds.KindEndpointSlice: {
			`{metadata: {name: e, labels: {kubernetes.io/service-name: s}}, addressType: IPv4, endpoints: [{addresses: [192.0.2.1], targetRef: {kind: Pod, name: p}}]}`,
			`{metadata: {name: e, labels: {kubernetes.io/service-name: s}}, addressType: IPv4, endpoints: [{addresses: [192.0.2.1], targetRef: {kind: Pod, name: p}, zone: z, conditions: {ready: true, serving: true}}, {addresses: [192.0.2.2]}]}`,
		},
	} {
		a, b := slim(t, name, manifests[0], source.Keep{}), slim(t, name, manifests[1], source.Keep{})
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s: noise is a change:\n%s", name, cmp.Diff(a, b))
		}
	}
}

// TestNodeReadiness is what --exclude-not-ready-nodes reads of a Node. A condition that nobody has written is no word against it.
func TestNodeReadiness(t *testing.T) {
	for conditions, want := range map[string]bool{
		"": false, `{type: Ready, status: "True"}`: false, `{type: MemoryPressure, status: "True"}`: false,
		`{type: Ready, status: "False"}`: true, `{type: Ready, status: Unknown}`: true, `{type: Ready}`: true,
	} {
		n := slim(t, kinds.KindNode, "{metadata: {name: n}, status: {conditions: ["+conditions+"]}}", source.Keep{}).(*kinds.Node)
		if n.NotReady != want {
			t.Errorf("[%s]: not ready is %t, want %t", conditions, n.NotReady, want)
		}
	}
}

func TestRefsAndIndexes(t *testing.T) {
	for name, tc := range map[string]struct {
		kind, manifest, ref string
		indexes             map[string][]string
	}{
		"service":      {kind: kinds.KindService, manifest: `{metadata: {namespace: a, name: b}}`, ref: "service/a/b"},
		"ingress":      {kind: kinds.KindIngress, manifest: `{metadata: {namespace: a, name: b}}`, ref: "ingress/a/b"},
		"node":         {kind: kinds.KindNode, manifest: `{metadata: {name: b}}`, ref: "node/b", indexes: map[string][]string{kinds.Everything: {""}}},
		"pod":          {kind: kinds.KindPod, manifest: `{metadata: {namespace: a, name: b}, spec: {nodeName: n1}}`, ref: "pod/a/b", indexes: map[string][]string{kinds.ByNamespace: {"a"}, kinds.ByNode: {"n1"}}},
		"pending pod":  {kind: kinds.KindPod, manifest: `{metadata: {namespace: a, name: b}}`, ref: "pod/a/b", indexes: map[string][]string{kinds.ByNamespace: {"a"}, kinds.ByNode: nil}},
		"slice":        {kind: kinds.KindEndpointSlice, manifest: `{metadata: {namespace: a, name: b, labels: {kubernetes.io/service-name: s}}}`, ref: "endpointslice/a/b", indexes: map[string][]string{kinds.ByService: {"a/s"}}},
		"lonely slice": {kind: kinds.KindEndpointSlice, manifest: `{metadata: {namespace: a, name: b}}`, ref: "endpointslice/a/b", indexes: map[string][]string{kinds.ByService: nil}},
	} {
		t.Run(name, func(t *testing.T) {
			obj := slim(t, tc.kind, tc.manifest, source.Keep{})
			if got := kinds.RefOf(obj).String(); got != tc.ref {
				t.Errorf("the ref is %s, want %s", got, tc.ref)
			}
			got := map[string][]string(nil)
			for index, values := range kind(t, tc.kind).Indexes {
				if got == nil {
					got = make(map[string][]string)
				}
				got[index] = values(obj)
			}
			if diff := cmp.Diff(tc.indexes, got); diff != "" {
				t.Errorf("the indexes differ (-want +got):\n%s", diff)
			}
		})
	}
	if got := kinds.RefOf("no object"); got != (endpoint.Ref{}) {
		t.Errorf("what isn't an object has the ref %v", got)
	}
}

// TestKindsAreServed compares what the kinds say of themselves with the API types.
func TestKindsAreServed(t *testing.T) {
	for _, k := range kinds.All(source.Options{}) {
		typ := reflect.TypeOf(k.New()).Elem()
		if _, is := k.New().(kruntime.Object); !is || k.Resource == "" {
			t.Errorf("%s: %s decodes into %s", k.Name, k.ManifestKind, typ)
		}
		if k.Group != kinds.GatewayGroup && (typ.Name() != k.ManifestKind || k.Version != "v1") {
			t.Errorf("%s: %s decodes into %s", k.Name, k.ManifestKind, typ)
		}
		if ref := kinds.RefOf(k.Slim(k.New(), source.Keep{})); ref.Kind != k.Name {
			t.Errorf("%s: the slim form's ref is %v", k.Name, ref)
		}
	}
}

// TestIngressIsSmall bounds what one of 100,000 Ingresses costs in memory, its strings included.
func TestIngressIsSmall(t *testing.T) {
	const n, limit = 5000, 900
	k := kind(t, kinds.KindIngress)
	heap := func() uint64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	kept := make([]any, n)
	before := heap()
	for i := range n {
		obj := k.New()
		if err := json.Unmarshal(ingress(t, i), obj); err != nil {
			t.Fatal(err)
		}
		kept[i] = k.Slim(obj, source.Keep{})
	}
	each := (heap() - before) / n
	runtime.KeepAlive(kept)
	t.Logf("a slim Ingress takes %d bytes with its strings", each)
	if each > limit {
		t.Errorf("a slim Ingress takes %d bytes, more than %d", each, limit)
	}
}

// ingress is what a Helm chart makes: one host, TLS, a few annotations, the last applied configuration among them.
func ingress(t *testing.T, i int) []byte {
	t.Helper()
	class, host := "nginx", fmt.Sprintf("app-%d.example.com", i)
	data, err := json.Marshal(&networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "default", Name: fmt.Sprintf("app-%d", i), UID: "00000000-0000-0000-0000-000000000000", CreationTimestamp: metav1.Now(),
			Labels:        map[string]string{"app": "web", "helm.sh/chart": "web-1.2.3"},
			Annotations:   map[string]string{"external-dns.kubernetes.io/ttl": "60", "kubectl.kubernetes.io/last-applied-configuration": string(make([]byte, 500))},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "helm", FieldsV1: metav1.NewFieldsV1(`{"f:metadata":{}}`)}},
		},
		Spec: networkingv1.IngressSpec{
			IngressClassName: &class, Rules: []networkingv1.IngressRule{{Host: host}}, TLS: []networkingv1.IngressTLS{{Hosts: []string{host}, SecretName: "tls"}},
		},
		Status: networkingv1.IngressStatus{LoadBalancer: networkingv1.IngressLoadBalancerStatus{Ingress: []networkingv1.IngressLoadBalancerIngress{{IP: "192.0.2.1"}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}
