// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"

	"nafuda.io/nafuda/test/child"
	"nafuda.io/nafuda/test/kube"
)

// TestLocalTour runs what the page shows: the program in one terminal, questions in the other.
func TestLocalTour(t *testing.T) {
	for program, pkg := range map[string]string{"bash": "bash", "dig": "bind9-dnsutils"} {
		child.Find(t, program, pkg)
	}
	list := blocks(section(t, pages(t)["docs/local.md"], "## Try it", "## Flags"))
	dns, status := freeAddress(t), freeAddress(t)
	_, port, err := net.SplitHostPort(dns)
	if err != nil {
		t.Fatal(err)
	}
	tr := &tour{dir: newHome(t), ports: strings.NewReplacer("127.0.0.1:5300", dns, "127.0.0.1:7979", status, "-p 5300", "-p "+port)}
	args := filepath.Join(tr.dir, "examples", "local", "local.args")
	text, err := os.ReadFile(args)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(args, []byte(tr.ports.Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(list[0].Text)
	tr.start(t, nil, os.Stderr, words...)
	tr.until(t, list[1].Text, list[2].Text)
	tr.follow(t, list[1:])
}

// TestLocalPagesAreTheSame holds the Japanese page to the English one.
func TestLocalPagesAreTheSame(t *testing.T) { sameTwins(t, "docs/local.md", "docs/local.ja.md") }

// TestLocalManifestsApply applies the example as the server checks it, and plans with its arguments.
func TestLocalManifestsApply(t *testing.T) {
	tr := &tour{dir: newHome(t), ports: strings.NewReplacer()}
	c := kube.Start(t)
	var args []string
	for _, name := range []string{"deployment.yaml", "service.yaml"} {
		text, err := os.ReadFile(filepath.Join(tr.dir, "examples", "local", name))
		if err != nil {
			t.Fatal(err)
		}
		c.Apply(t, string(text))
		for part := range strings.SplitSeq(string(text), "\n---\n") {
			var d appsv1.Deployment
			if err := yaml.Unmarshal([]byte(part), &d); err != nil {
				t.Fatal(err)
			}
			for _, container := range d.Spec.Template.Spec.Containers {
				args = append(args, container.Args...)
			}
		}
	}
	command := "bin/nafuda plan --manifests=examples/local/objects " + strings.ReplaceAll(strings.Join(args, " "), "/state", "state") + "\n"
	if got := tr.shell(command); !strings.Contains(got, "web.home.example.com") || !strings.Contains(got, "192.168.10.51") {
		t.Errorf("%s\n%s", command, got)
	}
}
