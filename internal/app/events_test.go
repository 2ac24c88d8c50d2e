// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// happened is at least one event of every kind, in the order in which a run could tell them.
func happened() []reconcile.Event {
	ref := endpoint.Ref{Kind: "ingress", Namespace: "default", Name: "web"}
	z := zone.Zone{Key: zone.Key{Provider: "aws", Account: "default", ID: "Z1"}, Name: "example.com"}
	key := record.Key{Name: "web.example.com", Type: record.A}
	set := record.Set{Key: key, TTL: 300, Values: []string{"192.0.2.1"}}
	ep := endpoint.Endpoint{Name: key.Name, Type: key.Type, Targets: set.Values, From: &endpoint.Origin{Source: "ingress", Ref: ref}}
	refusal := endpoint.Refusal{Ref: ref, Field: "spec.rules[1].host", Value: "a\nb", Why: reason.New(reason.BadName, `"a\nb" isn't a host name`)}
	group := change.Group{Name: key.Name, Changes: []change.Change{{After: &set, Resource: ref.String()}}}
	decide := func(v change.Verdict, why reason.Reason) reconcile.Event {
		return reconcile.Decided{View: "default", Zone: z, Name: key.Name, Decisions: []change.Decision{{Key: key, Verdict: v, Resource: ref.String(), Why: why}}}
	}
	unverified := func(code reason.Code) reconcile.Event {
		return reconcile.Unverified{Zone: z, Name: key.Name, Why: reason.New(code, "what was seen")}
	}
	denied := reconcile.KindChanged{Kind: "pod", State: feed.Forbidden, Err: errors.New("may not list pods")}
	return []reconcile.Event{
		reconcile.KindChanged{Kind: "ingress", State: feed.Synced},
		reconcile.KindChanged{Kind: "node", State: feed.Failing, Err: errors.New("connection refused")},
		denied, denied,
		reconcile.Evaluated{Source: "ingress", Ref: ref, Result: endpoint.Result{
			Endpoints: []endpoint.Endpoint{ep}, Refusals: []endpoint.Refusal{refusal}, Again: []endpoint.Endpoint{ep},
		}},
		reconcile.Evaluated{Source: "ingress", Ref: ref},
		reconcile.Refused{Refusal: endpoint.Refusal{Ref: endpoint.Ref{Kind: "file", Name: "a.yaml"}, Why: reason.New(reason.BadObject, "line 3 isn't YAML")}},
		reconcile.ZonesListed{Account: "default", Zones: []zone.Zone{z}, Skipped: []provider.SkippedZone{{Zone: z, Why: reason.New(reason.Filtered, "it is private")}}},
		reconcile.ZoneRead{Zone: z, Sets: 7},
		reconcile.Drifted{Zone: z, Counted: 9, Known: 7},
		reconcile.Left{View: "lan", Zone: z, Names: 3, Why: reason.New(reason.LeftBehind, "the view lan leaves 3 names of example.com behind, which no view has now")},
		reconcile.Planned{Zone: z, Group: group},
		reconcile.Applied{Zone: z, Batch: change.Batch{Groups: []change.Group{group}}, Waited: nil},
		reconcile.Applied{Zone: z, Batch: change.Batch{Groups: []change.Group{group}}, DryRun: true},
		reconcile.InSync{Zone: z, Took: 2 * time.Second},
		reconcile.Answering{Zone: z, Name: key.Name, Took: 12 * time.Second},
		reconcile.Delivered{Zone: z, Names: 3, Took: 12 * time.Second},
		unverified(reason.AnswersDiffer), unverified(reason.PrivateZone), unverified(reason.DNSUnreachable), unverified(reason.DNSUnreachable),
		reconcile.OwnedElsewhere{Zone: z, Set: set, Owner: "other", Ours: "me"},
		reconcile.Unpermitted{Account: "default", Action: provider.Action{Name: "route53:GetChange", Benefit: "tells when a change is answered"}, Err: errors.New("denied")},
		reconcile.Parked{Zone: z, Name: key.Name, Until: time.Unix(1800000000, 0).UTC(), Why: reason.New(reason.Rejected, "the value isn't valid")},
		reconcile.Called{Account: "default", Operation: "records", Took: 20 * time.Millisecond},
		reconcile.Called{Account: "default", Zone: z, Operation: "apply", Class: provider.Throttled, Err: errors.New("rate exceeded")},
		reconcile.Called{Account: "default", Zone: z, Operation: "apply", Class: provider.Unavailable, Err: errors.New("connection refused")},
		decide(change.Refused, reason.New(reason.NoZone, "no zone holds it")),
		decide(change.Held, reason.New(reason.NoAddressYet, "it has no address")),
		decide(change.Held, reason.New(reason.KindForbidden, "pods can't be read")),
		decide(change.Filtered, reason.New(reason.Filtered, "--domain-filter leaves it out")),
		reconcile.BrakeHeld{Zone: z, Deletes: 12, Hash: "0123456789abcdef01234567", Why: []reason.Reason{reason.New(reason.BrakeDeletes, "more than 10 names would go")}, About: ref, There: true},
		reconcile.Released{Braked: reconcile.Braked{Zone: z, Hash: "0123456789abcdef01234567", Deletes: []change.Change{{Before: &set}}}},
		reconcile.BrakeFreed{Zone: z},
		reconcile.KeepFailed{Err: errors.New("the file state isn't as we wrote it")},
		reconcile.Unkept{Err: errors.New("no space left on device")},
		reconcile.Unkept{Err: errors.New("no space left on device")},
		reconcile.Unkept{},
		reconcile.UpToDate{},
		reconcile.Settled{},
	}
}
