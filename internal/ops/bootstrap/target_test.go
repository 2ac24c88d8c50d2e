// SPDX-License-Identifier: Apache-2.0

package bootstrap_test

import (
	"encoding/json"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/ops/bootstrap"
	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	cluster "nafuda.io/nafuda/test/kube"

	"nafuda.io/nafuda/test/golden"
)

// world is an account of its own and the test's cluster.
type world struct {
	*testing.T
	iam     *iamemu.Server
	emu     *r53emu.Server
	zone    string
	access  bootstrap.Access
	cluster *cluster.Cluster
	config  *rest.Config
}

// start is an empty account with the zone example.com, whose credentials are in the environment.
func start(t *testing.T, c *cluster.Cluster) *world {
	t.Helper()
	w := &world{T: t, iam: iamemu.New(), cluster: c}
	server := httptest.NewServer(w.iam)
	t.Cleanup(server.Close)
	eks := httptest.NewServer(w.iam.EKS())
	t.Cleanup(eks.Close)
	url, emu := r53emutest.Start(t, r53emu.Options{})
	w.emu, w.zone = emu, emu.AddZone("example.com", false)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_ACCESS_KEY_ID", iamemu.AdminKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "admin-secret")
	t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
	t.Setenv("AWS_ENDPOINT_URL_ROUTE_53", url)
	w.access = bootstrap.Access{
		IAMEndpoint: server.URL, EKSEndpoint: eks.URL, Pause: time.Millisecond, Patience: 20 * time.Second,
		Kube: kube.Options{Kubeconfig: c.Kubeconfig, RequestTimeout: 30 * time.Second, QPS: 100, Burst: 100},
	}
	w.config = c.Config(t)
	return w
}

func (w *world) open(o bootstrap.Options) *bootstrap.Target {
	w.Helper()
	target, _, err := bootstrap.Open(w.Context(), o, w.access)
	if err != nil {
		w.Fatal(err)
	}
	return target
}

// told runs one of a target's methods and returns what it wrote, with what differs from run to run replaced.
func (w *world) told(do func(*strings.Builder) error) string {
	w.Helper()
	var out strings.Builder
	if err := do(&out); err != nil {
		w.Fatalf("%v after:\n%s", err, out.String())
	}
	if strings.Contains(out.String(), "emulated/secret") {
		w.Error("invariant secret: the secret key was printed")
	}
	return out.String()
}

func (w *world) apply(o bootstrap.Options) string {
	w.Helper()
	return w.told(func(b *strings.Builder) error { return w.open(o).Apply(w.Context(), b) })
}

// known leaves out what Open finds out by itself.
func known(change func(*bootstrap.Options)) bootstrap.Options {
	return base(func(o *bootstrap.Options) {
		o.ZoneID = ""
		if change != nil {
			change(o)
		}
	})
}

// get reads an object of kube-system, whose path after the namespace is given.
func (w *world) get(path string) map[string]any {
	w.Helper()
	o, err := bootstrap.Get(w.Context(), w.config, path)
	if err != nil || o == nil {
		w.Fatalf("%s: %v, %v", path, o, err)
	}
	return o
}

// secret is the data of a Secret, still encoded.
func (w *world) secret(name string) any {
	w.Helper()
	return w.get("/api/v1/namespaces/kube-system/secrets/" + name)["data"]
}

// TestTarget sets up, changes and takes back on one real API server.
func TestTarget(t *testing.T) {
	c := cluster.Start(t)
	for _, tt := range []struct {
		name string
		run  func(*world)
	}{
		{"applied, repeated, changed and deleted", applied},
		{"the usual names", usualNames},
		{"a role", roles},
		{"pod identity", podIdentity},
		{"foreign: a pod identity association", foreignAssociation},
		{"every variant applies", variantsApply},
		{"told before anything is made", toldBefore},
		{"foreign: what isn't ours stays", foreign},
		{"what was made by hand is adopted", adopted},
		{"a key that can't be stored is taken back", takenBack},
		{"nothing goes while pods run", podsRun},
		{"two keys", twoKeys},
		{"five versions", fiveVersions},
		{"a rotation", rotation},
		{"a rotation that is stopped goes on", stoppedRotation},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.run(start(t, c)) })
	}
}

func (w *world) cleanUp(o bootstrap.Options) {
	w.Helper()
	w.told(func(b *strings.Builder) error { return w.open(o).Stop(w.Context(), b) })
	w.told(func(b *strings.Builder) error { return w.open(o).Delete(w.Context(), b) })
	w.collect(o)
}

// collect does what the garbage collector does with objects whose deletion waits for what belongs to them: the cluster has none.
func (w *world) collect(o bootstrap.Options) {
	w.Helper()
	p, err := bootstrap.MakePlan(o)
	if err != nil {
		w.Fatal(err)
	}
	paths := []string{"/api/v1/namespaces/" + o.Namespace + "/secrets/" + o.Name + "-aws"}
	for _, obj := range p.Objects {
		paths = append(paths, obj.Path)
	}
	for _, path := range paths {
		there, err := bootstrap.Get(w.Context(), w.config, path)
		if err == nil && there != nil {
			err = bootstrap.Merge(w.Context(), w.config, path, map[string]any{"metadata": map[string]any{"finalizers": nil}})
		}
		if err != nil {
			w.Fatal(err)
		}
	}
}

func applied(w *world) {
	o := known(nil)
	first := w.apply(o)
	if err := w.open(o).SameOwnership(w.Context()); err != nil {
		w.Errorf("right after it was made: %v", err)
	}
	other := known(func(o *bootstrap.Options) { o.Registry, o.Table, o.Account = "dynamodb", "names", "123456789012" })
	if err := w.open(other).SameOwnership(w.Context()); err == nil || !strings.Contains(err.Error(), "runs with --") || !strings.Contains(err.Error(), "--registry=dynamodb") {
		w.Errorf("with a table, which it doesn't run with: %v", err)
	}
	golden.File(w.T, filepath.Join("testdata", "apply.txt"), first)
	key := w.secret("nafuda-aws")
	again := w.apply(o)
	if again != regexp.MustCompile(`(?m)^now        (.*): .*$`).ReplaceAllString(first, "as it is   $1") {
		w.Errorf("the second run didn't find all as it is:\n%s", again)
	}
	if diff := cmp.Diff(key, w.secret("nafuda-aws")); diff != "" || w.iam.Calls()["CreateAccessKey"] != 1 {
		w.Errorf("the key wasn't reused: %d were made", w.iam.Calls()["CreateAccessKey"])
	}
	o.Limit, o.Policy = true, "sync"
	changed := w.apply(o)
	if n := strings.Count(changed, "now "); n != 2 || !strings.Contains(changed, "new version") || !strings.Contains(changed, "Deployment kube-system/nafuda: change it") {
		w.Errorf("want a new version of the policy and a changed Deployment:\n%s", changed)
	}
	deleted := w.told(func(b *strings.Builder) error { return w.open(o).Stop(w.Context(), b) }) +
		w.told(func(b *strings.Builder) error { return w.open(o).Delete(w.Context(), b) })
	golden.File(w.T, filepath.Join("testdata", "delete.txt"), deleted)
	if again := w.told(func(b *strings.Builder) error { return w.open(o).Delete(w.Context(), b) }); strings.Contains(again, "now ") {
		w.Errorf("the second deletion found something:\n%s", again)
	}
	w.collect(o)
}

func usualNames(w *world) {
	o := known(func(o *bootstrap.Options) { o.Name = "external-dns" })
	w.apply(o)
	text, err := json.Marshal(w.get("/apis/apps/v1/namespaces/kube-system/deployments/external-dns"))
	if err != nil || !strings.Contains(string(text), `{"name":"HOSTED_ZONE_ID","value":"`+w.zone+`"}`) {
		w.Errorf("the zone that was found isn't in the Deployment: %s, %v", text, err)
	}
	w.cleanUp(o)
}

func roles(w *world) {
	o := known(func(o *bootstrap.Options) {
		o.Auth, o.Account, o.Issuer = "irsa", iamemu.Account, "https://oidc.eks.ap-northeast-1.amazonaws.com/id/EXAMPLE"
	})
	w.apply(o)
	o.Issuer += "2"
	if out := w.apply(o); !strings.Contains(out, "IAM role nafuda: let only") {
		w.Errorf("the trust policy stayed:\n%s", out)
	}
	w.cleanUp(o)
}

// variantsApply has the server take each manifest as it was written, with every field known to it.
func variantsApply(w *world) {
	w.cluster.Apply(w, "apiVersion: v1\nkind: Namespace\nmetadata: {name: dns}\n")
	for name, o := range variants() {
		p, err := bootstrap.MakePlan(o)
		if err != nil {
			w.Fatal(err)
		}
		for _, obj := range p.Objects {
			if err := bootstrap.Try(w.Context(), w.config, obj); err != nil {
				w.Errorf("%s: %s: %v", name, obj, err)
			}
		}
	}
}

func toldBefore(w *world) {
	private := w.emu.AddZone("example.com", true)
	w.emu.AddZone("two.example.com", false)
	w.emu.AddZone("two.example.com", false)
	tests := map[string]struct {
		change func(*bootstrap.Options)
		want   string
	}{
		"wrong account":    {func(o *bootstrap.Options) { o.Account = "999999999999" }, "--account-id=999999999999: the credentials are of account " + iamemu.Account},
		"no such zone":     {func(o *bootstrap.Options) { o.Domain = "example.org" }, "no public hosted zone"},
		"no such id":       {func(o *bootstrap.Options) { o.ZoneID = "ZNONE" }, "--hosted-zone-id=ZNONE"},
		"another's id":     {func(o *bootstrap.Options) { o.Domain, o.ZoneID = "example.org", w.zone }, "isn't in it"},
		"private":          {func(o *bootstrap.Options) { o.ZoneID = private }, "isn't a public zone"},
		"two zones":        {func(o *bootstrap.Options) { o.Domain = "a.two.example.com" }, "there are 2 public zones named two.example.com"},
		"no namespace":     {func(o *bootstrap.Options) { o.Namespace = "nowhere" }, "kubectl create namespace nowhere"},
		"several mistakes": {func(o *bootstrap.Options) { o.Account, o.Namespace = "999999999999", "nowhere" }, "nowhere"},
	}
	for name, tt := range tests {
		w.Run(name, func(t *testing.T) {
			_, _, err := bootstrap.Open(t.Context(), known(tt.change), w.access)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "nothing was made") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	for action, n := range w.iam.Calls() {
		if strings.HasPrefix(action, "Create") {
			w.Errorf("%d calls of %s though all was wrong", n, action)
		}
	}
}

// call asks the emulated IAM as somebody with other tools would.
func (w *world) call(action string, pairs ...string) {
	w.Helper()
	if err := bootstrap.Call(w.Context(), w.access.IAMEndpoint, action, pairs...); err != nil {
		w.Fatal(err)
	}
}

// takenBack has the cluster refuse the Secret: somebody has made it between the look and the deed is the same.
func takenBack(w *world) {
	o := known(func(o *bootstrap.Options) { o.Name = "quota" })
	w.cluster.Apply(w, "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: no-secrets}\nrules:\n"+
		"- {apiGroups: ['', apps, rbac.authorization.k8s.io], resources: ['*'], verbs: [get, patch, bind, escalate]}\n"+
		"- {apiGroups: [rbac.authorization.k8s.io], resources: ['*'], verbs: ['*']}\n- {apiGroups: [apps], resources: ['*'], verbs: ['*']}\n"+
		"- {apiGroups: [''], resources: [serviceaccounts], verbs: ['*']}\n")
	w.access.Kube.Kubeconfig = w.cluster.CreateUser(w, "no-secrets").Kubeconfig
	err := w.open(o).Apply(w.Context(), &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "Secret kube-system/quota-aws") || strings.Contains(err.Error(), "emulated/") {
		w.Errorf("got %v", err)
	}
	if calls := w.iam.Calls(); calls["CreateAccessKey"] != 1 || calls["DeleteAccessKey"] != 1 {
		w.Errorf("the key wasn't taken back: %v", calls)
	}
	w.access.Kube.Kubeconfig = w.cluster.Kubeconfig
	w.cleanUp(o)
}

// podsRun has a pod that nobody ends: it might still publish.
func podsRun(w *world) {
	o := known(func(o *bootstrap.Options) { o.Name = "running" })
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: running, namespace: kube-system, labels: {app: running}}\nspec: {containers: [{name: x, image: x}]}\n"
	w.cluster.Apply(w, pod)
	w.access.Patience = 50 * time.Millisecond
	if err := w.open(o).Stop(w.Context(), &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "run still: 1;") {
		w.Errorf("got %v", err)
	}
	w.cluster.Delete(w, pod)
	w.told(func(b *strings.Builder) error { return w.open(o).Stop(w.Context(), b) })
}

func twoKeys(w *world) {
	o := known(func(o *bootstrap.Options) { o.Name = "two" })
	w.call("CreateUser", "UserName", "two")
	w.access.Adopt = true
	w.call("CreateAccessKey", "UserName", "two")
	w.call("CreateAccessKey", "UserName", "two")
	err := w.open(o).Apply(w.Context(), &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "aws iam delete-access-key --user-name two --access-key-id AKIAEXAMPLE") {
		w.Errorf("got %v", err)
	}
	w.cleanUp(o)
}

func fiveVersions(w *world) {
	o := known(func(o *bootstrap.Options) { o.Name = "versions" })
	for i := range 8 {
		o.Limit = i%2 == 1
		w.apply(o)
	}
	if n := w.iam.Calls()["CreatePolicyVersion"]; n != 7 {
		w.Errorf("%d versions were made, want 7", n)
	}
	w.cleanUp(o)
}

// ready has the Deployment's pods run, as its controller would say.
func (w *world) ready(name string) {
	w.Helper()
	err := bootstrap.Merge(w.Context(), w.config, "/apis/apps/v1/namespaces/kube-system/deployments/"+name+"/status", map[string]any{
		"status": map[string]any{"observedGeneration": 99, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1},
	})
	if err != nil {
		w.Fatal(err)
	}
}

func rotation(w *world) {
	o := known(func(o *bootstrap.Options) { o.Name = "rotate" })
	w.apply(o)
	w.ready("rotate")
	label := func(value any) {
		err := bootstrap.Merge(w.Context(), w.config, "/api/v1/namespaces/kube-system/secrets/rotate-aws",
			map[string]any{"metadata": map[string]any{"labels": map[string]any{"app.kubernetes.io/managed-by": value}}})
		if err != nil {
			w.Fatal(err)
		}
	}
	label(nil)
	if err := w.open(o).Rotate(w.Context(), &strings.Builder{}); err == nil || !strings.Contains(err.Error(), "--adopt") || w.iam.Calls()["CreateAccessKey"] != 1 {
		w.Errorf("invariant foreign: a Secret that isn't ours: %v", err)
	}
	label("nafuda-bootstrap")
	before := w.secret("rotate-aws")
	out := w.told(func(b *strings.Builder) error { return w.open(o).Rotate(w.Context(), b) })
	if diff := cmp.Diff(before, w.secret("rotate-aws")); diff == "" {
		w.Error("the key is the old one")
	}
	if !strings.Contains(out, "access key AKIAEXAMPLE000000001: delete it") || w.iam.Calls()["DeleteAccessKey"] != 1 {
		w.Errorf("the old key stayed:\n%s", out)
	}
	if again := w.apply(o); strings.Contains(again, "now ") {
		w.Errorf("after a rotation something is to be done:\n%s", again)
	}
	w.cleanUp(o)
}

// stoppedRotation has the pods not come up: the old key stays until they do.
func stoppedRotation(w *world) {
	o := known(func(o *bootstrap.Options) { o.Name = "stopped" })
	w.apply(o)
	w.access.Patience = 50 * time.Millisecond
	err := w.open(o).Rotate(w.Context(), &strings.Builder{})
	if err == nil || !strings.Contains(err.Error(), "run --rotate again") || w.iam.Calls()["DeleteAccessKey"] != 0 {
		w.Fatalf("got %v", err)
	}
	key := w.secret("stopped-aws")
	w.ready("stopped")
	w.told(func(b *strings.Builder) error { return w.open(o).Rotate(w.Context(), b) })
	if diff := cmp.Diff(key, w.secret("stopped-aws")); diff != "" || w.iam.Calls()["DeleteAccessKey"] != 1 || w.iam.Calls()["CreateAccessKey"] != 2 {
		w.Errorf("it didn't go on: %v", w.iam.Calls())
	}
	w.iam.Refuse("GetCallerIdentity", "")
	w.cleanUp(o)
}
