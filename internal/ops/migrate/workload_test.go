// SPDX-License-Identifier: Apache-2.0

package migrate_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/ops/migrate"
)

// The parts of manifests: a template's containers, and who made an object.
const (
	dns     = `containers: [{name: dns, image: external-dns, args: [--a]}]`
	made    = `labels: {pod-template-hash: 7d9}, ownerReferences: [{kind: ReplicaSet, name: edns-7d9, controller: true}]`
	madeSet = `labels: {pod-template-hash: 7d9}, ownerReferences: [{kind: Deployment, name: edns, controller: true}]`
)

func ofApps(kind, meta, spec string) string {
	return "apiVersion: apps/v1\nkind: " + kind + "\nmetadata: {" + meta + "}\nspec: {" + spec + "template: {spec: {" + dns + "}}}\n"
}

func pod(meta string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {" + meta + "}\nspec: {" + dns + "}\n"
}

// TestWorkloads: whatever runs ExternalDNS is read, and what is changed is what a person would change.
func TestWorkloads(t *testing.T) {
	for name, tt := range map[string]struct {
		text  string
		there []string
		notes []string // parts of them
		err   string
		why   string
	}{
		"StatefulSet": {
			text:  ofApps("StatefulSet", "name: edns", ""),
			there: []string{"kubectl set image statefulset/edns dns=new", "kubectl rollout status statefulset/edns"}, why: "its Pods go before new ones come, so no strategy is changed",
		},
		"DaemonSet": {
			text:  ofApps("DaemonSet", "name: edns, namespace: dns", ""),
			there: []string{"kubectl --namespace=dns set image daemonset/edns dns=new", "kubectl --namespace=dns rollout status daemonset/edns"}, notes: []string{"runs on each node"}, why: "as on a cluster of one node",
		},
		"ReplicaSet": {
			text:  ofApps("ReplicaSet", "name: edns", "selector: {matchLabels: {b: c, a: b}}, "),
			there: []string{"kubectl set image replicaset/edns dns=new", "kubectl delete pods --selector=a=b,b=c"}, notes: []string{"leaves its Pods"}, why: "it replaces no Pods itself",
		},
		"ReplicaSet of a Deployment": {
			text:  ofApps("ReplicaSet", "name: edns-7d9, "+madeSet, ""),
			there: []string{`kubectl patch deployment/edns '--patch={"spec":{"strategy":{"rollingUpdate":null,"type":"Recreate"},"template":{"spec":{"containers":[{"image":"new","name":"dns"}]}}}}'`, "kubectl rollout status deployment/edns"},
			why:   "the Deployment would change it back",
		},
		"Pod": {
			text:  pod("name: edns"),
			there: []string{"kubectl set image pod/edns dns=new", "kubectl wait --for=condition=Ready pod/edns"}, why: "its image may be changed",
		},
		"Pod with a command": {
			text:  strings.Replace(pod("name: edns"), "args:", "command: [/bin/external-dns], args:", 1),
			there: []string{"kubectl delete pod/edns", "kubectl apply --filename=POD.yaml"}, notes: []string{"a command of its own", "can't be changed"}, why: "nothing else of it may be",
		},
		"Pods of a Deployment": {
			text:  "kind: PodList\napiVersion: v1\nitems:\n- " + strings.ReplaceAll(pod("name: edns-7d9-x, "+made), "\n", "\n  ") + "\n- " + strings.ReplaceAll(pod("name: edns-7d9-y, "+made), "\n", "\n  "),
			there: []string{`kubectl patch deployment/edns '--patch={"spec":{"strategy":{"rollingUpdate":null,"type":"Recreate"},"template":{"spec":{"containers":[{"image":"new","name":"dns"}]}}}}'`, "kubectl rollout status deployment/edns"},
			why:   "kubectl get pods; both are of one Deployment",
		},
		"Pod of a StatefulSet": {
			text:  pod("name: edns-0, ownerReferences: [{kind: StatefulSet, name: edns, controller: true}]"),
			there: []string{"kubectl set image statefulset/edns dns=new", "kubectl rollout status statefulset/edns"}, why: "that makes it",
		},
		"static Pod": {
			text:  pod("name: edns-node1, annotations: {kubernetes.io/config.mirror: x}, ownerReferences: [{kind: Node, name: node1, controller: true}]"),
			notes: []string{"/etc/kubernetes/manifests"}, why: "the API server only shows it",
		},
		"all of them": {
			text:  pod("name: edns-7d9-x, "+made) + "---\n" + ofApps("ReplicaSet", "name: edns-6c8, labels: {pod-template-hash: 6c8}, ownerReferences: [{kind: Deployment, name: edns, controller: true}]", "replicas: 0, ") + "---\n" + ofApps("ReplicaSet", "name: edns-7d9, "+madeSet, "") + "---\n" + ofApps("Deployment", "name: edns", "strategy: {type: Recreate}, "),
			there: []string{"kubectl set image deployment/edns dns=new", "kubectl rollout status deployment/edns"}, why: "kubectl get all",
		},
		"a ReplicaSet of before": {
			text:  strings.Replace(ofApps("ReplicaSet", "name: edns-6c8, labels: {pod-template-hash: 6c8}, ownerReferences: [{kind: Deployment, name: edns, controller: true}]", "replicas: 0, "), "--a", "--old", 1) + "---\n" + ofApps("ReplicaSet", "name: edns-7d9, "+madeSet, "replicas: 1, "),
			there: []string{`kubectl patch deployment/edns '--patch={"spec":{"strategy":{"rollingUpdate":null,"type":"Recreate"},"template":{"spec":{"containers":[{"image":"new","name":"dns"}]}}}}'`, "kubectl rollout status deployment/edns"},
			why:   "the arguments are those of the one that has Pods",
		},
		"of an operator":    {text: pod("name: x, ownerReferences: [{kind: Rollout, name: edns, controller: true}]"), err: "is made for the Rollout edns, of a kind that isn't known here", why: "its maker would change it back"},
		"Deployment of old": {text: strings.Replace(ofApps("Deployment", "name: edns", ""), "apps/v1", "extensions/v1beta1", 1), err: "has no Deployment, StatefulSet", why: "no API server has it"},
		"something else":    {text: "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: edns}\n", err: "with a container, but HelmRelease: give what runs, as kubectl get deployment external-dns -o yaml prints it", why: "what a chart makes of it isn't known"},
		"values":            {text: "provider: {name: aws}\n", err: "helm template", why: "they are no object"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := migrate.Read([]byte(tt.text), "", nil)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("%v, want %q: %s", err, tt.err, tt.why)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v: %s", err, tt.why)
			}
			s := migrate.MakeSwap(r, migrate.Outcome{}, "new")
			if diff := cmp.Diff(append([]string{}, tt.there...), s.There); diff != "" || len(r.Words) != 1 || r.Words[0] != "--a" || len(s.Back) != len(s.There) {
				t.Errorf("%s: %q, back %q, -want +got:\n%s", tt.why, r.Words, s.Back, diff)
			}
			all := strings.Join(append(r.Notes, s.Notes...), "\n")
			for _, n := range tt.notes {
				if !strings.Contains(all, n) {
					t.Errorf("no note has %q: %s", n, all)
				}
			}
			if r.Kind != "Deployment" && strings.Contains(all, "strategy") {
				t.Errorf("only a Deployment has such a strategy: %s", all)
			}
		})
	}
}
