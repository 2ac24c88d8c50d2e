// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/cli"
	"nafuda.io/nafuda/internal/cli/parse"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/bootstrap"
	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/internal/serve/zonedb"
	"nafuda.io/nafuda/test/child"
	"nafuda.io/nafuda/test/kube"
)

// bootstrapped runs the command and returns what it said.
func bootstrapped(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = cli.Main(t.Context(), cli.IO{Args: append([]string{"bootstrap", "aws"}, args...), Env: os.Environ(), Out: &stdout, Err: &stderr})
	if text := stdout.String() + stderr.String(); strings.Contains(text, "emulated/secret") {
		t.Errorf("invariant secret: it printed the secret key:\n%s", text)
	}
	return stdout.String() + stderr.String(), code
}

// TestBootstrapWritesAndAsksNobody has every address of the outside lead nowhere.
func TestBootstrapWritesAndAsksNobody(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
	t.Setenv("KUBECONFIG", "/nowhere")
	dir := filepath.Join(t.TempDir(), "out")
	out, code := bootstrapped(t, "--domain=example.com", "--dir="+dir)
	if code != 0 || !strings.Contains(out, "in place of HOSTED_ZONE_ID") {
		t.Fatalf("exit status %d:\n%s", code, out)
	}
	out, code = bootstrapped(t, "--domain=example.com", "--dir="+dir, "--hosted-zone-id=Z1")
	if code != 0 || strings.Contains(out, "in place of") || !strings.Contains(out, "rewritten  "+dir+"/nafuda.yaml") {
		t.Errorf("exit status %d:\n%s", code, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "nafuda.yaml"), []byte("mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, code = bootstrapped(t, "--domain=example.com", "--dir="+dir, "--hosted-zone-id=Z1")
	if text, _ := os.ReadFile(filepath.Join(dir, "nafuda.yaml")); code != 1 || string(text) != "mine\n" || !strings.Contains(out, "to take ours, move it away") {
		t.Errorf("exit status %d, the file has %q:\n%s", code, text, out)
	}
}

func TestBootstrapTellsMistakes(t *testing.T) {
	for name, tt := range map[string]struct{ args, want string }{
		"nothing":        {"", "--domain"},
		"two deeds":      {"--domain=example.com --apply --delete", "exclude each other"},
		"drain alone":    {"--domain=example.com --drain", "without --delete"},
		"plan alone":     {"--domain=example.com --plan=x", "without --drain"},
		"another region": {"--domain=example.com --region=ap-northeest-1 --apply", "did you mean ap-northeast-1"},
	} {
		if out, code := bootstrapped(t, strings.Fields(tt.args)...); code != 1 || !strings.Contains(out, tt.want) || !strings.Contains(out, "nothing was started") {
			t.Errorf("%s: exit status %d, want %q:\n%s", name, code, tt.want, out)
		}
	}
}

// TestBootstrapDelete sets up, publishes three names, and takes all back only after exactly these were shown and approved.
func TestBootstrapDelete(t *testing.T) {
	c := kube.Start(t)
	server := httptest.NewServer(iamemu.New())
	t.Cleanup(server.Close)
	url, emu := r53emutest.Start(t, r53emu.Options{})
	zone := emu.AddZone("example.com", false)
	for name, value := range map[string]string{
		"HOME": t.TempDir(), "AWS_ACCESS_KEY_ID": iamemu.AdminKey, "AWS_SECRET_ACCESS_KEY": "admin",
		"AWS_ENDPOINT_URL_IAM": server.URL, "AWS_ENDPOINT_URL_STS": server.URL, "AWS_ENDPOINT_URL_ROUTE_53": url,
	} {
		t.Setenv(name, value)
	}
	args := []string{"--domain=example.com", "--dir=" + t.TempDir(), "--kubeconfig=" + c.Kubeconfig}
	if out, code := bootstrapped(t, append(args, "--apply")...); code != 0 {
		t.Fatalf("exit status %d:\n%s", code, out)
	}
	put := func(name, owner string) {
		changes := []r53emu.Change{{Action: r53emu.Upsert, Set: record.Set{
			Key: record.Key{Name: dnsname.Name(name), Type: record.A}, TTL: 300, Values: []string{"192.0.2.1"},
		}}}
		if owner != "" {
			changes = append(changes, r53emu.Change{Action: r53emu.Upsert, Set: record.Set{
				Key: record.Key{Name: dnsname.Name("prefix_a-" + name), Type: record.TXT}, TTL: 300,
				Values: []string{`"heritage=external-dns,external-dns/owner=` + owner + `,external-dns/resource=ingress/default/x"`},
			}})
		}
		if err := emu.DB().Edit(zone, func(tx *zonedb.Tx) error { return r53emu.Apply(tx, r53emu.Limits{}, changes) }); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a.example.com", "b.example.com", "c.example.com"} {
		put(name, zone)
	}
	put("other.example.com", "OTHER")
	put("hand.example.com", "")
	out, code := bootstrapped(t, append(args, "--delete")...)
	if code != 2 || strings.Count(out, "- ") < 6 || strings.Contains(out, "other.example.com") || strings.Contains(out, "now ") {
		t.Fatalf("want it refused with three names and their markers, exit status %d:\n%s", code, out)
	}
	out, code = bootstrapped(t, append(args, "--delete", "--drain")...)
	hash := regexp.MustCompile(`--plan=(\w+)`).FindStringSubmatch(out)
	if code != 2 || hash == nil {
		t.Fatalf("want the plan's hash, exit status %d:\n%s", code, out)
	}
	put("d.example.com", zone)
	if out, code = bootstrapped(t, append(args, "--delete", "--drain", hash[0])...); code != 2 || strings.Contains(out, "now ") {
		t.Fatalf("another plan than the one approved was carried out, exit status %d:\n%s", code, out)
	}
	hash = regexp.MustCompile(`--plan=(\w+)`).FindStringSubmatch(out)
	if out, code = bootstrapped(t, append(args, "--delete", "--drain", hash[0])...); code != 0 {
		t.Fatalf("exit status %d:\n%s", code, out)
	}
	z, _ := emu.DB().Zone(zone)
	var left []string
	for s := range z.From("") {
		if s.Name != z.Name {
			left = append(left, s.Key.String())
		}
	}
	if got := strings.Join(left, "; "); got != "hand.example.com A; other.example.com A; prefix_a-other.example.com TXT" {
		t.Errorf("invariant foreign: the zone has %s", got)
	}
}

// TestBootstrapScript runs aws-up.sh and aws-down.sh with the real aws command line; kubectl isn't ours to test.
func TestBootstrapScript(t *testing.T) {
	child.Find(t, "aws", "awscli")
	emu := iamemu.New()
	server := httptest.NewServer(emu)
	t.Cleanup(server.Close)
	dir, bin := t.TempDir(), t.TempDir()
	kubectl := "#!/bin/sh\necho \"kubectl $*\"\nfor a; do case $a in --from-env-file=*) cp -p \"${a#*=}\" seen.env;; esac; done\n"
	if err := os.WriteFile(filepath.Join(bin, "kubectl"), []byte(kubectl), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	if out, code := bootstrapped(t, "--domain=example.com", "--hosted-zone-id=Z1", "--dir="+dir); code != 0 {
		t.Fatal(out)
	}
	for _, name := range []string{"aws-up.sh", "aws-down.sh"} {
		cmd := exec.CommandContext(t.Context(), filepath.Join(dir, name))
		cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "AWS_ACCESS_KEY_ID="+iamemu.AdminKey, "AWS_SECRET_ACCESS_KEY=x",
			"AWS_DEFAULT_REGION=us-east-1", "AWS_ENDPOINT_URL="+server.URL)
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "emulated/secret") {
			t.Fatalf("%s: %v\n%s", name, err, out)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "seen.env"))
	text, _ := os.ReadFile(filepath.Join(dir, "seen.env"))
	if err != nil || info.Mode().Perm() != 0o600 || !regexp.MustCompile(`^AWS_ACCESS_KEY_ID=AKIA\w+\nAWS_SECRET_ACCESS_KEY=\S+\n$`).Match(text) {
		t.Errorf("the Secret was made of %q, %v, %v", text, info, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "aws-credentials.env")); !os.IsNotExist(err) {
		t.Errorf("invariant secret: the credentials stay in a file: %v", err)
	}
	if calls := emu.Calls(); calls["DeletePolicy"] != 1 || calls["DeleteUser"] != 1 {
		t.Errorf("not everything was taken back: %v", calls)
	}
}

// TestBootstrapArgumentsParse reads the Deployment's arguments and variables with the program's own command line, where they must be
// without a mistake and without a note.
func TestBootstrapArgumentsParse(t *testing.T) {
	for _, name := range []string{"nafuda", "external-dns"} {
		for _, domain := range []string{"example.com", "apps.example.com"} {
			o := bootstrap.Options{
				Domain: domain, Zone: "example.com", ZoneID: "Z1", ZoneType: "public", Sources: []string{"service", "ingress"}, Policy: "upsert-only",
				Prefix: "prefix_", Name: name, Namespace: "kube-system", Image: "x", Region: "us-east-1", Auth: "user",
			}
			if name == "nafuda" {
				o.Sources = append(o.Sources, "gateway-httproute")
				o.Gateway.Name, o.Gateway.Namespace, o.Gateway.LabelFilter, o.Gateway.ListenerSets = "home", "infra", "tier in (web, mail)", true
			}
			s := cli.Spec(append([]string{"run"}, o.Arguments()...), []string{"DOMAIN=" + domain, "HOSTED_ZONE_ID=Z1", "AWS_DEFAULT_REGION=us-east-1"})
			if res, errs := parse.Parse(s); len(errs) > 0 || len(res.Notes) > 0 {
				t.Errorf("%s, %s: %v, %v", name, domain, errs, res.Notes)
			}
			if strings.Contains(strings.Join(o.Arguments(), " "), "$(") {
				t.Errorf("%s, %s: a variable is left: %v", name, domain, o.Arguments())
			}
		}
	}
}
