// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"nafuda.io/nafuda/test/kube"
)

func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReadmeShowsWhatIsDeployed(t *testing.T) {
	var js, ys []string
	for _, b := range blocks(section(t, pages(t)["README.md"], "## On bare metal", "## What there is today")) {
		switch b.Lang {
		case "json":
			js = append(js, b.Text)
		case "yaml":
			ys = append(ys, b.Text)
		}
	}
	if len(js) != 1 || len(ys) != 2 {
		t.Fatalf("README.md has %d blocks of JSON and %d of YAML, want 1 and 2", len(js), len(ys))
	}
	if diff := cmp.Diff(deployed(t, "iam-policy.json"), js[0]); diff != "" {
		t.Errorf("the policy, -the file +README.md:\n%s", diff)
	}
	if !strings.Contains(deployed(t, "rbac.yaml"), ys[0]) {
		t.Errorf("deploy/rbac.yaml doesn't have the role that README.md shows")
	}
	var args []string
	if err := yaml.UnmarshalStrict([]byte(ys[1]), &args); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(deploymentArgs(t), args); diff != "" {
		t.Errorf("the arguments, -deploy/deployment.yaml +README.md:\n%s", diff)
	}
}

func deploymentArgs(t *testing.T) []string {
	t.Helper()
	var d struct {
		Spec struct {
			Template struct {
				Spec struct{ Containers []struct{ Args []string } }
			}
		}
	}
	if err := yaml.Unmarshal([]byte(deployed(t, "deployment.yaml")), &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Spec.Template.Spec.Containers) != 1 {
		t.Fatal("deploy/deployment.yaml has no container")
	}
	return d.Spec.Template.Spec.Containers[0].Args
}

// TestReferenceArguments holds the pages to the arguments of the set-up that must work to the letter.
func TestReferenceArguments(t *testing.T) {
	want := strings.Fields("--source=service --source=ingress --domain-filter=example.com --provider=aws --policy=upsert-only " +
		"--aws-zone-type=public --registry=txt --txt-owner-id=ZOWNER --txt-prefix=prefix_ --log-level=debug")
	if diff := cmp.Diff(want, deploymentArgs(t)); diff != "" {
		t.Errorf("-want +deploy/deployment.yaml:\n%s", diff)
	}
}

func TestPolicies(t *testing.T) {
	for name, want := range map[string][]string{
		"iam-policy.json":        {"route53:ChangeResourceRecordSets", "route53:ListHostedZones", "route53:ListResourceRecordSets"},
		"iam-policy-extras.json": {"route53:GetChange", "route53:GetHostedZoneLimit", "route53:ListTagsForResources"},
	} {
		var policy struct {
			Version   string
			Statement []struct {
				Effect           string
				Action, Resource []string
			}
		}
		if err := json.Unmarshal([]byte(deployed(t, name)), &policy); err != nil {
			t.Fatalf("deploy/%s: %v", name, err)
		}
		var got []string
		for _, s := range policy.Statement {
			got = append(got, s.Action...)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("deploy/%s allows, -want +got:\n%s", name, diff)
		}
	}
}

// TestManifestsApply applies what README.md tells to apply, as the server checks it.
func TestManifestsApply(t *testing.T) {
	c := kube.Start(t)
	c.Apply(t, deployed(t, "rbac.yaml"))
	c.Apply(t, deployed(t, "deployment.yaml"))
}
