// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/ops/doctor"
	"nafuda.io/nafuda/internal/ops/ownership"
	"nafuda.io/nafuda/internal/ops/verify"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/registry/dynamodb"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/internal/serve/sdemu"
	"nafuda.io/nafuda/test/dynalite"
)

// refusing is a service of AWS that lets nobody do anything.
func refusing(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amzn-Errortype", "AccessDeniedException")
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"__type":"AccessDeniedException","message":"no"}`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// examined is what doctor says, a line a finding: its level, the check and the text.
func examined(t *testing.T, o Options, patience time.Duration) string {
	t.Helper()
	var out strings.Builder
	r, err := Examine(t.Context(), o, "", doctor.Options{Timeout: patience, StaticPods: t.TempDir()}, Version{"v0", "r"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Checks {
		for _, f := range c.Findings {
			out.WriteString(string(f.Level) + " " + c.Check + " " + f.Text + "\n")
		}
	}
	return out.String()
}

func wantLines(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, line := range want {
		if !strings.Contains("\n"+got, "\n"+line) {
			t.Errorf("no line begins with %q in:\n%s", line, got)
		}
	}
}

// verified is what verify says of all names.
func verified(t *testing.T, o Options) string {
	t.Helper()
	o.Probe.Verify = false
	r, err := Verify(t.Context(), o, verify.Options{Limit: 100, Resolver: "127.0.0.1:1", Nobody: "none"}, Version{"v0", "r"}, slog.New(slog.DiscardHandler), Asked{})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := r.Write(&out, false); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestDoctorAndVerifyOfCloudMap have claims be read where they are: in descriptions.
func TestDoctorAndVerifyOfCloudMap(t *testing.T) {
	c := openCloudMap(t, sdemu.Options{})
	t.Setenv("AWS_ENDPOINT_URL_STS", refusing(t))
	t.Setenv("AWS_ENDPOINT_URL_ROUTE_53", refusing(t))
	c.publish("a 192.0.2.1", "b 192.0.2.2")
	if err := c.once(); err != nil {
		t.Fatal(err)
	}
	wantLines(t, examined(t, c.options, 20*time.Second), `ok owners zone example.com (`+c.namespace+`): 2 names with our owner "me", 0 without a description`, "ok markers no markers are kept", "ok taken ")
	wantLines(t, verified(t, c.options), "a.example.com  A     ok      ok ", "b.example.com  A     ok      ok ")
	still(t, c.options)
	if _, err := MoveOwnership(t.Context(), c.options, "", slog.New(slog.DiscardHandler), ownership.ToTable, false, io.Discard); !errors.Is(err, errInDescriptions) {
		t.Errorf("ownership can be moved: %v", err)
	}
}

// still has a plan after a run find nothing to change, as migrate makes it.
func still(t *testing.T, o Options) {
	t.Helper()
	p, err := MakeWholePlan(t.Context(), o, Version{"v0", "r"}, slog.New(slog.DiscardHandler))
	if err != nil || len(p.Views) != 1 || len(p.Views[0].Changes) != 0 {
		t.Errorf("the plan after a run: %+v, %v", p, err)
	}
}

// inATable is options that publish to an emulated Route 53, with claims in an emulated DynamoDB.
func inATable(t *testing.T) Options {
	t.Helper()
	dns, emu := r53emutest.Start(t, r53emu.Options{})
	emu.AddZone("example.com", false)
	url := dynalite.Start(t)
	dynalite.Table(t, awsconf.Local(url).Config, "external-dns")
	for k, v := range map[string]string{
		"AWS_ENDPOINT_URL_ROUTE_53": dns, "AWS_ENDPOINT_URL_DYNAMODB": url, "AWS_ENDPOINT_URL_STS": refusing(t), "AWS_REGION": "eu-west-1",
		"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(k, v)
	}
	file := filepath.Join(t.TempDir(), "web.yaml")
	if err := os.WriteFile(file, []byte(web), 0o600); err != nil {
		t.Fatal(err)
	}
	o := emulated(file)
	o.Registry, o.DynamoDB = dynamodbName, dynamodb.Options{Table: "external-dns"}
	return o
}

func TestDoctorAndVerifyOfATable(t *testing.T) {
	o := inATable(t)
	once := o
	once.Loop.Once = true
	if err := Run(t.Context(), once, Version{"v0", "r"}, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	wantLines(t, examined(t, o, 20*time.Second), `ok owners zone example.com (`, "ok permissions dynamodb:GetItem is allowed", "ok permissions dynamodb:PutItem", "ok permissions dynamodb:DeleteItem", "ok taken ")
	wantLines(t, verified(t, o), "web.example.com  A     ok      ok ")
	still(t, o)
	none := o
	none.DynamoDB.Table = "another"
	wantLines(t, examined(t, none, 3*time.Second), "fail owners who has what isn't known: read the table another", "warn permissions the table of our ownership: whether dynamodb:GetItem is allowed isn't known")
	t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", refusing(t))
	got := examined(t, o, 3*time.Second)
	wantLines(t, got, "fail owners who has what isn't known", "fail permissions the table of our ownership: dynamodb:GetItem is denied", "fail permissions the table of our ownership: dynamodb:PutItem is denied", "fail permissions the table of our ownership: dynamodb:DeleteItem is denied")
	if strings.Contains(got, "AKIDEXAMPLE") {
		t.Errorf("invariant secret: %s", got)
	}
}
