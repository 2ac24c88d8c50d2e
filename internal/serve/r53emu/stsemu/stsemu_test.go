// SPDX-License-Identifier: Apache-2.0

package stsemu_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/stsemu"
)

const (
	role   = "arn:aws:iam::222222222222:role/dns"
	asRole = "Action=AssumeRole&Version=2011-06-15&RoleArn=" + role + "&RoleSessionName=test"
	list   = "/2013-04-01/hostedzone"
)

// TestAnswers has what the services answer to each kind of request; who asks is told by key and token.
func TestAnswers(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := stsemu.New(func() time.Time { return now })
	for _, account := range []string{"111111111111", "222222222222"} {
		s := r53emu.New(r53emu.Options{})
		s.AddZone(dnsname.Name("z"+account+".example.com"), false)
		c.AddAccount(account, s)
	}
	c.AddKey("111111111111", "AKIAONE")
	c.AddKey("333333333333", "AKIALOST")
	c.AddRole(stsemu.Role{ARN: role, Account: "222222222222", Trusts: []string{"111111111111"}, ExternalID: "ext-1"})
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	const session, token = "ASIAEXAMPLE000000001", "sessiontoken0000000000000000000000000001"
	for _, tc := range []struct {
		why, key, token, path, form string
		after                       time.Duration
		status                      int
		want                        string
	}{
		{"no key", "", "", list, "", 0, 403, "MissingAuthenticationToken"},
		{"a key that nobody knows", "AKIANONE", "", list, "", 0, 403, "InvalidClientTokenId"},
		{"a key whose account is gone", "AKIALOST", "", list, "", 0, 403, "InvalidClientTokenId"},
		{"a user's key", "AKIAONE", "", list, "", 0, 200, "z111111111111.example.com."},
		{"a user's key with a token", "AKIAONE", "x", list, "", 0, 403, "InvalidClientTokenId"},
		{"another action", "AKIAONE", "", "/", "Action=GetCallerIdentity", 0, 400, "InvalidAction"},
		{"no session name", "AKIAONE", "", "/", strings.Replace(asRole, "test", "", 1) + "&ExternalId=ext-1", 0, 400, "ValidationError"},
		{"too short a session", "AKIAONE", "", "/", asRole + "&ExternalId=ext-1&DurationSeconds=60", 0, 400, "ValidationError"},
		{"no external id", "AKIAONE", "", "/", asRole, 0, 403, "sts:AssumeRole"},
		{"the wrong external id", "AKIAONE", "", "/", asRole + "&ExternalId=ext-2", 0, 403, "sts:AssumeRole"},
		{"a role that isn't there", "AKIAONE", "", "/", strings.Replace(asRole, "dns", "none", 1) + "&ExternalId=ext-1", 0, 403, "sts:AssumeRole"},
		{"the role", "AKIAONE", "", "/", asRole + "&ExternalId=ext-1", 0, 200, session},
		{"its session without the token", session, "", list, "", 0, 403, "InvalidClientTokenId"},
		{"its session", session, token, list, "", 0, 200, "z222222222222.example.com."},
		{"its session may not assume the role", session, token, "/", asRole + "&ExternalId=ext-1", 0, 403, "sts:AssumeRole"},
		{"its session after an hour", session, token, list, "", time.Hour, 403, "ExpiredToken"},
	} {
		now = now.Add(tc.after)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+tc.path, nil)
		if tc.form != "" {
			req, err = http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+tc.path, strings.NewReader(tc.form))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if err != nil {
			t.Fatal(err)
		}
		if tc.key != "" {
			req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+tc.key+"/20260101/us-east-1/route53/aws4_request, SignedHeaders=host, Signature=00")
		}
		if tc.token != "" {
			req.Header.Set("X-Amz-Security-Token", tc.token)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != tc.status || !strings.Contains(string(body), tc.want) {
			t.Errorf("%s: %d %s, want %d with %s", tc.why, resp.StatusCode, body, tc.status, tc.want)
		}
	}
	c.RemoveKey("AKIAONE")
	if calls := c.Calls(); calls["AKIAONE"] != 8 || calls[role] != 2 {
		t.Errorf("%v", calls)
	}
}
