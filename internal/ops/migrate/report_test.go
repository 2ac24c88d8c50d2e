// SPDX-License-Identifier: Apache-2.0

package migrate_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/app/flags"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/migrate"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/test/golden"
)

// deploymentText is a Deployment in the way that people write it, with all that a swap has to change.
const deploymentText = head + `spec:
  replicas: 1
  strategy: {type: RollingUpdate}
  template:
    spec:
      containers:
      - name: dns
        image: registry.example.com/external-dns:v0.20.0
        command: [/bin/external-dns]
        args: [--source=ingress, --provider=aws, --policy=sync, --default-targets, 192.0.2.9]
`

func TestReport(t *testing.T) {
	r, err := migrate.Read([]byte(deploymentText), "", nil)
	if err != nil {
		t.Fatal(err)
	}
	given := []migrate.Given{
		{Name: "source", Value: "ingress", Origin: "--source"},
		{Name: "source", Value: "ser\x1bvice", Origin: "EXTERNAL_DNS_SOURCE"},
		{Name: "events", Value: "true", Origin: "--events"},
		{Name: "once", Value: "false", Origin: "--no-once"},
		{Name: "default-targets", Value: "192.0.2.9", Origin: "--default-targets"},
		{Name: "combine-fqdn-annotation", Value: "false", Origin: "--combine-fqdn-annotation"},
		{Name: "max-deletes", Value: "5", Origin: "--max-deletes"},
	}
	have := []migrate.Known{
		{Name: "source", Help: "A source of names.", Kind: flags.List},
		{Name: "once", Help: "Once.", Kind: flags.Switch},
		{Name: "max-deletes", Help: "At most.", Kind: flags.Value},
		{Name: "default-targets", Help: "A target.", Kind: flags.List},
	}
	update, create, ttl := changed("a", set(300, "192.0.2.1", "192.0.2.2"), set(300, "192.0.2.1"), reason.Differs), changed("b", nil, set(300, "192.0.2.9"), reason.Asked),
		changed("t", set(60, "192.0.2.1"), set(300, "192.0.2.1"), reason.Differs)
	plans := planned{
		"":                           {Changes: []report.Change{update, create, ttl}},
		"--merge-across-namespaces":  {Changes: []report.Change{ttl}, Held: []report.Name{held("b", reason.NoAddressYet)}},
		"--policy=create-only":       {},
		"--policy=upsert-only":       {Changes: []report.Change{update, create, ttl}},
		"--annotation-prefix=others": {},
	}
	o, err := migrate.Attribute(t.Context(), r.Words, given, "sync", plans.plan)
	if err != nil {
		t.Fatal(err)
	}
	swap := migrate.MakeSwap(r, o, "nafuda.io/nafuda:dev")
	var b strings.Builder
	rep := migrate.Report{Arguments: r.Explain(given, have), Notes: r.Notes, Mistakes: []string{"--x is\x1bwrong"}, Outcome: &o, Swap: &swap}
	if err := rep.Write(&b, false); err != nil {
		t.Fatal(err)
	}
	golden.File(t, filepath.Join("testdata", "report.txt"), b.String())
}

// TestSecretsStayHidden: secret: neither a value of a flag that we don't have nor one of a secret variable is told.
func TestSecretsStayHidden(t *testing.T) {
	r, err := migrate.FromArgs("--pdns-api-key=abc123 --aws-assume-role-external-id=$(API_TOKEN)", map[string]string{"API_TOKEN": "hidden-value"})
	if err != nil {
		t.Fatal(err)
	}
	have := []migrate.Known{{Name: "aws-assume-role-external-id", Help: "Id.", Kind: flags.Value}}
	var b strings.Builder
	err = migrate.Report{Arguments: r.Explain([]migrate.Given{
		{Name: "pdns-api-key", Value: "abc123", Origin: "--pdns-api-key"},
		{Name: "banana", Value: "abc123", Origin: "--banana"},
		{Name: "aws-assume-role-external-id", Value: "hidden-value", Origin: "--aws-assume-role-external-id"},
	}, have)}.Write(&b, false)
	if err != nil || strings.Contains(b.String(), "abc123") || strings.Contains(b.String(), "hidden-value") {
		t.Errorf("%v\n%s", err, b.String())
	}
	if !strings.Contains(b.String(), "(hidden)") || r.Scrub("a hidden-value b") != "a (hidden) b" {
		t.Errorf("what is hidden isn't told:\n%s", b.String())
	}
}

// TestSecretNames: secret: which variables' values are hidden goes by their names.
func TestSecretNames(t *testing.T) {
	for name, hidden := range map[string]bool{
		"AWS_SECRET_ACCESS_KEY": true, "client_secret": true, "API_TOKEN": true, "DB_PASSWORD": true, "PASSWD": true, "CF_API_KEY": true, "CREDENTIALS": true,
		"DOMAIN": false, "HOSTED_ZONE_ID": false, "AWS_REGION": false,
	} {
		r, err := migrate.FromArgs("--a", map[string]string{name: "the-value"})
		if err != nil || (r.Scrub("the-value") != "the-value") != hidden {
			t.Errorf("%s: hidden is %v, want %v (%v)", name, !hidden, hidden, err)
		}
	}
}

// TestOneLineCommands: where only the image changes, the swap and the way back are set image.
func TestOneLineCommands(t *testing.T) {
	read := func(text string) migrate.Running {
		r, err := migrate.Read([]byte(text), "", nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	plain := strings.ReplaceAll(strings.Replace(deploymentText, "        command: [/bin/external-dns]\n", "", 1), "RollingUpdate", "Recreate")
	args, err := migrate.FromArgs("--source=ingress", nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		running     migrate.Running
		there, back string
		why         string
	}{
		"plain": {
			running: read(plain), there: "kubectl --namespace=dns set image deployment/external-dns dns=nafuda.io/nafuda:dev",
			back: "kubectl --namespace=dns set image deployment/external-dns dns=registry.example.com/external-dns:v0.20.0", why: "nothing else is to change",
		},
		"strategy": {
			running: read(strings.Replace(plain, "Recreate", "RollingUpdate", 1)),
			there:   `kubectl --namespace=dns patch deployment/external-dns '--patch={"spec":{"strategy":{"rollingUpdate":null,"type":"Recreate"},"template":{"spec":{"containers":[{"image":"nafuda.io/nafuda:dev","name":"dns"}]}}}}'`,
			back:    `kubectl --namespace=dns patch deployment/external-dns '--patch={"spec":{"template":{"spec":{"containers":[{"image":"registry.example.com/external-dns:v0.20.0","name":"dns"}]}}}}'`,
			why:     "the two mustn't run at once",
		},
		"arguments alone": {
			running: args,
			there:   `kubectl patch deployment/external-dns '--patch={"spec":{"strategy":{"rollingUpdate":null,"type":"Recreate"},"template":{"spec":{"containers":[{"image":"nafuda.io/nafuda:dev","name":"external-dns"}]}}}}'`,
			back:    "kubectl rollout undo deployment/external-dns", why: "neither the strategy nor the image is known",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := migrate.MakeSwap(tt.running, migrate.Outcome{}, "nafuda.io/nafuda:dev")
			if diff := cmp.Diff([]string{tt.there, tt.back}, []string{s.There[0], s.Back[0]}); diff != "" {
				t.Errorf("%s: -want +got:\n%s", tt.why, diff)
			}
		})
	}
}
