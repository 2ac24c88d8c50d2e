// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/stsemu"
	"nafuda.io/nafuda/internal/serve/sdemu"
	"nafuda.io/nafuda/test/dnsserver"
	"nafuda.io/nafuda/test/dynalite"
)

// cloud is an AWS account with nothing in it, and what the page needs of a second one.
type cloud struct {
	env []string // points clients at it
	dns string   // address of what answers for the account's zones
}

// The second account has example.net, and a role that the first one may take.
const (
	firstAccount, secondAccount = iamemu.Account, "222222222222"
	zoneRole                    = "arn:aws:iam::222222222222:role/dns"
)

func startCloud(t *testing.T) cloud {
	t.Helper()
	serve := func(h http.HandlerFunc) string {
		s := httptest.NewServer(h)
		t.Cleanup(s.Close)
		return s.URL
	}
	own, other := r53emu.New(r53emu.Options{}), r53emu.New(r53emu.Options{ZoneMark: "NET"})
	other.AddZone("example.net", false)
	sessions := stsemu.New(nil)
	sessions.AddAccount(firstAccount, own)
	sessions.AddAccount(secondAccount, other)
	sessions.AddKey(firstAccount, iamemu.AdminKey)
	sessions.AddRole(stsemu.Role{ARN: zoneRole, Account: secondAccount, Trusts: []string{firstAccount}, ExternalID: "home"})
	route53 := serve(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Security-Token") != "" {
			sessions.ServeHTTP(w, r)
			return
		}
		own.ServeHTTP(w, r)
	})
	iam := iamemu.New()
	security := serve(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
		form, bad := url.ParseQuery(string(body))
		if err != nil || bad != nil {
			http.Error(w, "no form", http.StatusBadRequest)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if form.Get("Action") == "AssumeRole" {
			sessions.ServeHTTP(w, r)
			return
		}
		iam.ServeHTTP(w, r)
	})
	discovery := sdemu.New(sdemu.Options{Region: "ap-northeast-1"})
	discovery.AddNamespace("home.example.com", sdemu.Private)
	return cloud{
		dns: dnsserver.Serve(t, own.DB()),
		env: []string{
			"AWS_ACCESS_KEY_ID=" + iamemu.AdminKey, "AWS_SECRET_ACCESS_KEY=admin", "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=",
			"AWS_ENDPOINT_URL_ROUTE_53=" + route53, "AWS_ENDPOINT_URL_STS=" + security, "AWS_ENDPOINT_URL_IAM=" + security,
			"AWS_ENDPOINT_URL_DYNAMODB=" + dynalite.Start(t), "AWS_ENDPOINT_URL_SERVICEDISCOVERY=" + serve(discovery.ServeHTTP),
		},
	}
}
