// SPDX-License-Identifier: Apache-2.0

package r53emu_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
)

func TestFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		why     string
		fault   r53emu.Fault
		code    string // empty: no answer from the service
		applied bool
	}{
		"down":        {why: "a 5xx answer changes nothing", fault: r53emu.Unavailable(), code: "ServiceUnavailable"},
		"throttled":   {why: "HTTP 400, not 429 (DNSLimitations)", fault: r53emu.Throttled(), code: "Throttling"},
		"dropped":     {why: "a connection that closes before anything happens", fault: r53emu.Fault{Drop: true}},
		"lost answer": {why: "the change is made and nobody says so", fault: r53emu.Fault{LoseAnswer: true}, applied: true},
		"other":       {why: "any error can be planned", fault: r53emu.Fault{Err: &r53emu.Error{Status: 500, Code: "InternalFailure", Message: "x"}}, code: "InternalFailure"},
	} {
		t.Run(name, func(t *testing.T) {
			url, s := r53emutest.Start(t, r53emu.Options{})
			c, id := client(url), s.AddZone("example.com", false)
			s.Fail("ChangeResourceRecordSets", 1, tc.fault)
			if _, err := c.ListHostedZones(t.Context(), &route53.ListHostedZonesInput{}); err != nil {
				t.Errorf("another action met the fault: %v", err)
			}
			_, err := send(t, c, id, edit("CREATE", simple("a.example.com", "A", "192.0.2.1")))
			api, ok := errors.AsType[smithy.APIError](err)
			if err == nil || ok != (tc.code != "") || ok && api.ErrorCode() != tc.code {
				t.Errorf("got %v, want %q (%s)", err, tc.code, tc.why)
			}
			z, _ := s.DB().Zone(id)
			if got := len(z.At("a.example.com")) == 1; got != tc.applied {
				t.Errorf("applied: %t, want %t (%s)", got, tc.applied, tc.why)
			}
			if _, err := send(t, c, id, edit("UPSERT", simple("a.example.com", "A", "192.0.2.2"))); err != nil {
				t.Errorf("the fault stays: %v", err)
			}
			if n := s.Calls()["ChangeResourceRecordSets"]; n != 2 {
				t.Errorf("%d calls are counted, want 2", n)
			}
		})
	}
}

func TestFaultsInOrder(t *testing.T) {
	url, s := r53emutest.Start(t, r53emu.Options{})
	c := client(url)
	s.Fail("GetHostedZoneCount", 2, r53emu.Throttled())
	s.Fail("", 1, r53emu.Unavailable())
	s.Fail("", 0, r53emu.Unavailable())
	s.Fail("ListHostedZones", -1, r53emu.Throttled())
	var got []string
	for range 4 {
		_, err := c.GetHostedZoneCount(t.Context(), &route53.GetHostedZoneCountInput{})
		code := ""
		if api, ok := errors.AsType[smithy.APIError](err); ok {
			code = api.ErrorCode()
		}
		got = append(got, code)
	}
	if diff := cmp.Diff([]string{"Throttling", "Throttling", "ServiceUnavailable", ""}, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	for range 3 {
		if _, err := c.ListHostedZones(t.Context(), &route53.ListHostedZonesInput{}); err == nil {
			t.Error("a fault without end ended")
		}
	}
	s.Heal()
	if _, err := c.ListHostedZones(t.Context(), &route53.ListHostedZonesInput{}); err != nil {
		t.Errorf("after Heal: %v", err)
	}
}

func TestRate(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	url, s := r53emutest.Start(t, r53emu.Options{Now: func() time.Time { return now }, Rate: 2, Burst: 3})
	c := client(url)
	passed := func(n int) (ok int) {
		for range n {
			_, err := c.GetHostedZoneCount(t.Context(), &route53.GetHostedZoneCountInput{})
			if err == nil {
				ok++
				continue
			}
			wantCode(t, err, "Throttling", "Rate exceeded")
			if r, is := errors.AsType[interface {
				error
				HTTPStatusCode() int
			}](err); !is || r.HTTPStatusCode() != http.StatusBadRequest {
				t.Errorf("throttling has another status than 400: %v", err)
			}
		}
		return ok
	}
	for _, tc := range []struct {
		why   string
		after time.Duration
		want  int
	}{
		{"the burst", 0, 3},
		{"nothing is left", 0, 0},
		{"two a second", time.Second, 2},
		{"half a second is one", 500 * time.Millisecond, 1},
		{"a long rest fills no more than the burst", time.Hour, 3},
	} {
		now = now.Add(tc.after)
		if got := passed(5); got != tc.want {
			t.Errorf("%d of 5 pass, want %d (%s)", got, tc.want, tc.why)
		}
	}
	if n := s.Calls()["GetHostedZoneCount"]; n != 25 {
		t.Errorf("%d calls are counted, want 25", n)
	}
}

func TestRefuseName(t *testing.T) {
	s, id := zoneWith(t, r53emu.Options{})
	s.RefuseName("www.example.com", &r53emu.Error{Status: 403, Code: "AccessDenied", Message: "not this one"})
	_, err := s.Change(id, ch(create, "a.example.com", "A", "192.0.2.1"), ch(create, "WWW.example.com.", "A", "192.0.2.1"))
	if e, ok := errors.AsType[*r53emu.Error](err); !ok || e.Code != "AccessDenied" {
		t.Errorf("got %v, want AccessDenied", err)
	}
	if _, err := s.Change(id, ch(create, "a.example.com", "A", "192.0.2.1")); err != nil {
		t.Errorf("another name is refused: %v", err)
	}
	s.RefuseName("www.example.com", nil)
	if _, err := s.Change(id, ch(create, "www.example.com", "A", "192.0.2.1")); err != nil {
		t.Errorf("still refused: %v", err)
	}
}

func TestLog(t *testing.T) {
	var mu sync.Mutex
	var calls []r53emu.Call
	url, s := r53emutest.Start(t, r53emu.Options{Log: func(c r53emu.Call) {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, c)
	}})
	c, id := client(url), s.AddZone("example.com", false)
	if _, err := send(t, c, id, edit("CREATE", simple("a.example.com", "A", "192.0.2.1"))); err != nil {
		t.Fatal(err)
	}
	_, _ = send(t, c, id, edit("CREATE", simple("a.example.com", "A", "192.0.2.1")))
	mu.Lock()
	defer mu.Unlock()
	if len(calls) != 2 || calls[0].Action != "ChangeResourceRecordSets" || calls[0].Zone != id || calls[0].Err != nil || calls[1].Err == nil ||
		len(calls[0].Changes) != 1 || calls[0].Changes[0].Set.Name != "a.example.com" {
		t.Errorf("log: %+v", calls)
	}
}

// post sends a request by hand.
func post(t *testing.T, s *r53emu.Server, method, path, auth, body string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if auth != "" {
		r.Header.Set("Authorization", auth)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Result()
}

const signed = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/route53/aws4_request, SignedHeaders=host, Signature=00"

func TestByHand(t *testing.T) {
	const batch = "/2013-04-01/hostedzone/Z00000000000000000001/rrset/"
	doc := func(set string) string {
		return `<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet><Name>a.example.com</Name><Type>A</Type>` + set +
			`</ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`
	}
	const records = `<ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords>`
	for name, tc := range map[string]struct {
		why                      string
		method, path, auth, body string
		status                   int
		want                     string
	}{
		"unsigned":      {why: "AWS refuses anonymous calls", method: "GET", path: "/2013-04-01/hostedzone", status: 403, want: "<Code>MissingAuthenticationToken</Code>"},
		"half signed":   {why: "no signature of version 4", method: "GET", path: "/2013-04-01/hostedzone", auth: "Basic eA==", status: 400, want: "<Code>IncompleteSignature</Code>"},
		"unknown":       {why: "no such action", method: "GET", path: "/2013-04-01/nothing", auth: signed, status: 404, want: "<UnknownOperationException/>"},
		"other version": {why: "only 2013-04-01 is served", method: "GET", path: "/2012-12-12/hostedzone", auth: signed, status: 404, want: "<UnknownOperationException/>"},
		"other method":  {why: "no action is asked for with PUT", method: "PUT", path: "/2013-04-01/hostedzone", auth: signed, status: 404, want: "<UnknownOperationException/>"},
		"no XML":        {why: "a body that can't be read", method: "POST", path: batch, auth: signed, body: "x", status: 400, want: "<Code>MalformedInput</Code>"},
		"too large":     {why: "bodies are bounded", method: "POST", path: batch, auth: signed, body: "<ChangeResourceRecordSetsRequest>" + strings.Repeat(" ", 5<<20), status: 413, want: "<Code>RequestEntityTooLarge</Code>"},
		"slash":         {why: "older clients end the path with a slash", method: "POST", path: batch, auth: signed, body: doc(records + "<TTL>1</TTL>"), status: 200, want: "<Status>INSYNC</Status>"},
		"no TTL":        {why: "TTL is wanted beside values (API_ResourceRecordSet)", method: "POST", path: batch, auth: signed, body: doc(records), status: 400, want: "but found none in Change with [Action=CREATE, Name=a.example.com., Type=A, SetIdentifier=null]"},
		"negative TTL":  {why: "API_ResourceRecordSet, TTL", method: "POST", path: batch, auth: signed, body: doc(records + "<TTL>-1</TTL>"), status: 400, want: "greater than or equal to 0"},
		"large TTL":     {why: "API_ResourceRecordSet, TTL", method: "POST", path: batch, auth: signed, body: doc(records + "<TTL>2147483648</TTL>"), status: 400, want: "less than or equal to 2147483647"},
		"alias and TTL": {why: "API_ResourceRecordSet, TTL", method: "POST", path: batch, auth: signed, body: doc("<TTL>1</TTL><AliasTarget><HostedZoneId>Z1</HostedZoneId><DNSName>x</DNSName><EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>"), status: 400, want: "but found more than one"},
		"no zone":       {why: "API_ChangeResourceRecordSets, Errors", method: "POST", path: "/2013-04-01/hostedzone/Z9/rrset", auth: signed, body: doc(records + "<TTL>1</TTL>"), status: 404, want: "<Message>No hosted zone found with ID: Z9</Message>"},
		"page of none":  {why: "API_ListResourceRecordSets, MaxItems", method: "GET", path: batch + "?maxitems=0", auth: signed, status: 400, want: "<Code>InvalidInput</Code>"},
		"large page":    {why: "API_ListResourceRecordSets: 300 at most", method: "GET", path: batch + "?maxitems=1000", auth: signed, status: 200, want: "<MaxItems>300</MaxItems>"},
		"type alone":    {why: "API_ListResourceRecordSets, StartRecordType", method: "GET", path: batch + "?type=A", auth: signed, status: 400, want: "start record name"},
		"id alone":      {why: "API_ListResourceRecordSets, StartRecordIdentifier", method: "GET", path: batch + "?name=a&identifier=x", auth: signed, status: 400, want: "start record type"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := zoneWith(t, r53emu.Options{})
			r := post(t, s, tc.method, tc.path, tc.auth, tc.body)
			body, err := io.ReadAll(r.Body)
			if err != nil || r.StatusCode != tc.status || !bytes.Contains(bytes.ReplaceAll(body, []byte("&#39;"), []byte("'")), []byte(tc.want)) {
				t.Errorf("got %d %s, want %d with %q (%s)", r.StatusCode, body, tc.status, tc.want, tc.why)
			}
		})
	}
}

func TestZoneLimit(t *testing.T) {
	s, id := zoneWith(t, r53emu.Options{})
	private := s.AddZone("example.com", true)
	for path, want := range map[string]string{
		id + "/MAX_RRSETS_BY_ZONE": "<Value>10000</Value></Limit><Count>2</Count>", private + "/MAX_VPCS_ASSOCIATED_BY_ZONE": "<Count>0</Count>",
		id + "/MAX_VPCS_ASSOCIATED_BY_ZONE": "<Code>HostedZoneNotPrivate</Code>", id + "/OTHER": "<Code>InvalidInput</Code>", "Z9/MAX_RRSETS_BY_ZONE": "<Code>NoSuchHostedZone</Code>",
	} {
		body, err := io.ReadAll(post(t, s, http.MethodGet, "/2013-04-01/hostedzonelimit/"+path, signed, "").Body)
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s, want %s", path, body, want)
		}
	}
}

func TestTagsRefused(t *testing.T) {
	s, id := zoneWith(t, r53emu.Options{})
	ids := func(n int) string {
		return "<ListTagsForResourcesRequest><ResourceIds>" + strings.Repeat("<ResourceId>"+id+"</ResourceId>", n) + "</ResourceIds></ListTagsForResourcesRequest>"
	}
	for name, tc := range map[string]struct{ method, path, body, want string }{
		"ten":          {"POST", "tags/hostedzone", ids(10), "<ResourceTagSet>"},
		"eleven":       {"POST", "tags/hostedzone", ids(11), "<Code>InvalidInput</Code>"},
		"none":         {"POST", "tags/hostedzone", ids(0), "<Code>InvalidInput</Code>"},
		"health check": {"GET", "tags/healthcheck/x", "", "<Code>NoSuchHealthCheck</Code>"},
		"no zone":      {"GET", "tags/hostedzone/Z9", "", "<Code>NoSuchHostedZone</Code>"},
		"no zone, add": {"POST", "tags/hostedzone/Z9", "<ChangeTagsForResourceRequest/>", "<Code>NoSuchHostedZone</Code>"},
		"no XML":       {"POST", "tags/hostedzone/" + id, "x", "<Code>MalformedInput</Code>"},
	} {
		body, err := io.ReadAll(post(t, s, tc.method, "/2013-04-01/"+tc.path, signed, tc.body).Body)
		if err != nil || !strings.Contains(string(body), tc.want) {
			t.Errorf("%s: %s, want %s", name, body, tc.want)
		}
	}
}
