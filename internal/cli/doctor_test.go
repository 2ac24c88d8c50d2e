// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/cli"
	"nafuda.io/nafuda/internal/ops/doctor"
	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/test/kube"
)

// examined runs doctor and returns what each check said, and the exit status.
func examined(t *testing.T, args ...string) (map[string]doctor.Result, int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"doctor", "--source=service", "--source=ingress", "--provider=aws", "--no-verify", "--static-pods=", "-o", "json"}, args...)
	code := cli.Main(t.Context(), cli.IO{Args: args, Env: os.Environ(), Out: &stdout, Err: &stderr})
	var r doctor.Report
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("exit status %d, %v:\n%s%s", code, err, stdout.String(), stderr.String())
	}
	out := make(map[string]doctor.Result)
	for _, c := range r.Checks {
		out[c.Check] = c
	}
	return out, code
}

// TestDoctorInACluster asks a real API server as the user that a Deployment would be, with the arguments that it would have.
func TestDoctorInACluster(t *testing.T) {
	c := kube.Start(t)
	sts := httptest.NewServer(iamemu.New())
	t.Cleanup(sts.Close)
	url, emu := r53emutest.Start(t, r53emu.Options{})
	emu.AddZone("example.com", false)
	for name, value := range map[string]string{
		"HOME": t.TempDir(), "AWS_ACCESS_KEY_ID": iamemu.AdminKey, "AWS_SECRET_ACCESS_KEY": "doctored/secret",
		"AWS_ENDPOINT_URL_STS": sts.URL, "AWS_ENDPOINT_URL_ROUTE_53": url,
	} {
		t.Setenv(name, value)
	}
	c.Apply(t, `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: whole}
rules:
- {apiGroups: ["", networking.k8s.io, discovery.k8s.io], resources: [services, ingresses, nodes, pods, endpointslices], verbs: [list, watch]}
- {apiGroups: [events.k8s.io], resources: [events], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: nowatch}
rules:
- {apiGroups: ["", networking.k8s.io], resources: [services, ingresses], verbs: [list]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {rules: [{host: web.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}
`)
	checks, code := examined(t, "--kubeconfig="+c.CreateUser(t, "whole").Kubeconfig)
	for name, r := range checks {
		if r.Level != doctor.OK || len(checks) != len(doctor.Checks()) {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if text := checks["taken"].Findings[0].Text; code != 0 || !strings.Contains(text, "would make 2 changes") {
		t.Errorf("exit status %d, %s", code, text)
	}
	checks, code = examined(t, "--kubeconfig="+c.CreateUser(t, "nowatch").Kubeconfig)
	if text := checks["rbac"].Findings[0].Text; code != 2 || !strings.Contains(text, "we may not watch ingresses") {
		t.Errorf("exit status %d, %s", code, text)
	}
	if r := checks["taken"]; r.Level != doctor.Warn {
		t.Errorf("what can't be watched is taken for read: %+v", r)
	}
	if calls := emu.Calls(); calls["ChangeResourceRecordSets"] != 2 {
		t.Errorf("invariant foreign: %d writes were asked for, want the one of each run that can't be made", calls["ChangeResourceRecordSets"])
	}
}

// TestApartDoctor has an API server that never answers: what concerns AWS is found out all the same, and the plan ends in time.
func TestApartDoctor(t *testing.T) {
	stop := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	t.Cleanup(func() { close(stop); hangs.Close() })
	sts := httptest.NewServer(iamemu.New())
	t.Cleanup(sts.Close)
	url, emu := r53emutest.Start(t, r53emu.Options{})
	emu.AddZone("example.com", false)
	for name, value := range map[string]string{
		"HOME": t.TempDir(), "AWS_ACCESS_KEY_ID": iamemu.AdminKey, "AWS_SECRET_ACCESS_KEY": "doctored/secret",
		"AWS_ENDPOINT_URL_STS": sts.URL, "AWS_ENDPOINT_URL_ROUTE_53": url,
	} {
		t.Setenv(name, value)
	}
	checks, code := examined(t, "--server="+hangs.URL, "--check-timeout=10s")
	if code != 2 || checks["kubeconfig"].Level != doctor.Fail || checks["taken"].Level != doctor.Warn {
		t.Errorf("exit status %d, %+v, %+v", code, checks["kubeconfig"], checks["taken"])
	}
	for _, name := range []string{"identity", "permissions", "zones", "quota", "owners", "markers"} {
		if checks[name].Level != doctor.OK {
			t.Errorf("invariant apart: %+v", checks[name])
		}
	}
}
