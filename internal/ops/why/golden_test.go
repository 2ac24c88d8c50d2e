// SPDX-License-Identifier: Apache-2.0

package why_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/why"

	"nafuda.io/nafuda/test/golden"
)

var (
	at   = time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	web  = endpoint.Ref{Kind: "ingress", Namespace: "shop", Name: "web"}
	set  = record.Set{Key: record.Key{Name: "www.example.com", Type: record.A}, TTL: 300, Values: []string{"192.0.2.1"}}
	next = record.Set{Key: set.Key, TTL: 300, Values: []string{"192.0.2.2"}}
)

// explained is an explanation of www.example.com in a zone of which the facts are edited.
func explained(edit func(*reconcile.Explanation, *reconcile.ZoneFacts)) reconcile.Explanation {
	z := reconcile.ZoneFacts{
		Zone: zone.Zone{Key: zone.Key{Provider: "aws", Account: "default", ID: "Z1"}, Name: "example.com"}, World: true, Chosen: true,
		Observed: []reconcile.SetFacts{{Set: set, Ours: true, Owner: "me", Resource: web.String()}}, State: reconcile.StateInSync,
	}
	from := &endpoint.Origin{Source: "ingress", Ref: web}
	e := reconcile.Explanation{Name: set.Name, Names: []reconcile.NameFacts{{Name: set.Name, Askers: []reconcile.Asker{{
		Ref: web, Source: "ingress", Endpoints: []endpoint.Endpoint{{Name: set.Name, Type: record.A, Targets: []string{"192.0.2.1"}, From: from}},
	}}}}}
	edit(&e, &z)
	e.Names[0].Views = []reconcile.ViewFacts{{View: "default", Policy: change.Sync, Zones: []reconcile.ZoneFacts{z}}}
	return e
}

// TestText has what people see of what only a running instance knows.
func TestText(t *testing.T) {
	pending := []change.Change{{Before: &set, After: &next, Resource: web.String(), Why: reason.New(reason.Differs, "%s asks for %s with other data", web, set.Key)}}
	for name, tc := range map[string]struct {
		why  string
		good bool
		edit func(*reconcile.Explanation, *reconcile.ZoneFacts)
	}{
		"answering": {why: "all the way", good: true, edit: func(_ *reconcile.Explanation, z *reconcile.ZoneFacts) {
			z.State = reconcile.StateAnswering
			z.Entry = &journal.Entry{ID: 17, Intent: journal.Intent{Time: at}, Outcome: journal.Outcome{State: journal.Applied}}
		}},
		"unverifiable": {why: "DNS can't judge it: that stops nothing", good: true, edit: func(_ *reconcile.Explanation, z *reconcile.ZoneFacts) {
			z.Answer = &reconcile.Answer{Never: true, Why: reason.New("PrivateZone", "the zone is private")}
		}},
		"other-answer": {why: "a server answers otherwise", edit: func(_ *reconcile.Explanation, z *reconcile.ZoneFacts) {
			z.Answer = &reconcile.Answer{Why: reason.New("AnswersDiffer", "ns1.example.net answers 192.0.2.9")}
		}},
		"routed": {why: "what tells a record set from others of its name, escaped", good: true, edit: func(e *reconcile.Explanation, z *reconcile.ZoneFacts) {
			ep := &e.Names[0].Askers[0].Endpoints[0]
			ep.ID, ep.Props = "blue", []record.Prop{{Name: "aws/health-check-id", Value: "hc\x1b[31m"}, {Name: "aws/weight", Value: "10"}}
			z.State = reconcile.StateAnswering
		}},
		"parked": {why: "when it is tried again", edit: func(_ *reconcile.Explanation, z *reconcile.ZoneFacts) {
			z.Changes, z.State, z.Retry = pending, reconcile.StateParked, at.Add(5*time.Minute)
			z.Parked = reason.New(reason.Rejected, "the provider refuses it: InvalidChangeBatch: no")
		}},
		"queued": {why: "it waits", edit: func(_ *reconcile.Explanation, z *reconcile.ZoneFacts) {
			z.Changes, z.Queued = pending, true
		}},
		"in-flight": {why: "a call is under way", edit: func(_ *reconcile.Explanation, z *reconcile.ZoneFacts) {
			z.Changes, z.Busy = pending, true
		}},
		"throttled": {why: "the zone's last call failed", edit: func(_ *reconcile.Explanation, z *reconcile.ZoneFacts) {
			z.Changes, z.Fault = pending, reason.New(reason.Unreached, "the last call for the zone example.com failed: timeout")
		}},
		"unread": {why: "nothing is known of the zone", edit: func(_ *reconcile.Explanation, z *reconcile.ZoneFacts) {
			z.Observed, z.Unusable = nil, reason.New(reason.Denied, "the zone example.com hasn't been read: route53:ListResourceRecordSets (denied)")
		}},
		"hostile": {why: "text from outside can't steer a terminal", edit: func(e *reconcile.Explanation, z *reconcile.ZoneFacts) {
			z.Observed[0].Ours, z.Observed[0].Owner = false, "you\x1b[31m\u202e"
			e.Names[0].Askers[0].Ref.Name = "x\x1b]0;\a"
			e.Near, e.Unread = []string{"\x1b[2J"}, []reconcile.Refusal{{Field: "f\x1b[2J", Reason: reason.New(reason.BadObject, "\x1b[2J")}}
			z.Decisions = []change.Decision{{Key: set.Key, Verdict: change.Refused, Why: reason.New(reason.OtherOwner, "belongs to you\x1b[31m")}}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := why.Make(explained(tc.edit))
			var b bytes.Buffer
			if err := r.Write(&b, false); err != nil {
				t.Fatal(err)
			}
			if r.Good != tc.good {
				t.Errorf("good is %v (%s)", r.Good, tc.why)
			}
			for line := range strings.Lines(b.String()) {
				if strings.ContainsFunc(strings.TrimSuffix(line, "\n"), func(c rune) bool { return !unicode.IsPrint(c) }) {
					t.Errorf("%q isn't printable (%s)", line, tc.why)
				}
				if len([]rune(line)) > 81 {
					t.Errorf("%q is too long for 80 columns", line)
				}
			}
			golden.File(t, filepath.Join("testdata", name+".golden"), b.String())
		})
	}
}
