// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/cli"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/test/child"
	"nafuda.io/nafuda/test/dnsserver"

	"github.com/miekg/dns"
)

// mark is in every planted secret.
const mark = "pLanTed"

// planted is a secret that can be told apart, and in base64, as TSIG has it.
func planted(what string) string { return mark + what }

func tsigSecret() string { return base64.StdEncoding.EncodeToString([]byte(planted("tsig"))) }

// findPlanted fails where a text has a planted secret, as it is or in base64.
func findPlanted(t *testing.T, where, text string) {
	t.Helper()
	for _, s := range []string{mark, tsigSecret(), strings.TrimRight(tsigSecret(), "=")} {
		if i := strings.Index(text, s); i >= 0 {
			t.Errorf("%s tells a secret: ...%s", where, text[max(0, i-120):min(len(text), i+60)])
		}
	}
}

// plant puts secrets wherever a configuration takes one, and returns the file of --config. Route 53 is there, STS knows nobody, the
// name server knows no key, and the API server and the page that echoes addresses don't answer.
func plant(t *testing.T) string {
	t.Helper()
	emu := r53emu.New(r53emu.Options{})
	emu.AddZone(dnsname.MustParse("example.com"), false)
	route53, sts := httptest.NewServer(emu), httptest.NewServer(iamemu.New())
	t.Cleanup(route53.Close)
	t.Cleanup(sts.Close)
	bind := dnsserver.Answer(t, func(w dns.ResponseWriter, q *dns.Msg) {
		_ = w.WriteMsg(new(dns.Msg).SetRcode(q, dns.RcodeNotAuth))
	})
	host, port, _ := strings.Cut(bind, ":")
	dir := t.TempDir()
	for name, value := range map[string]string{
		"HOME": dir, "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_ACCESS_KEY_ID": planted("keyid"), "AWS_SECRET_ACCESS_KEY": planted("key"), "AWS_SESSION_TOKEN": planted("session"),
		"AWS_ENDPOINT_URL_ROUTE_53": route53.URL, "AWS_ENDPOINT_URL_STS": sts.URL, "AWS_REGION": "us-east-1",
		"TSIG": tsigSecret(), "EXTERNAL": planted("externalid"), "PAGE": "page=http://127.0.0.1:1/?token=" + planted("token"),
	} {
		t.Setenv(name, value)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("transfer.key", tsigSecret()+"\n")
	write("objects.yaml", `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {rules: [{host: web.example.com}, {host: web.example.net}, {host: web.home.example.org}]}
status: {loadBalancer: {ingress: [{ip: 192.168.10.51}]}}
`)
	write("nafuda.yaml", strings.NewReplacer("DIR", dir, "HOST", host, "PORT", port).Replace(`source: [ingress]
manifests: [DIR/objects.yaml]
log-level: debug
state-dir: DIR/state
dns-zone: [home.example.org]
dns-listen: ["127.0.0.1:0"]
dns-transfer: ["key:transfer"]
dns-tsig-key: ["transfer:hmac-sha256:DIR/transfer.key"]
wan-method: [https]
wan-https: ["${PAGE}"]
aws-api-rate: 1000
views:
  - {name: own, provider: aws, txt-owner-id: me, private-targets: replace, target-from: wan}
  - {name: assumed, provider: aws, txt-owner-id: you, aws-assume-role: "arn:aws:iam::123456789012:role/dns", aws-assume-role-external-id: "${EXTERNAL}"}
  - {name: bind, provider: rfc2136, txt-owner-id: me, rfc2136-host: ["HOST:PORT"], rfc2136-zone: [example.net], rfc2136-tsig-keyname: k, rfc2136-tsig-secret: "${TSIG}"}
  - {name: lan, provider: local, registry: noop}
`))
	return filepath.Join(dir, "nafuda.yaml")
}

// said runs the program to its end.
func said(t *testing.T, args ...string) string {
	t.Helper()
	var out child.Log
	cli.Main(t.Context(), cli.IO{Args: args, Env: os.Environ(), Out: &out, Err: &out})
	return out.String()
}

// until polls.
func until(t *testing.T, so *child.Log, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s didn't come about:\n%s", what, so)
		}
	}
}

// TestPlantedSecretsStayHidden (secret): with secrets wherever a configuration takes one, and everything that they are for failing, none
// of them is in the log at its most talkative, on the pages, in the answers of the control socket or in what commands print.
func TestPlantedSecretsStayHidden(t *testing.T) {
	config := plant(t)
	socket := filepath.Join(t.TempDir(), "c.sock")
	ctx, stop := context.WithCancel(t.Context())
	var log child.Log
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Main(ctx, cli.IO{Args: []string{"run", "--config=" + config, "--log-level=trace", "--metrics-address=127.0.0.1:0", "--control-socket=" + socket}, Env: os.Environ(), Out: &log, Err: &log})
	}()
	pages := regexp.MustCompile(`serving /metrics.*address="?(127\.0\.0\.1:\d+)`)
	until(t, &log, "the page of the status", func() bool { return pages.FindStringSubmatch(log.String()) != nil })
	page := func(path string) string {
		r, err := http.Get("http://" + pages.FindStringSubmatch(log.String())[1] + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		text, _ := io.ReadAll(r.Body)
		return string(text)
	}
	until(t, &log, "the failure of each", func() bool {
		all := log.String()
		return strings.Contains(all, "NOTAUTH") && strings.Contains(all, "InvalidClientTokenId") && strings.Contains(page("/status.json"), "WANNotKnown")
	})
	for _, path := range []string{"/status.json", "/metrics", "/readyz", "/healthz"} {
		findPlanted(t, path, page(path))
	}
	at := "--control-socket=" + socket
	for _, args := range [][]string{{"status"}, {"approve"}, {"journal"}, {"why", "web.example.com"}, {"why", "ingress/default/web"}} {
		findPlanted(t, args[0], said(t, append(args, at)...))
		findPlanted(t, args[0]+" -o json", said(t, append(args, at, "-o", "json")...))
	}
	stop()
	<-ended
	findPlanted(t, "the log", log.String())
	for _, args := range [][]string{{"plan"}, {"doctor", "--no-verify", "--check-timeout=2s"}, {"check"}, {"wan"}} {
		findPlanted(t, args[0], said(t, append(args, "--config="+config)...))
	}
	findPlanted(t, "wan -o json", said(t, "wan", "--config="+config, "-o", "json"))
}

// TestMistakenSecretsStayHidden (secret): nor does a mistake tell what it was made with.
func TestMistakenSecretsStayHidden(t *testing.T) {
	dir := t.TempDir()
	flags := []string{"check", "--source=ingress", "--manifests=" + dir, "--txt-owner-id=me"}
	bind := []string{"--provider=rfc2136", "--rfc2136-host=127.0.0.1", "--rfc2136-zone=example.net", "--rfc2136-tsig-keyname=k"}
	own := []string{"--provider=local", "--dns-zone=example.net"}
	aws := []string{"--provider=aws"}
	with := func(of []string, more ...string) []string { return slices.Concat(of, more) }
	for why, args := range map[string][]string{
		"not base64":           with(bind, "--rfc2136-tsig-secret="+planted("!")),
		"twice":                with(bind, "--rfc2136-tsig-secret="+tsigSecret(), "--rfc2136-tsig-secret="+planted("2")),
		"without a role":       with(aws, "--aws-assume-role-external-id="+planted("id")),
		"twice, another":       with(aws, "--aws-assume-role-external-id="+planted("id"), "--aws-assume-role-external-id="+planted("id2")),
		"in place of its file": with(own, "--dns-tsig-key=k:md5:"+tsigSecret()),
		"user of a page":       with(own, "--wan-https=https://"+planted("u")+":"+planted("p")+"@ip.example.com/?token="+planted("t")),
		"page not secure":      with(own, "--wan-https=http://ip.example.com/?token="+planted("t")),
		"router's page":        with(own, "--wan-igd=https://"+planted("u")+"@192.0.2.1/"),
	} {
		text := said(t, slices.Concat(flags, args)...)
		findPlanted(t, why, text)
		if !strings.Contains(text, "nafuda: --") {
			t.Errorf("%s is no mistake: %s", why, text)
		}
	}
	noFile := said(t, slices.Concat([]string{"run"}, flags[1:], own, []string{"--dns-listen=127.0.0.1:0", "--metrics-address=", "--control-socket=none", "--dns-tsig-key=k:hmac-sha256:" + tsigSecret()})...)
	if findPlanted(t, "run without the file", noFile); !strings.Contains(noFile, "nafuda: ") {
		t.Errorf("it starts without the key: %s", noFile)
	}
	for why, line := range map[string]string{"list": "rfc2136-tsig-secret: [" + planted("1") + ", b]", "not base64": "rfc2136-tsig-secret: " + planted("!")} {
		file := filepath.Join(dir, "nafuda.yml")
		if err := os.WriteFile(file, []byte("source: [ingress]\nviews:\n  - name: a\n    provider: rfc2136\n    "+line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		text := said(t, "check", "--config="+file)
		findPlanted(t, why, text)
		if !strings.Contains(text, "nafuda.yml:5: ") {
			t.Errorf("%s is no mistake: %s", why, text)
		}
	}
}
