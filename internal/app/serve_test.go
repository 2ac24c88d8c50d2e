// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/test/child"
)

const web = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {rules: [{host: web.example.com}, {host: "not a host"}]}
status: {loadBalancer: {ingress: [{ip: 192.0.2.1}]}}
`

// controller runs the program against an emulator, and returns where its pages are.
func controller(t *testing.T, url string) (pages string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(file, []byte(web), 0o600); err != nil {
		t.Fatal(err)
	}
	o := emulated(file)
	o.Local = url
	return controllerOf(t, o)
}

// emulated are options for an emulator and an object in a file.
func emulated(file string) Options {
	o := Options{Use: []string{"ingress"}, ViewOptions: ViewOptions{Provider: "aws", Registry: "txt"}, LogLevel: "debug", LogFormat: "text"}
	o.View.Policy, o.View.ManagedTypes, o.TXT.Owner, o.TXT.Format = "sync", []string{"A,AAAA,CNAME"}, "me", "auto"
	o.Loop.Interval, o.Loop.Resync, o.Loop.Rate, o.Loop.Burst = 5*time.Minute, 2*time.Hour, 1000, 1000
	o.Files.Manifests, o.Status.Address = []string{file}, "127.0.0.1:0"
	return o
}

// controllerOf runs the program with options, and returns where its pages are.
func controllerOf(t *testing.T, o Options) (pages string) {
	t.Helper()
	log := &child.Log{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, o, Version{"v0", "r"}, o.Logger(log)) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the controller ended with %v", err)
		}
		if t.Failed() {
			t.Log(log)
		}
	})
	address := regexp.MustCompile(`serving [^\n]*address="([0-9.:]+)"`)
	until(t, "the pages' address", func() bool { return address.MatchString(log.String()) })
	return "http://" + address.FindStringSubmatch(log.String())[1]
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// TestReadiness: while the provider can't be reached the process lives, isn't ready and says why; afterwards it is, by itself.
func TestReadiness(t *testing.T) {
	url, emu := r53emutest.Start(t, r53emu.Options{})
	emu.AddZone("example.com", false)
	emu.Fail("", -1, r53emu.Unavailable())
	pages := controller(t, url)
	until(t, "a call", func() bool { return emu.Calls()["ListHostedZones"] > 0 })
	code, text := get(t, pages+"/readyz")
	if code != http.StatusServiceUnavailable || !strings.Contains(text, "zones of account") {
		t.Errorf("/readyz while the provider is down: %d %s", code, text)
	}
	if code, text := get(t, pages+"/healthz"); code != http.StatusOK {
		t.Errorf("/healthz while the provider is down: %d %s", code, text)
	}
	emu.Heal()
	until(t, "readiness", func() bool { code, _ := get(t, pages+"/readyz"); return code == http.StatusOK })
	until(t, "the record set", func() bool {
		for _, z := range emu.DB().Zones() {
			if len(z.At("web.example.com")) == 1 {
				return true
			}
		}
		return false
	})
	_, body := get(t, pages+"/status.json")
	var s struct {
		Ready    bool
		Refusals []struct{ From, Field string }
	}
	if err := json.Unmarshal([]byte(body), &s); err != nil || !s.Ready || len(s.Refusals) != 1 || s.Refusals[0].From != "ingress/default/web" {
		t.Errorf("/status.json: %v %s", err, body)
	}
	until(t, "the metrics of the pair", func() bool {
		_, page := get(t, pages+"/metrics")
		return strings.Contains(page, "external_dns_controller_verified_records{record_type=\"a\"} 1\n") &&
			strings.Contains(page, `nafuda_names{reason="BadName",verdict="refused"} 1`)
	})
}
