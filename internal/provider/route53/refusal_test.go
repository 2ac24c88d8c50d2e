// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/route53"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

func set(name dnsname.Name, t record.Type, id string, values ...string) *record.Set {
	s := &record.Set{Key: record.Key{Name: name, Type: t, ID: id}, TTL: 60, Values: values}
	if id != "" {
		s.Props = []record.Prop{{Name: "aws/weight", Value: "1"}}
	}
	return s
}

func batch(changes ...change.Change) change.Batch {
	var out change.Batch
	for _, c := range changes {
		out.Groups = append(out.Groups, change.Group{Name: c.Key().Name, Changes: []change.Change{c}})
	}
	return out
}

var five = batch(
	change.Change{After: set("a.example.com", "A", "", "192.0.2.1")},
	change.Change{Before: set("a.example.com", "TXT", "", `"x"`)},
	change.Change{After: set("*.w.example.com", "A", "blue", "192.0.2.2")},
	change.Change{After: set("*.w.example.com", "A", "green", "192.0.2.3")},
	change.Change{After: &record.Set{Key: record.Key{Name: "l.example.com", Type: "A"}, Alias: &record.Alias{Target: "t.example.com"}}},
)

var example = zone.Zone{Key: zone.Key{Provider: "aws", Account: "default", ID: "Z1"}, Name: "example.com"}

func TestMessages(t *testing.T) {
	for why, tc := range map[string]struct {
		message string
		class   provider.Class
		keys    []string
	}{
		"already there":          {"[Tried to create resource record set [name='a.example.com.', type='A'] but it already exists]", provider.Stale, []string{"a.example.com A"}},
		"gone":                   {"[Tried to delete resource record set [name='a.example.com.', type='TXT'] but it was not found]", provider.Stale, []string{"a.example.com TXT"}},
		"changed":                {"[Tried to delete resource record set [name='a.example.com.', type='TXT'] but the values provided do not match the current values]", provider.Stale, []string{"a.example.com TXT"}},
		"a set identifier":       {`[Tried to create resource record set [name='\052.w.example.com.', type='A', set-identifier='blue'] but it already exists]`, provider.Stale, []string{"*.w.example.com A blue"}},
		"which one isn't said":   {`[Tried to create resource record set [name='\052.w.example.com.', type='A'] but it already exists]`, provider.Stale, []string{"*.w.example.com A blue", "*.w.example.com A green"}},
		"two at once":            {"[Tried to create resource record set [name='a.example.com.', type='A'] but it already exists, Tried to delete resource record set [name='a.example.com.', type='TXT'] but it was not found]", provider.Stale, []string{"a.example.com A", "a.example.com TXT"}},
		"stale before rejected":  {"[RRSet with DNS name l.example.com. is not permitted in zone example.com., Tried to create resource record set [name='a.example.com.', type='A'] but it already exists]", provider.Stale, []string{"a.example.com A"}},
		"a conflict":             {"[RRSet of type A with DNS name a.example.com. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.com.]", provider.Rejected, []string{"a.example.com A"}},
		"not in the zone":        {"[RRSet with DNS name l.example.com. is not permitted in zone example.net.]", provider.Rejected, []string{"l.example.com A"}},
		"an alias's target":      {"[Tried to create an alias that targets t.example.com., type A in zone Z1, but that target was not found]", provider.Rejected, []string{"l.example.com A"}},
		"an invalid set":         {"The request contains an invalid set of changes for a resource record set 'TXT a.example.com.'", provider.Rejected, []string{"a.example.com TXT"}},
		"a value":                {"[Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address encountered with '192.0.2.1'']", provider.Rejected, []string{"a.example.com A"}},
		"nobody is named":        {"[Number of records limit of 1000 exceeded.]", provider.Rejected, nil},
		"a name that isn't ours": {"[RRSet with DNS name z.example.com. is not permitted in zone example.com.]", provider.Rejected, nil},
	} {
		for form, body := range map[string]string{
			"as one text": fmt.Sprintf(`<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type><Code>InvalidChangeBatch</Code><Message>%s</Message></Error><RequestId>11111111-2222</RequestId></ErrorResponse>`, tc.message),
			"as a list":   fmt.Sprintf(`<InvalidChangeBatch xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Messages><Message>%s</Message></Messages><RequestId>11111111-2222</RequestId></InvalidChangeBatch>`, strings.Trim(tc.message, "[]")),
		} {
			t.Run(why+" "+form, func(t *testing.T) {
				e := applyTo(t, five, func(w http.ResponseWriter, _ *http.Request) {
					w.WriteHeader(http.StatusBadRequest)
					io.WriteString(w, body)
				})
				var got []string
				for _, k := range e.Keys {
					got = append(got, k.String())
				}
				if diff := cmp.Diff(tc.keys, got); diff != "" || e.Class != tc.class || strings.Contains(e.Error(), "1111-2222") {
					t.Errorf("%v\n%s", e, diff)
				}
			})
		}
	}
}

func applyTo(t *testing.T, b change.Batch, h http.HandlerFunc) *provider.Error {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	_, err := route53.New(accountAt(s.URL), route53.Defaults(), provider.Filter{}).Apply(t.Context(), example, b)
	e, ok := errors.AsType[*provider.Error](err)
	if !ok {
		t.Fatalf("an error without a class: %v", err)
	}
	return e
}

// noDelete is the policy that allows everything but to delete record sets.
const noDelete = `{"Statement": [
	{"Effect": "Allow", "Action": "route53:*", "Resource": "*"},
	{"Effect": "Deny", "Action": "route53:ChangeResourceRecordSets", "Resource": "*", "Condition":
		{"ForAnyValue:StringEquals": {"route53:ChangeResourceRecordSetsActions": ["DELETE"]}}}
]}`

func TestDeleteForbidden(t *testing.T) {
	policy, err := r53emu.ParsePolicy([]byte(noDelete))
	if err != nil {
		t.Fatal(err)
	}
	var last []r53emu.Action
	e := emulateWith(t, r53emu.Options{Policy: policy, Log: func(c r53emu.Call) {
		last = nil
		for _, ch := range c.Changes {
			last = append(last, ch.Action)
		}
	}})
	z := e.zone("example.com")
	p := e.open(route53.Defaults(), provider.Filter{})
	one, two, three := set("www.example.com", "A", "", "192.0.2.1"), set("www.example.com", "A", "", "192.0.2.2"), set("www.example.com", "A", "", "192.0.2.3")
	added := set("new.example.com", "A", "", "192.0.2.4")
	for _, step := range []struct {
		why   string
		batch change.Batch
		class provider.Class
		sent  []r53emu.Action
	}{
		{"a create is allowed", batch(change.Change{After: one}), "", []r53emu.Action{r53emu.Create}},
		{"an update is an upsert", batch(change.Change{Before: one, After: two}, change.Change{After: added}), "", []r53emu.Action{r53emu.Upsert, r53emu.Create}},
		{"an update of something else isn't", batch(change.Change{Before: one, After: three}), provider.Stale, nil},
		{"a delete is refused, and an update with it", batch(change.Change{Before: two}, change.Change{Before: added, After: set("new.example.com", "A", "", "192.0.2.5")}), provider.Rejected, []r53emu.Action{r53emu.Delete, r53emu.Delete, r53emu.Create}},
	} {
		_, err = p.Apply(t.Context(), z, step.batch)
		if step.class == "" && err != nil || step.class != "" && provider.ClassOf(err) != step.class {
			t.Errorf("%s: %v", step.why, err)
		}
		if diff := cmp.Diff(step.sent, last); diff != "" {
			t.Errorf("%s: the last request (-want +got):\n%s", step.why, diff)
		}
	}
	want := &provider.Error{Class: provider.Rejected, Keys: []record.Key{two.Key}, Action: "route53:ChangeResourceRecordSets", Guardrail: true}
	got, _ := errors.AsType[*provider.Error](err)
	got.Err = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the delete's error (-want +got):\n%s", diff)
	}
	sets, err := p.Names(t.Context(), z, []dnsname.Name{"www.example.com"})
	if err != nil || len(sets) != 1 || !sets[0].Equal(*two) {
		t.Errorf("the zone holds %v, %v", sets, err)
	}
}

func TestDeniedAltogether(t *testing.T) {
	calls := 0
	e := applyTo(t, batch(change.Change{After: set("a.example.com", "A", "", "192.0.2.1")}), func(w http.ResponseWriter, _ *http.Request) {
		calls++
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not allowed</Message></Error></ErrorResponse>`)
	})
	if e.Class != provider.Denied || e.Action != "route53:ChangeResourceRecordSets" || e.Guardrail || calls != 1 {
		t.Errorf("%d calls, %#v", calls, e)
	}
}

func TestEmptyBatch(t *testing.T) {
	e := applyTo(t, change.Batch{}, func(http.ResponseWriter, *http.Request) { t.Error("a request is sent") })
	if e.Class != provider.Rejected {
		t.Error(e)
	}
}
