// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/provider/route53"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// secret is the secret access key of the tests; nothing may show it.
const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// serving runs a handler on a free port of the loopback interface until the test ends.
func serving(t testing.TB, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// onAWS is an account whose Route 53 and STS are what the handlers are, as the SDK's files and environment name it.
func onAWS(t testing.TB, dns, sts http.Handler, opts awsconf.Options) Account {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_ROUTE_53": serving(t, dns), "AWS_ENDPOINT_URL_STS": serving(t, sts), "AWS_ACCESS_KEY_ID": iamemu.AdminKey,
		"AWS_SECRET_ACCESS_KEY": secret, "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.(*testing.T).Setenv(name, value)
	}
	list, err := awsconf.Load(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return Account{Name: list[0].Name, Provider: route53.New(list[0], route53.Defaults(), provider.Filter{}), AWS: &list[0], Route53: true}
}

// byMarkers has a patient keep its claims in markers.
func byMarkers(p Patient, m *txt.Registry) Patient {
	if m == nil {
		return p
	}
	p.Markers, p.Kept = m, "marker"
	p.Claims = func(context.Context) (registry.Registry, error) { return m, nil }
	return p
}

// found is what a check finds about a patient, by its name.
func found(t testing.TB, p Patient, name string) Result {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, c := range Checks() {
		if c.Name == name {
			r := run(ctx, newExam(ctx, p, Options{}), []Check{c}, 30*time.Second).Checks[0]
			shows(t, r)
			return r
		}
	}
	t.Fatalf("no check %s", name)
	return Result{}
}

// shows fails the test where a result has a secret or a request id.
func shows(t testing.TB, r Result) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{secret, iamemu.AdminKey, "0000-4000-8000"} {
		if bytes.Contains(text, []byte(s)) {
			t.Errorf("invariant secret: %s shows %s: %s", r.Check, s, text)
		}
	}
}

// expect fails the test unless a result has a level, and its worst finding a text.
func expect(t testing.TB, r Result, level Level, want string) {
	t.Helper()
	if r.Level != level || !strings.Contains(r.Findings[0].Text, want) {
		t.Errorf("%s: want %s with %q:\n%+v", r.Check, level, want, r)
	}
}

// put adds record sets to a zone of the emulator.
func put(t testing.TB, s *r53emu.Server, zone string, sets ...record.Set) {
	t.Helper()
	var changes []r53emu.Change
	for _, set := range sets {
		changes = append(changes, r53emu.Change{Action: r53emu.Upsert, Set: set})
	}
	for some := range slices.Chunk(changes, 400) { // an UPSERT counts twice
		if err := s.DB().Edit(zone, func(tx *zonedb.Tx) error { return r53emu.Apply(tx, r53emu.Limits{}, some) }); err != nil {
			t.Fatal(err)
		}
	}
}

func set(name string, typ record.Type, values ...string) record.Set {
	return record.Set{Key: record.Key{Name: dnsname.Name(name), Type: typ}, TTL: 300, Values: values}
}

func marker(name, owner string) record.Set {
	return set(name, record.TXT, `"heritage=external-dns,external-dns/owner=`+owner+`,external-dns/resource=ingress/default/x"`)
}

func markers(prefix string) *txt.Registry {
	return txt.New(txt.Options{Owner: "me", Prefix: prefix, Format: "auto"})
}
