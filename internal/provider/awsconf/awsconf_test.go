// SPDX-License-Identifier: Apache-2.0

package awsconf_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

const noZones = `<?xml version="1.0"?><ListHostedZonesResponse><HostedZones/><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>`

// service answers every request and keeps what it was asked.
type service struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
	form []string
}

func serve(t *testing.T, h func(w http.ResponseWriter, r *http.Request, body string)) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		s.mu.Lock()
		s.seen = append(s.seen, r)
		s.form = append(s.form, string(body))
		s.mu.Unlock()
		h(w, r, string(body))
	}))
	t.Cleanup(s.Close)
	return s
}

// isolate hides this machine's AWS configuration from a test.
func isolate(t *testing.T) (configFile string) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	dir := t.TempDir()
	configFile = filepath.Join(dir, "config")
	t.Setenv("AWS_CONFIG_FILE", configFile)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	return configFile
}

func static(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEEXAMPLE00")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secretsecretsecretsecretsecretsecretsecr")
}

func TestRegions(t *testing.T) {
	for why, tc := range map[string]struct {
		env  map[string]string
		want string
	}{
		"absent":                                 {nil, "us-east-1"},
		"from AWS_REGION":                        {map[string]string{"AWS_REGION": "eu-west-1"}, "us-east-1"},
		"from AWS_DEFAULT_REGION":                {map[string]string{"AWS_DEFAULT_REGION": "eu-west-1"}, "us-east-1"},
		"misspelt":                               {map[string]string{"AWS_REGION": "eu-wset-1"}, "us-east-1"},
		"no host label at all":                   {map[string]string{"AWS_REGION": "Europe (Ireland)"}, "us-east-1"},
		"another partition is its own":           {map[string]string{"AWS_REGION": "us-gov-west-1"}, "us-gov-west-1"},
		"China, though Route 53 signs elsewhere": {map[string]string{"AWS_DEFAULT_REGION": "cn-north-1"}, "cn-north-1"},
	} {
		t.Run(why, func(t *testing.T) {
			isolate(t)
			static(t)
			for k, v := range tc.env {
				t.Setenv(k, v)
			}
			s := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) { io.WriteString(w, noZones) })
			t.Setenv("AWS_ENDPOINT_URL_ROUTE_53", s.URL)
			accounts, err := awsconf.Load(t.Context(), awsconf.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := route53.NewFromConfig(accounts[0].Config).ListHostedZones(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if got := s.seen[0].Header.Get("Authorization"); !strings.Contains(got, "/"+tc.want+"/route53/") {
				t.Errorf("signed with %s, want region %s", got, tc.want)
			}
		})
	}
}

func TestProfiles(t *testing.T) {
	file := isolate(t)
	write(t, file, "[profile one]\naws_access_key_id = AKIAONE0000000000000\naws_secret_access_key = x\nregion = eu-west-1\n"+
		"[profile two]\naws_access_key_id = AKIATWO0000000000000\naws_secret_access_key = y\n")
	accounts, err := awsconf.Load(t.Context(), awsconf.Options{Profiles: []string{"one", "", "two", "one"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range accounts {
		c, err := a.Config.Credentials.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, a.Name+" "+c.AccessKeyID)
	}
	if diff := cmp.Diff([]string{"one AKIAONE0000000000000", "two AKIATWO0000000000000"}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := awsconf.Load(t.Context(), awsconf.Options{Profiles: []string{"three"}}); err == nil || !strings.Contains(err.Error(), "profile three") {
		t.Errorf("a profile that isn't there: %v", err)
	}
}

func TestNothingIsSentTwice(t *testing.T) {
	isolate(t)
	static(t)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) { w.WriteHeader(http.StatusServiceUnavailable) })
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	accounts, err := awsconf.Load(t.Context(), awsconf.Options{APIRetries: 3})
	if err != nil {
		t.Fatal(err)
	}
	_, err = route53.NewFromConfig(accounts[0].Config).ListHostedZones(t.Context(), nil)
	if provider.ClassOf(awsconf.Classify(err)) != provider.Unavailable || len(s.seen) != 1 {
		t.Errorf("%d requests, %v", len(s.seen), err)
	}
}

const assumed = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE000000000000</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>tok</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`

func TestAssumeRole(t *testing.T) {
	isolate(t)
	static(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Method == http.MethodPost {
			io.WriteString(w, assumed)
			return
		}
		io.WriteString(w, noZones)
	})
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	accounts, err := awsconf.Load(t.Context(), awsconf.Options{AssumeRole: "arn:aws:iam::111122223333:role/dns", ExternalID: "ext-1"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := route53.NewFromConfig(accounts[0].Config).ListHostedZones(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if len(s.seen) != 2 || !strings.Contains(s.form[0], "ExternalId=ext-1") || !strings.Contains(s.seen[1].Header.Get("Authorization"), "ASIAROLE000000000000") {
		t.Errorf("%d requests, first %q", len(s.seen), s.form)
	}
}

func TestAssumeRoleDenied(t *testing.T) {
	isolate(t)
	static(t)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::111122223333:user/u is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/dns</Message></Error><RequestId>11111111-2222-3333-4444-555555555555</RequestId></ErrorResponse>`)
	})
	t.Setenv("AWS_ENDPOINT_URL", s.URL)
	accounts, err := awsconf.Load(t.Context(), awsconf.Options{AssumeRole: "arn:aws:iam::111122223333:role/dns"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = route53.NewFromConfig(accounts[0].Config).ListHostedZones(t.Context(), nil)
	e, ok := errors.AsType[*provider.Error](awsconf.ClassifyWrite(err))
	if !ok || e.Class != provider.Denied || e.Action != "sts:AssumeRole" || strings.Contains(e.Error(), "1111-2222") {
		t.Errorf("%v", awsconf.ClassifyWrite(err))
	}
}

// TestEndlessAnswer meets a service that never stops talking, with an error and with a result.
func TestEndlessAnswer(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
		isolate(t)
		static(t)
		var sent atomic.Int64
		s := serve(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.WriteHeader(status)
			io.WriteString(w, "<ListHostedZonesResponse><HostedZones/><x>")
			for chunk := bytes.Repeat([]byte("xxxx"), 1<<18); ; sent.Add(int64(len(chunk))) {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		})
		t.Setenv("AWS_ENDPOINT_URL_ROUTE_53", s.URL)
		if err := awsconf.Classify(list(t.Context(), t)); provider.ClassOf(err) != provider.Unavailable || err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("status %d: %v", status, err)
		}
		if n := sent.Load(); n > 40<<20 {
			t.Errorf("status %d: %d bytes were read", status, n)
		}
	}
}

func TestCheck(t *testing.T) {
	bad := awsconf.Options{AssumeRole: "dns", ExternalID: "x", APIRetries: -1}
	if got := bad.Check(); got == nil || strings.Count(got.Error(), "\n") != 1 {
		t.Errorf("%v", got)
	}
	if got := (awsconf.Options{ExternalID: "x"}).Check(); got == nil || strings.Contains(got.Error(), "\n") {
		t.Errorf("%v", got)
	}
	if got := (awsconf.Options{Profiles: []string{"a"}, APIRetries: 3}).Check(); got != nil {
		t.Errorf("%v", got)
	}
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func list(ctx context.Context, t *testing.T) error {
	t.Helper()
	accounts, err := awsconf.Load(ctx, awsconf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = route53.NewFromConfig(accounts[0].Config).ListHostedZones(ctx, nil)
	return err
}
