// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/source"
)

// shown is a file's content as lines.
func shown(c content) []string {
	var out []string
	for _, o := range c.objects {
		out = append(out, fmt.Sprintf("%s @f:%d = %v", o.Ref, o.line, o.Object))
	}
	for _, r := range c.refusals {
		out = append(out, "refused "+r.Why.Text)
	}
	if c.ignored > 0 {
		out = append(out, fmt.Sprintf("ignored %d", c.ignored))
	}
	return out
}

func TestDecode(t *testing.T) {
	const service = "apiVersion: v1\nkind: Service\n"
	tests := map[string]struct {
		text string
		want []string
		why  string
	}{
		"nothing":          {"", nil, "an empty file is fine"},
		"comments":         {"# a\n---\n# b\n---\n", nil, "as are empty documents"},
		"defaults":         {service + "metadata: {name: a}\n", []string{"service/default/a @f:1 = ClusterIP "}, "the server would set the namespace and the type"},
		"cluster kind":     {"apiVersion: v1\nkind: Node\nmetadata: {name: a, namespace: x, labels: {text: t}}\n", []string{"node/a @f:1 = t"}, "nodes have no namespace"},
		"several":          {service + "metadata: {name: a}\n---\n" + ingress("b", "t"), []string{"service/default/a @f:1 = ClusterIP ", "ingress/default/b @f:5 = t"}, ""},
		"Windows":          {strings.ReplaceAll(service+"metadata: {name: a}\n---\n"+service+"metadata: {name: b}\n", "\n", "\r\n"), []string{"service/default/a @f:1 = ClusterIP ", "service/default/b @f:4 = ClusterIP "}, "line ends and byte order marks of other systems"},
		"mark":             {"\ufeff" + service + "metadata: {name: a}\n", []string{"service/default/a @f:1 = ClusterIP "}, ""},
		"on marker's line": {"--- {apiVersion: v1, kind: Service, metadata: {name: a}}\n", []string{"service/default/a @f:1 = ClusterIP "}, "YAML allows it"},
		"JSON":             {`{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"}}`, []string{"service/default/a @f:1 = ClusterIP "}, "YAML holds JSON"},
		"unknown kind":     {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n", []string{"ignored 1"}, "folders hold much else"},
		"other version":    {"apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n", []string{"ignored 1"}, "its fields mean something else"},
		"other list":       {"apiVersion: apps/v1\nkind: DeploymentList\nitems: []\n", []string{"ignored 1"}, ""},
		"list": {
			"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Service, metadata: {name: a}}\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n",
			[]string{"service/default/a @f:1 = ClusterIP ", "ignored 1"},
			"as kubectl get writes them",
		},
		"typed list": {
			"apiVersion: v1\nkind: ServiceList\nitems:\n- {metadata: {name: a}}\n- {metadata: {}}\n",
			[]string{"service/default/a @f:1 = ClusterIP ", "refused f:1: items[1]: the Service has no metadata.name"},
			"items of typed lists have no kind",
		},
		"broken document": {
			service + "metadata: {name: a}\n---\nspec: [\n---\n" + service + "metadata: {name: b}\n",
			[]string{"service/default/a @f:1 = ClusterIP ", "service/default/b @f:6 = ClusterIP ", "refused f:5: yaml: did not find expected node content"},
			"it spoils only itself",
		},
		"key twice":    {service + "metadata: {name: a, name: b}\n", []string{`refused f:3: yaml: unmarshal errors: key "name" already set in map`}, "which one counts is anyone's guess"},
		"wrong type":   {service + "metadata: {name: a}\nspec: {ports: 80}\n", []string{"refused f:1: read a Service: json: cannot unmarshal number into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort"}, ""},
		"no object":    {"a: b\n", []string{"refused f:1: it has no apiVersion or no kind, so it isn't a Kubernetes object"}, "not every YAML file is a manifest"},
		"no mapping":   {"[a, b]\n", []string{"refused f:1: it isn't a mapping, so it isn't a Kubernetes object"}, ""},
		"bad name":     {service + "metadata: {name: a/b}\n", []string{"refused f:1: metadata.name of the Service: a lowercase RFC 1123 subdomain must consist of"}, "a server would refuse it"},
		"bad space":    {service + "metadata: {name: a, namespace: a/b}\n", []string{"refused f:1: metadata.namespace of the Service: a lowercase RFC 1123 label must consist of"}, "it would make another ref"},
		"nested lists": {strings.Repeat(`{"apiVersion":"v1","kind":"List","items":[`, 5) + strings.Repeat("]}", 5), []string{"refused f:1: items[0]: lists are nested deeper than 3"}, "bound"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDecoder(Options{}, testKinds(), source.Keep{}, nil)
			got := shown(d.file("f", []byte(tt.text)))
			if len(got) == len(tt.want) {
				for i := range got { // messages of other modules only have to begin so
					if strings.HasPrefix(tt.want[i], "refused") && len(got[i]) > len(tt.want[i]) {
						got[i] = got[i][:len(tt.want[i])]
					}
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s: %s", tt.why, diff)
			}
		})
	}
}

func TestAssumedAddresses(t *testing.T) {
	lb := func(status string) string {
		return "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: LoadBalancer}\n" + status
	}
	tests := map[string]struct{ text, want, why string }{
		"load balancer": {lb(""), "LoadBalancer  192.0.2.1 lb.example.com", "it has no status"},
		"with status":   {lb("status: {loadBalancer: {ingress: [{ip: 198.51.100.1}]}}\n"), "LoadBalancer  198.51.100.1", "what is written counts"},
		"cluster IP":    {"apiVersion: v1\nkind: Service\nmetadata: {name: a}\n", "ClusterIP ", "it has no load balancer"},
		"ingress":       {ingress("a", "t"), "t 192.0.2.1 lb.example.com", "it has no status"},
		"ingress with status": {
			ingress("a", "t") + "status: {loadBalancer: {ingress: [{hostname: other.example.com}]}}\n",
			"t other.example.com", "what is written counts",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newDecoder(Options{AssumeAddress: []string{"192.0.2.1", "lb.example.com"}}, testKinds(), source.Keep{}, nil)
			c := d.file("f", []byte(tt.text))
			if len(c.objects) != 1 || c.objects[0].Object != tt.want {
				t.Errorf("got %v, want %q: %s", shown(c), tt.want, tt.why)
			}
		})
	}
}

func TestNamespaces(t *testing.T) {
	d := newDecoder(Options{}, testKinds(), source.Keep{}, []string{"one"})
	c := d.file("f", []byte("{apiVersion: v1, kind: Service, metadata: {name: a, namespace: one}}\n---\n"+
		"{apiVersion: v1, kind: Service, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Node, metadata: {name: a}}\n"))
	if diff := cmp.Diff([]string{"service/one/a @f:1 = ClusterIP ", "node/a @f:4 = "}, shown(c)); diff != "" {
		t.Error(diff)
	}
}

func TestCheckTellsAll(t *testing.T) {
	err := Options{Manifests: []string{t.TempDir() + "/none"}, AssumeAddress: []string{"192.0.2.1", "not a name"}}.Check()
	for _, says := range []string{"--manifests", "create it", "--assume-address=not a name"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v doesn't say %q", err, says)
		}
	}
}

func FuzzFile(f *testing.F) {
	for _, seed := range []string{"", "---", "--- a\n...\n", ingress("a", "t"), "a: &a [*a]", `{"apiVersion":"v1","kind":"List","items":[{}]}`, "\ufeff%YAML 1.2\n---\n"} {
		f.Add([]byte(seed))
	}
	d := newDecoder(Options{AssumeAddress: []string{"192.0.2.1"}}, testKinds(), source.Keep{}, nil)
	f.Fuzz(func(t *testing.T, stream []byte) {
		if len(stream) > 1<<16 {
			return
		}
		size := 0
		for _, doc := range documents(stream) {
			size += len(doc.text)
		}
		if size > len(stream) {
			t.Errorf("%d bytes of documents from %d", size, len(stream))
		}
		c := d.file("f", stream)
		for _, o := range c.objects {
			if o.Ref.Kind == "" || o.Ref.Name == "" || strings.ContainsAny(o.Ref.Namespace+o.Ref.Name, "/ \n") || o.Object == nil {
				t.Errorf("a bad object: %v", o)
			}
		}
		for _, r := range c.refusals {
			if r.Why.None() || !strings.HasPrefix(r.Field, "f:") || strings.Contains(r.Why.Text, "\n") {
				t.Errorf("a bad refusal: %+v", r)
			}
		}
	})
}
