// SPDX-License-Identifier: Apache-2.0

package awsconf_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/smithy-go"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

const requestID = "0a1b2c3d-1111-2222-3333-444455556666"

func answer(code int, name, message string) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("X-Amzn-Requestid", requestID)
		w.WriteHeader(code)
		if name != "" {
			fmt.Fprintf(w, `<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>`, name, message, requestID)
		}
	}
}

func TestClasses(t *testing.T) {
	for why, tc := range map[string]struct {
		handle      func(http.ResponseWriter, *http.Request, string)
		read, write provider.Class
		action      string
	}{
		"rate":                          {answer(400, "Throttling", "Rate exceeded"), provider.Throttled, provider.Throttled, ""},
		"the zone's last change":        {answer(400, "PriorRequestNotComplete", "The request was rejected"), provider.Throttled, provider.Throttled, ""},
		"throttled as 503":              {answer(503, "Throttling", "Rate exceeded"), provider.Throttled, provider.Throttled, ""},
		"no permission":                 {answer(403, "AccessDenied", "User: arn:aws:iam::111122223333:user/u is not authorized to perform: route53:ListHostedZones because"), provider.Denied, provider.Denied, "route53:ListHostedZones"},
		"unknown key":                   {answer(403, "InvalidClientTokenId", "The security token included in the request is invalid."), provider.Denied, provider.Denied, ""},
		"forbidden by a proxy":          {answer(403, "", ""), provider.Denied, provider.Denied, ""},
		"bad input":                     {answer(400, "InvalidInput", "Invalid XML"), provider.Rejected, provider.Rejected, ""},
		"a zone that is gone":           {answer(404, "NoSuchHostedZone", "No hosted zone found"), provider.Unavailable, provider.Unavailable, ""},
		"an internal error may be done": {answer(500, "InternalFailure", "oops"), provider.Unavailable, provider.Uncertain, ""},
		"a gateway's error may be done": {answer(502, "", ""), provider.Unavailable, provider.Uncertain, ""},
		"cut off in the middle": {func(w http.ResponseWriter, _ *http.Request, _ string) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "<ListHostedZonesResponse><Hosted")
		}, provider.Unavailable, provider.Uncertain, ""},
		"no answer at all": {func(_ http.ResponseWriter, _ *http.Request, _ string) { panic(http.ErrAbortHandler) }, provider.Unavailable, provider.Uncertain, ""},
	} {
		t.Run(why, func(t *testing.T) {
			isolate(t)
			static(t)
			s := serve(t, tc.handle)
			t.Setenv("AWS_ENDPOINT_URL_ROUTE_53", s.URL)
			err := list(t.Context(), t)
			if err == nil {
				t.Fatal("no error")
			}
			for _, c := range []struct {
				got  error
				want provider.Class
			}{{awsconf.Classify(err), tc.read}, {awsconf.ClassifyWrite(err), tc.write}} {
				e, ok := errors.AsType[*provider.Error](c.got)
				if !ok || e.Class != c.want || e.Action != tc.action {
					t.Errorf("%#v, want class %s and action %q", c.got, c.want, tc.action)
				}
				if strings.Contains(c.got.Error(), requestID) || strings.Contains(c.got.Error(), "AKIA") {
					t.Errorf("not scrubbed: %v", c.got)
				}
			}
		})
	}
}

func TestNeverSent(t *testing.T) {
	isolate(t)
	t.Run("nobody listens", func(t *testing.T) {
		static(t)
		s := serve(t, nil)
		s.Close()
		t.Setenv("AWS_ENDPOINT_URL_ROUTE_53", s.URL)
		if err := awsconf.ClassifyWrite(list(t.Context(), t)); provider.ClassOf(err) != provider.Unavailable {
			t.Error(err)
		}
	})
	t.Run("no credentials", func(t *testing.T) {
		if err := awsconf.ClassifyWrite(list(t.Context(), t)); provider.ClassOf(err) != provider.Unavailable || err == nil {
			t.Error(err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		static(t)
		started := make(chan struct{})
		s := serve(t, func(_ http.ResponseWriter, r *http.Request, _ string) { close(started); <-r.Context().Done() })
		t.Setenv("AWS_ENDPOINT_URL_ROUTE_53", s.URL)
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-started; cancel() }()
		err := awsconf.ClassifyWrite(list(ctx, t))
		if provider.ClassOf(err) != provider.Uncertain || !errors.Is(err, context.Canceled) {
			t.Errorf("a write that was under way: %v", err)
		}
	})
}

func TestClassifyKeepsWhatHasAClass(t *testing.T) {
	if awsconf.Classify(nil) != nil {
		t.Error("nil becomes an error")
	}
	known := &provider.Error{Class: provider.Stale, Err: errors.New("x")}
	if got := awsconf.ClassifyWrite(fmt.Errorf("wrapped: %w", known)); !errors.Is(got, known) || got.Error() != known.Error() {
		t.Errorf("%v", got)
	}
}

func TestScrub(t *testing.T) {
	for why, tc := range map[string]struct{ in, want string }{
		"names and ARNs stay": {"User: arn:aws:iam::111122223333:user/u may not touch www.example.com", "User: arn:aws:iam::111122223333:user/u may not touch www.example.com"},
		"request id":          {"StatusCode: 400, RequestID: " + requestID + ", Throttling: Rate exceeded", "StatusCode: 400, Throttling: Rate exceeded"},
		"old request id":      {"bad status code: 400, request id: " + requestID, "bad status code: 400"},
		"XML":                 {"<RequestId>" + requestID + "</RequestId>", ""},
		"key id":              {"key AKIAEXAMPLEEXAMPLE00 is bad", "key … is bad"},
		"a URL's password":    {`Post "https://u:pw@example.com/x": EOF`, `Post "https://example.com/x": EOF`},
		"a URL's query":       {`Get "https://example.com/x?X-Amz-Signature=ab&y=z": EOF`, `Get "https://example.com/x": EOF`},
		"a header":            {"x-amz-security-token:short", "x-amz-security-token:…"},
		"encoded message":     {"Encoded authorization failure message: " + strings.Repeat("aB3_-", 40), "Encoded authorization failure message: …"},
		"one line":            {"a\nb\x00c", "a b c"},
	} {
		t.Run(why, func(t *testing.T) {
			if got := awsconf.Scrub(tc.in); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestScrubIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		got := awsconf.Scrub(rapid.String().Draw(t, "a") + strings.Repeat("é ", rapid.IntRange(0, 9000).Draw(t, "n")))
		if len(got) > 1000 || !utf8.ValidString(got) || strings.ContainsAny(got, "\r\n\x00") {
			t.Fatalf("%d bytes: %q", len(got), got)
		}
		if awsconf.Scrub(got) != got {
			t.Fatalf("scrubbing twice changes %q", got)
		}
	})
}

// TestSecretIsInNoClassifiedError: what a service says is scrubbed before anyone sees it, whether it read or wrote, and whatever kind of error it is.
func TestSecretIsInNoClassifiedError(t *testing.T) {
	const id, key, secret = "11111111-2222-3333-4444-555555555555", "AKIAEXAMPLEEXAMPLE00", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYxx"
	text := "not so: RequestID: " + id + ", AccessKeyId=" + key + ", Signature=" + secret
	for why, err := range map[string]error{
		"of the service":   &smithy.GenericAPIError{Code: "AccessDenied", Message: text},
		"of the client":    errors.New(text),
		"of what was sent": &smithy.GenericAPIError{Code: "InvalidChangeBatch", Message: text},
	} {
		for form, classify := range map[string]func(error) error{"read": awsconf.Classify, "written": awsconf.ClassifyWrite} {
			got := classify(&smithy.OperationError{ServiceID: "Route 53", OperationName: "ListHostedZones", Err: err}).Error()
			for _, s := range []string{id, key, secret} {
				if strings.Contains(got, s) {
					t.Errorf("an error %s, %s, has %s: %s", why, form, s, got)
				}
			}
			if !strings.Contains(got, "not so") || !strings.Contains(got, "ListHostedZones") {
				t.Errorf("an error %s, %s, doesn't say what happened: %s", why, form, got)
			}
		}
	}
}
