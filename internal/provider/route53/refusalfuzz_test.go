// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"encoding/xml"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/provider"
)

// FuzzRefusal: whatever a service says of a batch, the culprits are record sets of the batch, each once, and the text is bounded and has neither a
// credential nor a request id.
func FuzzRefusal(f *testing.F) {
	for _, m := range []string{
		"[Tried to create resource record set [name='a.example.com.', type='A'] but it already exists]",
		`[Tried to delete resource record set [name='\052.w.example.com.', type='A', set-identifier='blue'] but it was not found]`,
		"[RRSet of type A with DNS name a.example.com. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.com.]",
		"The request contains an invalid set of changes for a resource record set 'TXT a.example.com.'",
		"[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address encountered with '192.0.2.1'']",
		"[Tried to create an alias that targets t.example.com., type A in zone Z1, but that target was not found]",
		"[The A record a.example.com has a protection, The change of the A record l.example.com is rejected by the guardrail ALIAS_TARGET_CHECK]",
		"name='', type=''", "'''", "[[[[", "in zone ", `\052\400\1.`, strings.Repeat("a.", 5000),
	} {
		f.Add("InvalidChangeBatch", m, false)
		f.Add("InvalidInput", m, true)
	}
	f.Fuzz(func(t *testing.T, code, message string, list bool) {
		const id, secret = "deadbeef-0000-4000-8000-feedfacecafe", "wJalrXUtnFEMIexamplekey" //nolint:gosec // made up
		if len(code) > 100 || strings.Contains(code+message, id) {
			return
		}
		var body strings.Builder
		text := func(s string) { _ = xml.EscapeText(&body, []byte(s)) }
		if list {
			body.WriteString("<InvalidChangeBatch><Messages><Message>")
			text(message)
			body.WriteString("</Message><Message>RequestId: " + id + "</Message></Messages><RequestId>" + id + "</RequestId></InvalidChangeBatch>")
		} else {
			body.WriteString("<ErrorResponse><Error><Type>Sender</Type><Code>")
			text(code)
			body.WriteString("</Code><Message>")
			text(message + " (RequestId: " + id + ") Credential=AKIDEXAMPLE/20261123/us-east-1/route53/aws4_request, Signature=" + secret)
			body.WriteString("</Message></Error><RequestId>" + id + "</RequestId></ErrorResponse>")
		}
		e := applyTo(t, five, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("x-amzn-RequestId", id)
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, body.String())
		})
		checkRefusal(t, e, five)
		if strings.Contains(e.Error(), id) || strings.Contains(e.Error(), secret) {
			t.Errorf("%q has a secret or a request id", e)
		}
	})
}

func checkRefusal(t *testing.T, e *provider.Error, b change.Batch) {
	t.Helper()
	for i, k := range e.Keys {
		if !slices.ContainsFunc(b.Changes(), func(c change.Change) bool { return c.Key() == k }) {
			t.Errorf("%s isn't in the batch", k)
		}
		if slices.Contains(e.Keys[:i], k) {
			t.Errorf("%s is named twice", k)
		}
	}
	if n := len(e.Error()); n > 4096 {
		t.Errorf("the error has %d bytes", n)
	}
	if e.Class == provider.Stale && len(e.Keys) == 0 {
		t.Error("something is stale, but nothing is read again")
	}
}
