// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/cli"
	"nafuda.io/nafuda/test/child"
	"nafuda.io/nafuda/test/kube"
)

// TestHomeTour runs what the page shows: the sandbox in one terminal, the questions in the other.
func TestHomeTour(t *testing.T) {
	for program, pkg := range map[string]string{"bash": "bash", "dig": "bind9-dnsutils", "curl": "curl"} {
		child.Find(t, program, pkg)
	}
	list := blocks(section(t, pages(t)["docs/home.md"], "## See it", "## An address of the LAN for each Service"))
	words := strings.Fields(strings.Replace(list[0].Text, "go run ./cmd/nafuda", "bin/nafuda", 1))
	var replace []string
	for flag, address := range map[string]string{
		"listen": "127.0.0.1:4580", "dns-listen": "127.0.0.1:5300", "lan-listen": "127.0.0.1:5301", "router-listen": "127.0.0.1:4581", "metrics-address": "127.0.0.1:7979",
	} {
		own := freeAddress(t)
		_, port, err := net.SplitHostPort(own)
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, "--"+flag+"="+own)
		replace = append(replace, address, own, "-p "+strings.TrimPrefix(address, "127.0.0.1:"), "-p "+port)
	}
	tr := &tour{dir: newHome(t), ports: strings.NewReplacer(replace...)}
	tr.start(t, nil, nil, words...)
	tr.until(t, list[1].Text, list[2].Text)
	tr.follow(t, list[1:])
}

// TestHomeInACluster types what the page shows on a real API server; the account's own script, aws-up.sh, is bootstrap's to test. The
// Deployment is then the one that reads the file.
func TestHomeInACluster(t *testing.T) {
	for program, pkg := range map[string]string{"bash": "bash", "kubectl": "kubernetes-client"} {
		child.Find(t, program, pkg)
	}
	list := blocks(section(t, pages(t)["docs/home.md"], "## The two views", "## What the world sees"))
	tr := &tour{dir: newHome(t), ports: strings.NewReplacer()}
	tr.env = []string{"KUBECONFIG=" + kube.Start(t).Kubeconfig, "PATH=" + filepath.Join(tr.dir, "bin") + ":" + os.Getenv("PATH"), "HOME=" + tr.dir}
	out := tr.shell("set -e\n" + strings.Replace(list[0].Text, "nafuda/aws-up.sh\n", "", 1))
	for _, want := range []string{"ok\n", "deployment.apps/nafuda created\n", "configmap/nafuda created\n", "deployment.apps/nafuda patched\n", "service/nafuda-dns created\n"} {
		if !strings.Contains(out, want) {
			t.Fatalf("no %q in\n%s", want, out)
		}
	}
	got := tr.shell("kubectl -n kube-system get deployment nafuda -o jsonpath='{.spec.template.spec.containers[*].args} {.spec.template.spec.volumes[*].name}'\n")
	if want := `["--config=/config/nafuda.yaml"] config state`; got != want {
		t.Errorf("the Deployment is %s, want %s", got, want)
	}
}

// TestHomePagesAreTheSame holds the Japanese page to the English one.
func TestHomePagesAreTheSame(t *testing.T) { sameTwins(t, "docs/home.md", "docs/home.ja.md") }

// TestHomeConfigIsGood checks the page's file as its reader does.
func TestHomeConfigIsGood(t *testing.T) {
	var out, errs strings.Builder
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	status := cli.Main(t.Context(), cli.IO{Args: []string{"check", "--config=" + filepath.Join(root, "examples/home/nafuda.yaml")}, Out: &out, Err: &errs})
	if status != 0 || out.String() != "ok\n" || errs.String() != "" {
		t.Errorf("status %d: %s%s", status, out.String(), errs.String())
	}
}
