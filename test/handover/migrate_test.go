// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"nafuda.io/nafuda/internal/cli"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/migrate"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/test/child"
	"nafuda.io/nafuda/test/kube"
)

// prefix is what every run of ExternalDNS had.
const prefix = "--annotation-prefix=external-dns.alpha.kubernetes.io/"

// migrated runs migrate over objects, and returns its exit status and what it tells.
func migrated(t *testing.T, manifests string, more ...string) (int, migrate.Report) {
	t.Helper()
	var out, log bytes.Buffer
	status := cli.Main(t.Context(), cli.IO{Args: slices.Concat([]string{"migrate", "-o", "json", "--manifests=" + manifests}, more), Out: &out, Err: &log})
	if status == 1 {
		t.Fatalf("migrate ended with an error:\n%s%s", log.String(), out.String())
	}
	var r migrate.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return status, r
}

// shell writes arguments as a person would paste them.
func shell(args []string) string {
	var words []string
	for _, a := range args {
		words = append(words, migrate.Quote(a))
	}
	return "--from-flags=" + strings.Join(words, " \\\n  ")
}

// TestMigrateIsStill: over what ExternalDNS left, with its arguments or its Deployment, nothing changes; and with or without
// the prefix of annotations that it was given.
func TestMigrateIsStill(t *testing.T) {
	for _, r := range runs() {
		for name, flags := range map[string][]string{"as given": append(slices.Clone(r.flags), prefix), "both prefixes": r.flags} {
			t.Run(r.file+" "+name, func(t *testing.T) {
				open(t, r.left(t))
				flags = append([]string{"--provider=aws"}, flags...)
				for _, from := range []string{shell(flags), "--from-manifest=" + deployment(t, flags)} {
					status, got := migrated(t, r.manifests(), from)
					if status != 0 || got.Outcome == nil || !got.Outcome.Still() || len(got.Outcome.Causes) > 0 {
						t.Errorf("status %d: %+v", status, got.Outcome)
					}
					if diff := cmp.Diff(flags, got.Swap.Args); diff != "" {
						t.Errorf("the arguments, -theirs +ours:\n%s", diff)
					}
				}
			})
		}
	}
}

// deployment writes that of an ExternalDNS with the arguments.
func deployment(t *testing.T, args []string) string {
	t.Helper()
	text, err := yaml.Marshal(map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": map[string]any{"name": "external-dns", "namespace": "dns"},
		"spec": map[string]any{"strategy": map[string]any{"type": "Recreate"}, "template": map[string]any{"spec": map[string]any{"containers": []any{
			map[string]any{"name": "external-dns", "image": "registry.example.com/external-dns:v0.23.0", "args": args},
		}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "deployment.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWayBackAfterTheSwap: where migrate says that nothing changes, a run of ours leaves the zones as ExternalDNS made them, byte for byte,
// and ExternalDNS owns each record set that it owned.
func TestWayBackAfterTheSwap(t *testing.T) {
	for _, r := range runs() {
		t.Run(r.file, func(t *testing.T) {
			a := open(t, r.left(t))
			before, owners := a.lines(t), a.owners(t, r.affix)
			_, got := migrated(t, r.manifests(), shell(append([]string{"--provider=aws", prefix}, r.flags...)))
			apply(t, r.manifests(), got.Swap.Args)
			if diff := cmp.Diff(before, a.lines(t)); diff != "" {
				t.Errorf("the zones, -as ExternalDNS left them +after our run:\n%s", diff)
			}
			if diff := cmp.Diff(owners, a.owners(t, r.affix)); diff != "" {
				t.Errorf("the owners that ExternalDNS reads, -before +after our run:\n%s", diff)
			}
		})
	}
}

// owners are those that ExternalDNS reads for each record set.
func (a *account) owners(t *testing.T, as affixes) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for id := range a.ids {
		for key, owner := range as.owners(a.sets(t, id)) {
			out[id+" "+key.String()] = owner
		}
	}
	return out
}

// apply runs the program once with the arguments that migrate has printed.
func apply(t *testing.T, manifests string, args []string) {
	t.Helper()
	var out, log bytes.Buffer
	more := []string{"--manifests=" + manifests, "--once", "--metrics-address=127.0.0.1:0", "--aws-api-rate=1000", "--aws-api-burst=1000", "--log-level=warning"}
	if status := cli.Main(t.Context(), cli.IO{Args: slices.Concat([]string{"run"}, args, more), Out: &out, Err: &log}); status != 0 {
		t.Fatalf("run ended with status %d:\n%s", status, log.String())
	}
}

// TestMigrateNamesTheFlag: where a deliberate difference shows, migrate names the flag that avoids it; with the arguments that it
// prints, our run then leaves the zones as they were.
func TestMigrateNamesTheFlag(t *testing.T) {
	r := runs()[0]
	host := "migrate.example.com"
	// marked is a record set of ExternalDNS's with its marker.
	marked := func(object string, values ...string) []record.Set {
		return []record.Set{
			{Key: record.Key{Name: "migrate.example.com", Type: record.A}, TTL: 300, Stored: values},
			{Key: record.Key{Name: "prefix_a-migrate.example.com", Type: record.TXT}, TTL: 300, Stored: []string{
				fmt.Sprintf(`"heritage=external-dns,external-dns/owner=ZOWNER,external-dns/resource=%s"`, object),
			}},
		}
	}
	tests := map[string]struct {
		objects []map[string]any
		there   []record.Set
		flags   []string
		avoid   []string
		why     string
	}{
		"merged": {
			objects: []map[string]any{ingress("one", host, "192.0.2.1", nil), ingress("two", host, "192.0.2.2", nil)},
			there:   marked("ingress/one/web", "192.0.2.1", "192.0.2.2"), avoid: []string{"--merge-across-namespaces"},
			why: "ExternalDNS merges addresses of several namespaces",
		},
		"new annotations": {
			objects: []map[string]any{annotated("external-dns.kubernetes.io/hostname", host)},
			avoid:   []string{prefix}, why: "an ExternalDNS before v0.22 didn't read the new prefix",
		},
		"old annotations": {
			objects: []map[string]any{annotated("external-dns.alpha.kubernetes.io/hostname", host)},
			avoid:   []string{"--annotation-prefix=external-dns.kubernetes.io/"}, why: "an ExternalDNS since v0.22 doesn't read the old prefix",
		},
		"default targets": {
			objects: []map[string]any{ingress("one", host, "", nil)}, flags: []string{"--default-targets=192.0.2.9"},
			avoid: []string{"leaving out --default-targets"}, why: "ExternalDNS gives nothing to an Ingress without an address",
		},
		"two at once": {
			objects: []map[string]any{
				ingress("one", host, "192.0.2.1", nil), ingress("two", host, "192.0.2.2", nil), ingress("three", "empty.example.com", "", nil),
			},
			there: marked("ingress/one/web", "192.0.2.1", "192.0.2.2"), flags: []string{"--default-targets", "192.0.2.9"},
			avoid: []string{"--merge-across-namespaces", "leaving out --default-targets"}, why: "each has its flag",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := open(t, map[string][]record.Set{"Z1": tt.there})
			before := a.lines(t)
			objects := write(t, tt.objects)
			status, got := migrated(t, objects, shell(slices.Concat([]string{"--provider=aws"}, r.flags, tt.flags)))
			if status != 2 {
				t.Errorf("status %d, want 2: %s", status, tt.why)
			}
			if diff := cmp.Diff(tt.avoid, got.Outcome.Avoid); diff != "" {
				t.Errorf("-want +got: %s\n%s", tt.why, diff)
			}
			if got.Outcome.Then == nil || !got.Outcome.Then.Empty() {
				t.Errorf("with that it plans %+v", got.Outcome.Then)
			}
			apply(t, objects, got.Swap.Args)
			if diff := cmp.Diff(before, a.lines(t)); diff != "" {
				t.Errorf("the zones, -before +after our run:\n%s", diff)
			}
		})
	}
}

// TestSwapInACluster follows what migrate prints, word for word, on a real API server: what runs is found there, the commands are taken,
// and the way back leads to where it began.
func TestSwapInACluster(t *testing.T) {
	kubectl := child.Find(t, "kubectl", "kubernetes-client")
	c := kube.Start(t)
	const name = "deployment/external-dns"
	c.Apply(t, deploymentYAML)
	c.Apply(t, string(mustYAML(t, ingress("default", "migrate.example.com", "192.0.2.1", nil))))
	shell := func(line string) string {
		cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
		cmd.Env = append(os.Environ(), "KUBECONFIG="+c.Kubeconfig)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
		return string(out)
	}
	open(t, map[string][]record.Set{"Z1": {
		{Key: record.Key{Name: "migrate.example.com", Type: record.A}, TTL: 300, Stored: []string{"192.0.2.1"}},
		{Key: record.Key{Name: "prefix_a-migrate.example.com", Type: record.TXT}, TTL: 300, Stored: []string{
			`"heritage=external-dns,external-dns/owner=ZOWNER,external-dns/resource=ingress/default/web"`,
		}},
	}})
	of := func(path string) string {
		return shell(kubectl + " get " + name + " -o jsonpath='{.spec" + path + "}'")
	}
	const container = ".template.spec.containers[?(@.name==\"external-dns\")]"
	before := of(container)
	var out, log bytes.Buffer
	status := cli.Main(t.Context(), cli.IO{
		Args: []string{"migrate", "-o", "json", "--from-manifest=-", "--kubeconfig=" + c.Kubeconfig},
		In:   strings.NewReader(shell(kubectl + " get " + name + " -o yaml")), Out: &out, Err: &log,
	})
	if status != 0 {
		t.Fatalf("status %d\n%s%s", status, out.String(), log.String())
	}
	if strings.Contains(out.String()+log.String(), "very-secret") {
		t.Errorf("secret: the value of a variable is printed:\n%s%s", out.String(), log.String())
	}
	var r migrate.Report
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	shell(r.Swap.There[0])
	if got := of(container + ".image"); got != "nafuda.io/nafuda:dev" {
		t.Errorf("after the swap the image is %s", got)
	}
	if got := of(container+".command") + of(".strategy.type") + of(".strategy.rollingUpdate"); got != "Recreate" {
		t.Errorf("after the swap, command and strategy are %s", got)
	}
	if diff := cmp.Diff([]string{"--source=ingress", "--txt-owner-id=$(OWNER)"}, r.Swap.Args[:2]); diff != "" {
		t.Errorf("the arguments keep their variables, -want +got:\n%s", diff)
	}
	shell(r.Swap.Back[0])
	if diff := cmp.Diff(before, of(container)); diff != "" {
		t.Errorf("the container, -as it was +after the way back:\n%s", diff)
	}
}

// TestMigrateNeedsAllOfIt: what can't be read, at the provider or in the cluster, is an error, and no plan without changes.
func TestMigrateNeedsAllOfIt(t *testing.T) {
	r := runs()[0]
	flags := "--from-flags=" + strings.Join(append([]string{"--provider=aws"}, r.flags...), " ")
	fails := func(t *testing.T, said string, more ...string) {
		t.Helper()
		if !strings.HasPrefix(more[0], "--from-flags") {
			more = append(more, flags)
		}
		var out, log bytes.Buffer
		status := cli.Main(t.Context(), cli.IO{Args: append([]string{"migrate"}, more...), Out: &out, Err: &log})
		if status != 1 || out.Len() > 0 || !strings.Contains(log.String(), said) {
			t.Errorf("status %d\n%s%s", status, out.String(), log.String())
		}
	}
	t.Run("zone", func(t *testing.T) {
		a := open(t, r.left(t))
		a.emu.Fail("ListResourceRecordSets", -1, r53emu.Fault{Err: &r53emu.Error{Status: 403, Code: "AccessDenied", Message: "no"}})
		fails(t, "nafuda: plan: ", "--manifests="+r.manifests())
	})
	t.Run("no zone", func(t *testing.T) {
		open(t, nil)
		fails(t, "nafuda: plan: there is no hosted zone", "--from-flags=--source=ingress --provider=aws --domain-filter=example.net", "--manifests="+r.manifests())
	})
	t.Run("cluster", func(t *testing.T) {
		c := kube.Start(t)
		open(t, r.left(t))
		fails(t, "nafuda: plan: the objects of the kind ", "--kubeconfig="+c.CreateUser(t).Kubeconfig)
	})
}

// deploymentYAML has all that a swap has to change: a command, a strategy that lets the two overlap.
const deploymentYAML = `apiVersion: apps/v1
kind: Deployment
metadata: {name: external-dns, namespace: default}
spec:
  selector: {matchLabels: {app: external-dns}}
  template:
    metadata: {labels: {app: external-dns}}
    spec:
      containers:
      - name: proxy
        image: registry.example.com/proxy:1
      - name: external-dns
        image: registry.example.com/external-dns:v0.20.0
        command: [/bin/external-dns, --source=ingress]
        args: [--txt-owner-id=$(OWNER), --provider=aws, --policy=upsert-only, --txt-prefix=prefix_, --domain-filter=example.com]
        env:
        - {name: OWNER, value: ZOWNER}
        - {name: AWS_SECRET_ACCESS_KEY, value: very-secret}
`

func mustYAML(t *testing.T, object map[string]any) []byte {
	t.Helper()
	text, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func ingress(namespace, host, address string, annotations map[string]any) map[string]any {
	o := map[string]any{
		"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
		"metadata": map[string]any{"name": "web", "namespace": namespace, "annotations": annotations},
		"spec":     map[string]any{"rules": []any{map[string]any{"host": host}}},
	}
	if address != "" {
		o["status"] = map[string]any{"loadBalancer": map[string]any{"ingress": []any{map[string]any{"ip": address}}}}
	}
	return o
}

// annotated is an Ingress whose only host name is an annotation's.
func annotated(key, host string) map[string]any {
	o := ingress("one", host, "192.0.2.1", map[string]any{key: host})
	o["spec"] = map[string]any{}
	return o
}

func write(t *testing.T, objects []map[string]any) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": objects})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "objects.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
