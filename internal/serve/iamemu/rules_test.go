// SPDX-License-Identifier: Apache-2.0

package iamemu_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/test/moto"
)

const (
	doc   = `{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"route53:GetChange","Resource":"*"}]}`
	trust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	pods  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"pods.eks.amazonaws.com"},"Action":["sts:AssumeRole","sts:TagSession"]}]}`
	arn   = "arn:aws:iam::123456789012:policy/p"
)

// ask sends one action and returns the error's code, or "ok".
func ask(t *testing.T, at string, words string) (code, body string) {
	t.Helper()
	fields := strings.Fields(words)
	form := url.Values{"Action": {fields[0]}, "Version": {"2010-05-08"}}
	for _, f := range fields[1:] {
		name, value, _ := strings.Cut(f, "=")
		form.Set(name, strings.NewReplacer("DOC", doc, "TRUST", trust, "PODS", pods).Replace(value))
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+iamemu.AdminKey+"/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=00")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var e struct {
		Error struct{ Code string }
	}
	if resp.StatusCode == http.StatusOK {
		return "ok", string(text)
	}
	if err := xml.Unmarshal(text, &e); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return e.Error.Code, string(text)
}

// rules are sequences of actions with the code that each is answered with. Where moto is at fault, its answer comes after a slash.
func rules() map[string]string {
	return map[string]string{
		"a user": `GetUser UserName=u > NoSuchEntity
			CreateUser UserName=u > ok
			CreateUser UserName=u > EntityAlreadyExists
			GetUser UserName=u > ok
			TagUser UserName=u Tags.member.1.Key=k Tags.member.1.Value=v > ok
			TagUser UserName=none Tags.member.1.Key=k Tags.member.1.Value=v > NoSuchEntity
			TagRole RoleName=none Tags.member.1.Key=k Tags.member.1.Value=v > NoSuchEntity
			TagPolicy PolicyArn=` + arn + ` Tags.member.1.Key=k Tags.member.1.Value=v > NoSuchEntity
			DeleteUser UserName=u > ok
			DeleteUser UserName=u > NoSuchEntity`,
		"two keys": `CreateAccessKey UserName=u > NoSuchEntity
			CreateUser UserName=u > ok
			CreateAccessKey UserName=u > ok
			CreateAccessKey UserName=u > ok
			CreateAccessKey UserName=u > LimitExceeded
			DeleteAccessKey UserName=u AccessKeyId=AKIANONE > NoSuchEntity
			DeleteUser UserName=u > DeleteConflict / ok`, // API_DeleteUser: the keys go first
		"five versions": `CreatePolicy PolicyName=p PolicyDocument=DOC > ok
			CreatePolicy PolicyName=p PolicyDocument=DOC > EntityAlreadyExists
			CreatePolicyVersion PolicyArn=` + arn + ` PolicyDocument=DOC SetAsDefault=true > ok
			CreatePolicyVersion PolicyArn=` + arn + ` PolicyDocument=DOC SetAsDefault=true > ok
			CreatePolicyVersion PolicyArn=` + arn + ` PolicyDocument=DOC SetAsDefault=true > ok
			CreatePolicyVersion PolicyArn=` + arn + ` PolicyDocument=DOC SetAsDefault=true > ok
			CreatePolicyVersion PolicyArn=` + arn + ` PolicyDocument=DOC SetAsDefault=true > LimitExceeded
			DeletePolicyVersion PolicyArn=` + arn + ` VersionId=v5 > DeleteConflict
			DeletePolicyVersion PolicyArn=` + arn + ` VersionId=v1 > ok
			CreatePolicyVersion PolicyArn=` + arn + ` PolicyDocument=DOC > ok
			GetPolicyVersion PolicyArn=` + arn + ` VersionId=v1 > NoSuchEntity
			GetPolicyVersion PolicyArn=` + arn + ` VersionId=v6 > ok`,
		"attached": `CreatePolicy PolicyName=p PolicyDocument=DOC > ok
			CreateUser UserName=u > ok
			AttachUserPolicy UserName=u PolicyArn=` + arn + ` > ok
			AttachUserPolicy UserName=u PolicyArn=` + arn + ` > ok
			DeleteUser UserName=u > DeleteConflict
			DetachUserPolicy UserName=u PolicyArn=` + arn + ` > ok
			DetachUserPolicy UserName=u PolicyArn=` + arn + ` > NoSuchEntity
			DeleteUser UserName=u > ok
			DeletePolicy PolicyArn=` + arn + ` > ok
			GetPolicy PolicyArn=` + arn + ` > NoSuchEntity`,
		"a role": `CreateRole RoleName=r AssumeRolePolicyDocument=TRUST > ok
			CreateRole RoleName=r AssumeRolePolicyDocument=TRUST > EntityAlreadyExists
			CreatePolicy PolicyName=p PolicyDocument=DOC > ok
			AttachRolePolicy RoleName=r PolicyArn=` + arn + ` > ok
			DeleteRole RoleName=r > DeleteConflict
			UpdateAssumeRolePolicy RoleName=r PolicyDocument=TRUST > ok
			UpdateAssumeRolePolicy RoleName=none PolicyDocument=TRUST > NoSuchEntity
			DetachRolePolicy RoleName=r PolicyArn=` + arn + ` > ok
			DeleteRole RoleName=r > ok
			GetRole RoleName=r > NoSuchEntity`,
		"a policy that is attached": `CreatePolicy PolicyName=p PolicyDocument=DOC > ok
			CreateUser UserName=u > ok
			AttachUserPolicy UserName=u PolicyArn=` + arn + ` > ok
			DeletePolicy PolicyArn=` + arn + ` > DeleteConflict / ok`, // API_DeletePolicy: it is detached first
		"a policy with versions": `CreatePolicy PolicyName=p PolicyDocument=DOC > ok
			CreatePolicyVersion PolicyArn=` + arn + ` PolicyDocument=DOC SetAsDefault=true > ok
			DeletePolicy PolicyArn=` + arn + ` > DeleteConflict / ok`, // API_DeletePolicy: the other versions go first
		"a bad policy": `CreatePolicy PolicyName=p PolicyDocument=x > MalformedPolicyDocument`,
	}
}

func follow(t *testing.T, at, rule string, another bool) {
	t.Helper()
	for line := range strings.Lines(rule) {
		words, want, _ := strings.Cut(strings.TrimSpace(line), " > ")
		ours, theirs, faulty := strings.Cut(want, " / ")
		want = ours
		if another && faulty {
			want = theirs
		}
		if got, body := ask(t, at, words); got != want {
			t.Errorf("%s: got %s, want %s\n%s", words, got, want, body)
		}
	}
}

func TestRules(t *testing.T) {
	for name, rule := range rules() {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(iamemu.New())
			defer server.Close()
			follow(t, server.URL, rule, false)
		})
	}
}

// TestAgreesWithMoto holds another emulator, that isn't ours, to the same rules. It isn't packaged for Debian, so its absence only skips
// the test; TestRules is always there.
func TestAgreesWithMoto(t *testing.T) {
	at := moto.Start(t)
	for name, rule := range rules() {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+"/moto-api/reset", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("reset moto: %v, %v", resp, err)
		}
		resp.Body.Close()
		t.Run(name, func(t *testing.T) { follow(t, at, rule, true) })
	}
}

// TestSignature has a user's key refused where the request wasn't signed with its secret. That a right signature is taken is tested with
// the SDK's, in ops/bootstrap.
func TestSignature(t *testing.T) {
	s := iamemu.New()
	server := httptest.NewServer(s)
	defer server.Close()
	ask(t, server.URL, "CreateUser UserName=u")
	_, made := ask(t, server.URL, "CreateAccessKey UserName=u")
	id := regexp.MustCompile(`<AccessKeyId>(.+)</AccessKeyId>`).FindStringSubmatch(made)[1]
	for authorization, want := range map[string]string{
		"Credential=" + id + "/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=00":     "SignatureDoesNotMatch",
		"Credential=AKIANONE/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=00":       "InvalidClientTokenId",
		"Credential=" + id + "/20260101/us-east-1/sts/aws4_request, SignedHeaders=host;x, Signature=0000": "SignatureDoesNotMatch",
		"Credential=" + id: "IncompleteSignature",
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("Action=GetCallerIdentity"))
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 "+authorization)
		if err := s.Signed(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", authorization, err, want)
		}
	}
}

// TestSecretIsToldOnce has a key's secret in the answer that makes it, and in no other.
func TestSecretIsToldOnce(t *testing.T) {
	server := httptest.NewServer(iamemu.New())
	defer server.Close()
	ask(t, server.URL, "CreateUser UserName=u Tags.member.1.Key=k Tags.member.1.Value=v")
	_, made := ask(t, server.URL, "CreateAccessKey UserName=u")
	secret := regexp.MustCompile(`<SecretAccessKey>(.+)</SecretAccessKey>`).FindStringSubmatch(made)
	if secret == nil {
		t.Fatalf("no secret: %s", made)
	}
	for _, words := range []string{"ListAccessKeys UserName=u", "GetUser UserName=u", "GetCallerIdentity"} {
		if _, body := ask(t, server.URL, words); strings.Contains(body, secret[1]) {
			t.Errorf("%s tells the secret: %s", words, body)
		}
	}
	_, body := ask(t, server.URL, "GetUser UserName=u")
	if diff := cmp.Diff(true, strings.Contains(body, "<Key>k</Key><Value>v</Value>")); diff != "" {
		t.Errorf("the tag is gone: %s", body)
	}
}
