// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/test/child"
	"nafuda.io/nafuda/test/kube"
	"nafuda.io/nafuda/test/kubelet"
)

// referenceSetUp follows the page from nothing to the first name: each of its blocks is run as it stands, and what it prints is what
// the page shows. Nothing is made but by these blocks; the test plays only those who aren't here: the kubelet, the ingress controller,
// and the resolver that would find the zone's servers.
func referenceSetUp(t *testing.T, s *suite) {
	page := file(t, "../../docs/bootstrap.md")
	_, part, found := strings.Cut(page, "\n## From nothing to the first name\n")
	part, _, ends := strings.Cut(part, "\n## ")
	if !found || !ends {
		t.Fatal("docs/bootstrap.md has no part from nothing to the first name")
	}
	p := newPerson(t, s)
	defer p.leave()
	blocks := regexp.MustCompile("(?ms)^```(sh|text)\n(.*?)^```$").FindAllStringSubmatch(part, -1)
	compared := 0
	for i, b := range blocks {
		if b[1] != "sh" {
			continue
		}
		if strings.Contains(b[2], "aws-down.sh") {
			p.used()
		}
		if i+1 < len(blocks) && blocks[i+1][1] == "text" {
			p.wants(b[2], blocks[i+1][2])
			compared++
		} else {
			p.wants(b[2], "")
		}
		p.others()
	}
	if compared < 6 {
		t.Errorf("compared only %d outputs: is the page read right?", compared)
	}
	// invariant secret: the keys' file is nobody else's to read, and gone.
	if mode := file(t, filepath.Join(p.dir, "mode")); mode != "600 aws-credentials.env\n" {
		t.Errorf("while the Secret was made, its file was %q", mode)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "work", "external-dns", "aws-credentials.env")); !os.IsNotExist(err) {
		t.Errorf("the file with the keys is there still: %v", err)
	}
	if left := p.iam.Left(); len(left) > 0 {
		t.Errorf("the page's end has left in the account: %s", left)
	}
}

// used waits until the pod has asked for all that its user was granted, and for nothing else.
func (p *person) used() {
	p.t.Helper()
	kube.Wait(p.t, "what is granted is asked for", func() error {
		p.account.mu.Lock()
		defer p.account.mu.Unlock()
		if len(p.account.pods) != 1 {
			return fmt.Errorf("the pod had %d policies, want one", len(p.account.pods))
		}
		for document, emu := range p.account.pods {
			if diff := cmp.Diff(granted(p.t, []byte(document)), slices.Sorted(maps.Keys(emu.Calls()))); diff != "" {
				return errors.New("-granted +asked for:\n" + diff)
			}
		}
		return nil
	})
}

// person is who follows the page: someone with a shell, AWS credentials of an administrator, and a kubeconfig.
type person struct {
	*world
	iam     *iamemu.Server
	account *account
	dir     string
	env     []string
	exports string // of the blocks so far
	kubelet *kubelet.Kubelet
	podDir  string // where kubectl logs finds the pod's log
}

// newPerson has an account with a zone and no policy, user or key, and the cluster.
func newPerson(t *testing.T, s *suite) *person {
	t.Helper()
	child.Find(t, "kubectl", "kubernetes-client")
	child.Find(t, "aws", "awscli")
	dig := child.Find(t, "dig", "bind9-dnsutils")
	p := &person{world: s.worldWith(t, r53emu.Options{Policy: policy(t, `{"Version":"2012-10-17","Statement":[]}`)}), iam: iamemu.New(), dir: t.TempDir()}
	p.account = &account{iam: p.iam, admin: r53emu.New(r53emu.Options{DB: p.emu.DB()}), db: p.emu, pods: make(map[string]*r53emu.Server)}
	iam, route53 := httptest.NewServer(p.iam), httptest.NewServer(p.account)
	t.Cleanup(iam.Close)
	t.Cleanup(route53.Close)
	p.url = route53.URL
	p.podDir = filepath.Join(p.dir, "pod")
	bin := filepath.Join(p.dir, "bin")
	for name, text := range map[string]string{
		"dig":     fmt.Sprintf("exec %s -r @127.0.0.1 -p %d \"$@\"", dig, p.dns.Port),
		"kubectl": fmt.Sprintf("case \"$*\" in\n*\" logs \"*) exec cat %s;;\n*from-env-file=*) stat -c '%%a %%n' aws-credentials.env > %s;;\nesac\nexec %s \"$@\"", filepath.Join(p.podDir, "pod.log"), filepath.Join(p.dir, "mode"), child.Find(t, "kubectl", "kubernetes-client")),
		"nafuda":  "exec " + s.binary + " \"$@\"",
	} {
		p.write(filepath.Join(bin, name), "#!/bin/sh\n"+text+"\n", 0o755)
	}
	work := filepath.Join(p.dir, "work")
	for _, dir := range []string{work, p.podDir} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.kubelet = p.newKubelet()
	p.env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "KUBECONFIG="+s.cluster.Kubeconfig, "AWS_CONFIG_FILE=/dev/null",
		"AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_ACCESS_KEY_ID="+iamemu.AdminKey, "AWS_SECRET_ACCESS_KEY=admin-secret", "AWS_PAGER=",
		"AWS_DEFAULT_REGION=us-east-1", "AWS_ENDPOINT_URL_IAM="+iam.URL, "AWS_ENDPOINT_URL_STS="+iam.URL, "AWS_ENDPOINT_URL_ROUTE_53="+p.url, "NO_PROXY=*")
	p.vacate()
	return p
}

func (p *person) write(path, text string, mode os.FileMode) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		p.t.Fatal(err)
	}
}

// vacate takes what has the usual names out of the cluster: the suite's own role, and what other tests have left.
func (p *person) vacate() {
	p.t.Helper()
	_, err := p.shell("kubectl delete --ignore-not-found clusterrole/external-dns clusterrolebinding/external-dns-viewer\n" +
		"kubectl --namespace=kube-system delete --ignore-not-found {deployment,role,rolebinding,serviceaccount}/external-dns secret/external-dns-aws\n")
	if err != nil {
		p.t.Fatalf("clean up: %v", err)
	}
}

// leave has the cluster as it was, for the other tests, whatever went wrong.
func (p *person) leave() {
	p.t.Helper()
	p.vacate()
	p.cluster.Apply(p.t, file(p.t, "testdata/clusterrole.yaml"))
}

// shell runs a block of the page in the folder of the work.
func (p *person) shell(block string) (string, error) {
	cmd := exec.CommandContext(p.t.Context(), "bash", "-euo", "pipefail", "-c", p.exports+block)
	cmd.Dir, cmd.Env = filepath.Join(p.dir, "work"), p.env
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return string(out), fmt.Errorf("%w: %s", err, errs.String())
	}
	return regexp.MustCompile(`time="[^"]*"`).ReplaceAllString(string(out), `time="..."`), nil
}

// wants runs a block once if it makes something, and until it prints what is wanted if it only looks.
func (p *person) wants(block, want string) {
	p.t.Helper()
	want = regexp.MustCompile(`time="[^"]*"`).ReplaceAllString(want, `time="..."`)
	looks := regexp.MustCompile(`^(kubectl .* logs|aws route53 list|dig)`).MatchString(block)
	if !looks {
		out, err := p.shell(block)
		if diff := cmp.Diff(want, out); diff != "" || err != nil {
			p.t.Fatalf("%s\n%v\n-the page +the program:\n%s", block, err, diff)
		}
	} else {
		kube.Wait(p.t, block, func() error {
			out, err := p.shell(block)
			if diff := cmp.Diff(want, out); diff != "" {
				err = errors.Join(err, errors.New("-the page +the program:\n"+diff))
			}
			return err
		})
	}
	for line := range strings.Lines(block) {
		if strings.HasPrefix(line, "export ") {
			p.exports += line
		}
	}
}

// account is Route 53 to whom IAM knows: the administrator may do everything, others what their policies say at that moment.
type account struct {
	iam   *iamemu.Server
	admin http.Handler
	db    *r53emu.Server // whose zones these are

	mu   sync.Mutex
	pods map[string]*r53emu.Server // by policy
}

func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := regexp.MustCompile(`Credential=(\w+)/`).FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil || m[1] == iamemu.AdminKey {
		a.admin.ServeHTTP(w, r)
		return
	}
	if err := a.iam.Signed(r); err != nil {
		http.Error(w, "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>"+err.Error()+"</Message></Error></ErrorResponse>", http.StatusForbidden)
		return
	}
	documents, known := a.iam.Grants(m[1])
	if !known || len(documents) == 0 {
		a.db.ServeHTTP(w, r) // its policy allows nothing
		return
	}
	a.mu.Lock()
	emu := a.pods[documents[0]]
	if emu == nil {
		p, err := r53emu.ParsePolicy([]byte(documents[0]))
		if err != nil {
			a.mu.Unlock()
			http.Error(w, strconv.Quote(err.Error()), http.StatusInternalServerError)
			return
		}
		emu = r53emu.New(r53emu.Options{DB: a.db.DB(), Policy: p})
		a.pods[documents[0]] = emu
	}
	a.mu.Unlock()
	emu.ServeHTTP(w, r)
}
