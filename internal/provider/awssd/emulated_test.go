// SPDX-License-Identifier: Apache-2.0

package awssd_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/provider/awssd"
	"nafuda.io/nafuda/internal/serve/sdemu"
)

const (
	keyID     = "AKIAEXAMPLEEXAMPLE00"
	secretKey = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYxx"
)

// emulated is Cloud Map on this machine and an account at it.
type emulated struct {
	*sdemu.Server
	account awsconf.Account
	secrets []string
}

func emulate(t *testing.T, o sdemu.Options) *emulated {
	t.Helper()
	s := sdemu.New(o)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &emulated{Server: s, account: accountAt(server.URL), secrets: []string{secretKey, keyID, "-0000-4000-8000-000000000000"}}
}

// whole reads answers in full before the SDK has them. The SDK closes a request's body once it has the head of the answer; under
// the race detector, with a busy machine, the connection was then seen to be closed while a long answer was still being read.
type whole struct{}

func (whole) Do(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if closed := resp.Body.Close(); err == nil {
		err = closed
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, err
}

func accountAt(url string) awsconf.Account {
	return awsconf.Account{Name: awsconf.DefaultName, Config: aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(url),
		HTTPClient:  whole{},
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider(keyID, secretKey, ""),
	}}
}

func (e *emulated) open(o awssd.Options, f provider.Filter) *awssd.Provider {
	return awssd.New(e.account, o, f)
}

// zone makes a private namespace.
func (e *emulated) zone(name dnsname.Name) zone.Zone {
	return zoneOf(e.AddNamespace(string(name), sdemu.Private), name)
}

func zoneOf(id string, name dnsname.Name) zone.Zone {
	return zone.Zone{Key: zone.Key{Provider: awssd.Name, Account: awsconf.DefaultName, ID: id}, Name: name, Private: true}
}

// fail makes the next call of any kind fail.
func (e *emulated) fail(c provider.Class) bool {
	faults := map[provider.Class]sdemu.Fault{
		provider.Throttled:   sdemu.Throttled(),
		provider.Denied:      {Err: &sdemu.Error{Status: 400, Code: "AccessDeniedException", Message: "User: me is not authorized to perform: servicediscovery:CreateService"}},
		provider.Unavailable: {Err: &sdemu.Error{Status: 400, Code: "InternalFailure"}},
		provider.Uncertain:   {LoseAnswer: true},
	}
	f, ok := faults[c]
	if ok {
		e.Fail("", 1, f)
	}
	return ok
}
