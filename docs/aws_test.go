// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/test/child"
	"nafuda.io/nafuda/test/golden"
	"nafuda.io/nafuda/test/kube"
)

// TestAWSTour follows docs/aws.md from an empty account and a cluster without anything, and compares all that it shows. -update writes
// what the commands print into the page.
func TestAWSTour(t *testing.T) {
	file := filepath.Join(root, "docs", "aws.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tr := startAWSTour(t)
	golden.File(t, file, tr.filled(t, string(text)))
}

// TestAWSPagesAreTheSame holds the Japanese page to the English one.
func TestAWSPagesAreTheSame(t *testing.T) {
	all := pages(t)
	en, ja := all["docs/aws.md"], all["docs/aws.ja.md"]
	sameTwins(t, "docs/aws.md", "docs/aws.ja.md")
	for _, f := range flagged.FindAllString(en, -1) {
		if !strings.Contains(ja, f) {
			t.Errorf("docs/aws.ja.md doesn't name %s", f)
		}
	}
	if n := strings.Count(en, "\n"); n > 400 {
		t.Errorf("docs/aws.md has %d lines, more than 400", n)
	}
}

// awsTour is a shell on the machine of somebody who has an account, a cluster and a domain.
type awsTour struct {
	tour
	cloud cloud
	back  *strings.Replacer // from the cluster's address and version to those that the page shows
	hash  string            // of the plan that was shown last
}

// kubectl does what needs a kubelet: a command in the pod, and the pod's log.
const kubectl = `#!/bin/bash
case " $* " in
*" exec "*)
	while [ "$1" != -- ]; do shift; done
	shift 2
	. "$HOME/pod.env"
	exec bin/nafuda "$@" ;;
*" logs "*) exec cat "$HOME/pod.log" ;;
esac
exec KUBECTL "$@"
`

func startAWSTour(t *testing.T) *awsTour {
	t.Helper()
	for program, pkg := range map[string]string{"bash": "bash", "dig": "bind9-dnsutils", "aws": "awscli", "kubectl": "kubernetes-client"} {
		child.Find(t, program, pkg)
	}
	c := kube.Start(t)
	tr := &awsTour{tour: tour{dir: newHome(t)}, cloud: startCloud(t)}
	if err := os.CopyFS(filepath.Join(tr.dir, "deploy"), os.DirFS(filepath.Join(root, "deploy"))); err != nil {
		t.Fatal(err)
	}
	real, err := exec.LookPath("kubectl")
	if err != nil {
		t.Fatal(err)
	}
	shims := filepath.Join(tr.dir, "shims")
	if err := os.Mkdir(shims, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(shims, "kubectl"), []byte(strings.ReplaceAll(kubectl, "KUBECTL", real)), 0o755); err != nil { //nolint:gosec // a program
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(tr.cloud.dns)
	if err != nil {
		t.Fatal(err)
	}
	tr.ports = strings.NewReplacer("@192.168.1.1", "@"+host+" -p "+port, "@ns-0.awsdns-00.com", "@"+host+" -p "+port, "--resolver=192.168.1.1", "--resolver="+tr.cloud.dns)
	tr.back = strings.NewReplacer(c.Server, "https://10.96.0.1:443", "v0.0.0-master+$Format:%H$", "v"+kube.DefaultVersion)
	pod := append([]string{"NAFUDA_VERIFY_SERVER=" + tr.cloud.dns, tr.socket()}, tr.cloud.env...)
	startCluster(t, tr.dir, c, pod)
	tr.env = append([]string{"HOME=" + tr.dir, "PATH=" + shims + ":" + os.Getenv("PATH"), "KUBECONFIG=" + c.Kubeconfig}, pod...)
	return tr
}

var (
	planHash = regexp.MustCompile(`--plan=([0-9a-f]{16,24})`)
	fence    = regexp.MustCompile("(?m)^```([a-z]+)\n((?s:.*?))^```$")
)

// filled is the page with what its commands print in the place of what it shows. Output that differs only in what is masked stays.
func (tr *awsTour) filled(t *testing.T, page string) string {
	t.Helper()
	list := fence.FindAllStringSubmatchIndex(page, -1)
	var out strings.Builder
	end, compared := 0, 0
	for i, at := range list {
		lang, text := page[at[2]:at[3]], page[at[4]:at[5]]
		if lang != "sh" {
			continue
		}
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "export ") {
				tr.exports += line
			}
		}
		shown, next := "", at
		compare := i+1 < len(list) && page[list[i+1][2]:list[i+1][3]] == "text"
		if compare {
			next = list[i+1]
			shown = page[next[4]:next[5]]
		}
		got := tr.run(t, text, shown)
		if strings.Contains(got, "exit status ") {
			t.Errorf("%s\n%s", text, got)
		}
		if !compare {
			continue
		}
		out.WriteString(page[end:next[4]])
		out.WriteString(got)
		end = next[5]
		compared++
	}
	if compared < 15 {
		t.Errorf("compared only %d outputs: is the page read right?", compared)
	}
	out.WriteString(page[end:])
	return out.String()
}

// run runs a block and returns its output: as the page shows it where only masked parts differ. What follows a sleep is run again and again
// until it is so, for a while.
func (tr *awsTour) run(t *testing.T, text, shown string) string {
	t.Helper()
	if tr.hash != "" {
		text = planHash.ReplaceAllString(text, "--plan="+tr.hash)
	}
	first, again, patience := text, "", time.Now()
	if at := waits.FindStringIndex(text); at != nil {
		first, again, patience = text[:at[0]], text[at[1]:], patience.Add(30*time.Second)
	}
	before := tr.once(first)
	for {
		raw := before + tr.once(again)
		if m := planHash.FindStringSubmatch(raw); m != nil {
			tr.hash = m[1]
		}
		if masked(raw) == masked(shown) {
			return shown
		}
		if time.Now().After(patience) {
			return raw
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// once runs a part of a block, if there is one.
func (tr *awsTour) once(text string) string {
	if text == "" {
		return ""
	}
	return tr.back.Replace(tr.raw(text))
}
