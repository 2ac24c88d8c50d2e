// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/feed/kube"
	"nafuda.io/nafuda/internal/feed/manifest"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/metrics"
	"nafuda.io/nafuda/internal/source"
)

// notes writes down what a teller tells.
type notes []string

func (n *notes) Hold(group string, warnings []kube.Warning) {
	*n = append(*n, group+":")
	for _, w := range warnings {
		n.Say(w)
	}
}

func (n *notes) Say(w kube.Warning) {
	line := fmt.Sprintf("  %s %s %s %s after %s", w.Ref, w.Name, w.Why.Code, w.Why.Text, w.After)
	if w.Gone {
		line += ", gone"
	}
	*n = append(*n, line)
}

// TestWhyEventsTell: what keeps a name from being published as asked for is told on its object, and nothing else is.
func TestWhyEventsTell(t *testing.T) {
	var n notes
	tell := newTeller(&n)
	for _, e := range happened() {
		if p, ok := e.(reconcile.Parked); ok {
			p.Refs = []endpoint.Ref{{Kind: "ingress", Namespace: "default", Name: "web"}}
			e = p
		}
		tell.observe(e)
	}
	tell.observe(reconcile.Refused{Refusal: endpoint.Refusal{
		Ref: endpoint.Ref{Kind: "ingress", Namespace: "default", Name: "odd"}, Field: "f a.go:1", Why: reason.New(reason.Crash, "it crashed"),
	}})
	want := notes{
		"object ingress/default/web:",
		`  ingress/default/web spec.rules[1].host BadName "a\nb" isn't a host name after 0s`,
		"object ingress/default/web:",
		"  file/a.yaml  BadObject line 3 isn't YAML after 0s",
		"  ingress/default/web web.example.com Rejected zone example.com: the value isn't valid after 0s",
		"default Z1 web.example.com:",
		"  ingress/default/web web.example.com NoZone zone example.com: no zone holds it after 0s",
		"default Z1 web.example.com:",
		"  ingress/default/web web.example.com NoAddressYet zone example.com: it has no address after " + aWhile.String(),
		"default Z1 web.example.com:",
		"  ingress/default/web web.example.com KindForbidden zone example.com: pods can't be read after " + aWhile.String(),
		"default Z1 web.example.com:",
		"brake Z1:",
		"  ingress/default/web example.com BrakeDeletes zone example.com: the brake of the zone holds changes, of this object's names too; nafuda status shows them all after 0s",
		"brake Z1:",
		"  ingress/default/odd  ProgramError it crashed after 0s",
	}
	if diff := cmp.Diff(want, n); diff != "" {
		t.Error(diff)
	}
}

// TestBrakeGivesOneEvent: neither the objects of what it holds have one each, nor has an object one that nobody takes back.
func TestBrakeGivesOneEvent(t *testing.T) {
	ref := endpoint.Ref{Kind: "ingress", Namespace: "default", Name: "web"}
	z := zone.Zone{Key: zone.Key{ID: "Z1"}, Name: "example.com"}
	held := func(code reason.Code) reconcile.Event {
		why := reason.New(code, "too many")
		return reconcile.Decided{View: "default", Zone: z, Name: "web.example.com", Decisions: []change.Decision{{Verdict: change.Held, Resource: ref.String(), Why: why}}}
	}
	closed := reconcile.BrakeHeld{Zone: z, Deletes: 12, Why: []reason.Reason{reason.New(reason.BrakeDeletes, "too many")}, About: ref, There: true}
	gone, nobody := closed, closed
	gone.There, nobody.About = false, endpoint.Ref{}
	for why, c := range map[string]struct {
		events []reconcile.Event
		want   notes
	}{
		"the objects' own":      {[]reconcile.Event{held(reason.BrakeDeletes), held(reason.BrakeUpdates), held(reason.NotKept)}, notes{"default Z1 web.example.com:", "default Z1 web.example.com:", "default Z1 web.example.com:"}},
		"it closes and opens":   {[]reconcile.Event{closed, reconcile.BrakeFreed{Zone: z}}, notes{"brake Z1:", brakeNote, "brake Z1:"}},
		"the object is gone":    {[]reconcile.Event{gone}, notes{"brake Z1:", brakeNote + ", gone"}},
		"no object is known":    {[]reconcile.Event{nobody}, notes{"brake Z1:"}},
		"the turn comes anew":   {[]reconcile.Event{closed, reconcile.Turned{Ours: true}, reconcile.Turned{Ours: true}}, notes{"brake Z1:", brakeNote, "brake Z1:"}},
		"it is open in another": {[]reconcile.Event{reconcile.Turned{}}, nil},
	} {
		t.Run(why, func(t *testing.T) {
			var n notes
			tell := newTeller(&n)
			for _, e := range c.events {
				tell.observe(e)
			}
			if diff := cmp.Diff(c.want, n); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const brakeNote = "  ingress/default/web example.com BrakeDeletes zone example.com: the brake of the zone holds changes, of this object's names too; nafuda status shows them all after 0s"

// TestDroppedEventsAreMeasured: that objects weren't told is to be seen somewhere.
func TestDroppedEventsAreMeasured(t *testing.T) {
	cluster, err := kube.New(kube.Options{Server: "http://192.0.2.1", QPS: 1, Burst: 1}, nil, source.Keep{})
	if err != nil {
		t.Fatal(err)
	}
	events := cluster.Events(func() bool { return false })
	for n := range 10003 { // three more than are remembered
		events.Say(kube.Warning{Name: fmt.Sprint(n), Why: reason.New(reason.NoZone, "none")})
	}
	m := metrics.New(false)
	for _, e := range []*kube.Events{nil, events, events} {
		over, cancel := context.WithCancel(t.Context())
		cancel() // no loop runs
		page := httptest.NewRecorder()
		handlers(over, reconcile.New(reconcile.Config{}), m, e, (*reloader)(nil).state).Metrics.ServeHTTP(page, httptest.NewRequestWithContext(over, "GET", "/metrics", nil))
	}
	if page := scrape(t, m); !strings.Contains(page, "nafuda_events_dropped_total 3\n") {
		t.Error("three dropped warnings aren't measured")
	}
}

// TestNoEvents: neither objects in files nor runs that change nothing have Events.
func TestNoEvents(t *testing.T) {
	files, err := manifest.New(manifest.Options{Manifests: []string{t.TempDir()}}, nil, source.Keep{})
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := kube.New(kube.Options{Server: "http://192.0.2.1", QPS: 1, Burst: 1}, nil, source.Keep{})
	if err != nil {
		t.Fatal(err)
	}
	on := Options{Kube: kube.Options{Events: true}}
	dry, once, off := on, on, on
	dry.Loop.DryRun, once.Loop.Once, off.Kube.Events = true, true, false
	for name, c := range map[string]struct {
		options Options
		files   bool
		want    bool
	}{
		"cluster": {on, false, true},
		"files":   {on, true, false},
		"dry run": {dry, false, false},
		"once":    {once, false, false},
		"off":     {off, false, false},
	} {
		f := feed.Feed(cluster)
		if c.files {
			f = files
		}
		if got := c.options.writesEvents(f); got != c.want {
			t.Errorf("%s: Events are written: %t, want %t", name, got, c.want)
		}
	}
}
