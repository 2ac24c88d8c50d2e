// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

// routed is a Service and an Ingress that share app.example.com, with annotations of their own, and the lines that they become.
type routed struct {
	why     string
	one     []string // annotations
	two     []string
	oneProp string // as the record set has them
	twoProp string
}

func (r routed) objects() string {
	note := func(id string, more []string) []string { return append([]string{"set-identifier=" + id}, more...) }
	return service("one", "192.168.10.71", append(note("one", r.one), "hostname=app.example.com")...) +
		ingress("two", "app.example.com", "192.168.10.72", note("two", r.two)...)
}

func (r routed) lines() []string {
	line := func(id, props, address, resource string) []string {
		return []string{
			fmt.Sprintf("app.example.com A %s %s 300 %s", id, props, address),
			fmt.Sprintf("prefix_a-app.example.com TXT %s %s 300 %s", id, props, heritage("ZOWNER", resource)),
		}
	}
	return append(line("one", r.oneProp, "192.168.10.71", "service/default/one"), line("two", r.twoProp, "192.168.10.72", "ingress/default/two")...)
}

func policies() []routed {
	const check = "aws-health-check-id=hc-1"
	return []routed{
		{"weighted", []string{"aws-weight=10"}, []string{"aws-weight=0", check}, "aws/weight=10", "aws/health-check-id=hc-1 aws/weight=0"},
		{"latency", []string{"aws-region=eu-west-1"}, []string{"aws-region=ap-northeast-1"}, "aws/region=eu-west-1", "aws/region=ap-northeast-1"},
		{"failover", []string{"aws-failover=PRIMARY", check}, []string{"aws-failover=SECONDARY"}, "aws/failover=PRIMARY aws/health-check-id=hc-1", "aws/failover=SECONDARY"},
		{
			"geolocation",
			[]string{"aws-geolocation-continent-code=EU"},
			[]string{"aws-geolocation-country-code=US", "aws-geolocation-subdivision-code=NY"},
			"aws/geolocation-continent-code=EU", "aws/geolocation-country-code=US aws/geolocation-subdivision-code=NY",
		},
		{
			"geoproximity",
			[]string{"aws-geoproximity-region=us-east-1", "aws-geoproximity-bias=-10"},
			[]string{"aws-geoproximity-coordinates=35.68,139.76"},
			"aws/geoproximity-bias=-10 aws/geoproximity-region=us-east-1", "aws/geoproximity-bias=0 aws/geoproximity-coordinates=35.68,139.76",
		},
		{
			"a Local Zone",
			[]string{"aws-geoproximity-local-zone-group=us-east-1-bue-1"},
			[]string{"aws-geoproximity-coordinates=-33.87,151.21", "aws-geoproximity-bias=99"},
			"aws/geoproximity-bias=0 aws/geoproximity-local-zone-group=us-east-1-bue-1", "aws/geoproximity-bias=99 aws/geoproximity-coordinates=-33.87,151.21",
		},
		{"multi-value", []string{"aws-multi-value-answer=true"}, []string{"aws-multi-value-answer=true", check}, "aws/multi-value-answer=true", "aws/health-check-id=hc-1 aws/multi-value-answer=true"},
		{"weighted again", []string{"aws-weight=255"}, []string{"aws-weight=1"}, "aws/weight=255", "aws/weight=1"},
	}
}

// routingPolicies has two objects share a name under each routing policy. From one kind to the next, all goes in one batch of
// deletes and creates; what a plan and why say has the properties; after a restart nothing is written again.
func routingPolicies(t *testing.T, s *suite) {
	w := s.worldWith(t, r53emu.Options{HealthChecks: []string{"hc-1"}})
	p := w.start(reference())
	var before []string
	for _, r := range policies() {
		w.cluster.Apply(t, r.objects())
		w.want(r.lines()...)
		var want []string
		for _, l := range r.lines() {
			want = append(want, "CREATE "+strings.Join(strings.Fields(l)[:3], " "))
		}
		want = append(want, before...)
		got := w.sortedBatches()
		if last := got[len(got)-1]; r.why != "a Local Zone" && !cmp.Equal(sorted(want), last) && before != nil {
			t.Errorf("%s: the last batch is %q, want %q", r.why, last, sorted(want))
		}
		before = nil
		for _, l := range r.lines() {
			before = append(before, "DELETE "+strings.Join(strings.Fields(l)[:3], " "))
		}
	}
	p.stop()
	writes := w.attempts()
	p = w.start(reference())
	p.ready()
	p.wantSettled()
	if w.attempts() != writes {
		t.Errorf("a restart wrote again: %q", w.batches()[writes:])
	}
	out, _, _ := w.run([]string{"why", "app.example.com", "--control-socket=none", "--source=service", "--source=ingress", "--provider=aws", "--txt-owner-id=ZOWNER", "--txt-prefix=prefix_"})
	if !strings.Contains(out, "aws/weight=255") {
		t.Errorf("why doesn't tell the weight:\n%s", out)
	}
	p.stop()
	w.cluster.Apply(t, policies()[2].objects())
	out, _, _ = w.run(append([]string{"plan"}, reference()...))
	for _, want := range []string{`app.example.com A ["one"]`, "aws/weight=255", "aws/failover=PRIMARY", "aws/health-check-id=hc-1"} {
		if !strings.Contains(out, want) {
			t.Errorf("the plan doesn't tell %s:\n%s", want, out)
		}
	}
}

// mixedRouting has two objects that ask for different routing at one name: what is there stays, the other is told why, and nothing is
// sent that the service would refuse. Once they agree again, both go in one batch.
func mixedRouting(t *testing.T, s *suite) {
	w := s.world(t)
	one := func(notes ...string) {
		w.cluster.Apply(t, service("one", "192.168.10.71", append([]string{"hostname=app.example.com"}, notes...)...))
	}
	two := func(notes ...string) {
		w.cluster.Apply(t, ingress("two", "app.example.com", "192.168.10.72", notes...))
	}
	set := func(id, props, address string) string {
		return fmt.Sprintf("app.example.com A %s %s 300 %s", id, props, address)
	}
	mark := func(id, props, resource string) string {
		return fmt.Sprintf("prefix_a-app.example.com TXT %s %s 300 %s", id, props, heritage("ZOWNER", resource))
	}
	p := w.start(reference())
	one("set-identifier=one", "aws-weight=1")
	first := []string{set("one", "aws/weight=1", "192.168.10.71"), mark("one", "aws/weight=1", "service/default/one")}
	w.want(first...)
	two("set-identifier=two", "aws-region=eu-west-1")
	p.wantVerdict("app.example.com", change.Refused, reason.RoutingDiffers)
	w.want(first...)
	two() // simple
	p.wantVerdict("app.example.com", change.Lost, reason.ClaimHolderWins)
	w.want(first...)
	two("set-identifier=two", "aws-weight=2")
	w.want(append(first, set("two", "aws/weight=2", "192.168.10.72"), mark("two", "aws/weight=2", "ingress/default/two"))...)
	one("set-identifier=one", "aws-region=eu-west-1")
	p.wantVerdict("app.example.com", change.Refused, reason.RoutingDiffers)
	w.want(append(first, set("two", "aws/weight=2", "192.168.10.72"), mark("two", "aws/weight=2", "ingress/default/two"))...)
	two("set-identifier=two", "aws-region=us-east-1")
	w.want(set("one", "aws/region=eu-west-1", "192.168.10.71"), mark("one", "aws/region=eu-west-1", "service/default/one"),
		set("two", "aws/region=us-east-1", "192.168.10.72"), mark("two", "aws/region=us-east-1", "ingress/default/two"))
	if taken := len(w.batches()); w.attempts() != taken || taken != 3 {
		t.Errorf("%d batches, of which %d were refused; want 3 and none", w.attempts(), w.attempts()-taken)
	}
}

// wrongProperties has one Service for each wrong value: each is refused alone, and what was there stays.
func wrongProperties(t *testing.T, s *suite) {
	w := s.world(t)
	var objects strings.Builder
	names := make(map[string]string)
	for i, notes := range []string{
		"aws-weight=256", "aws-weight=heavy", "aws-region=eu-wset-1", "aws-failover=TERTIARY", "aws-multi-value-answer=maybe", "aws-geolocation-continent-code=XX",
		"aws-geolocation-country-code=XX", "aws-geolocation-subdivision-code=NY", "aws-geolocation-country-code=DE;aws-geolocation-subdivision-code=BY",
		"aws-geolocation-continent-code=EU;aws-geolocation-country-code=DE", "aws-geoproximity-region=eu-west-1;aws-geoproximity-bias=100",
		"aws-geoproximity-coordinates=91,0", "aws-geoproximity-coordinates=here", "aws-geoproximity-local-zone-group=us-east-1", "aws-weight=1;aws-region=eu-west-1",
		"aws-weight=1;aws-health-check-id=<hc/>&\n", "",
	} {
		name := fmt.Sprintf("wrong-%02d", i)
		names[name+".example.com"] = notes
		all := []string{"hostname=" + name + ".example.com", "set-identifier=one"}
		if notes != "" {
			all = append(all, strings.Split(notes, ";")...)
		}
		objects.WriteString(service(name, "192.168.10.80", all...))
	}
	objects.WriteString(service("loose", "192.168.10.80", "hostname=loose.example.com", "aws-weight=1"))
	names["loose.example.com"] = "no set identifier"
	w.cluster.Apply(t, objects.String()+ingress("good", "good.example.com", "192.168.10.81"))
	p := w.start(reference())
	w.want("good.example.com A 300 192.168.10.81", marker("prefix_a-good.example.com", "ingress/default/good"))
	for name, notes := range names {
		t.Run(notes, func(t *testing.T) {
			w.t, p.t = t, t
			p.wantVerdict(name, change.Refused, reason.BadValue)
		})
	}
	w.t, p.t = t, t
	if w.attempts() != 1 {
		t.Errorf("%d batches were sent, want that of good.example.com alone", w.attempts())
	}
}

// healthCheckLater has Route 53 refuse a health check that it doesn't know: the name waits alone, and another value brings it in.
func healthCheckLater(t *testing.T, s *suite) {
	w := s.worldWith(t, r53emu.Options{HealthChecks: []string{"hc-1"}})
	app := func(check string) string {
		return service("app", "192.168.10.71", "hostname=app.example.com", "set-identifier=one", "aws-weight=1", "aws-health-check-id="+check)
	}
	w.cluster.Apply(t, app("hc-2")+ingress("web", "web.example.com", "192.168.10.72"))
	p := w.start(reference())
	web := []string{"web.example.com A 300 192.168.10.72", marker("prefix_a-web.example.com", "ingress/default/web")}
	w.want(web...)
	p.wantVerdict("app.example.com", reconcile.Parking, reason.Rejected)
	p.wantLog(`level=error msg="put off a name" name=app\.example\.com reason=Rejected .*hc-2`)
	w.cluster.Apply(t, app("hc-1"))
	w.want(append(web, "app.example.com A one aws/health-check-id=hc-1 aws/weight=1 300 192.168.10.71",
		"prefix_a-app.example.com TXT one aws/health-check-id=hc-1 aws/weight=1 300 "+heritage("ZOWNER", "service/default/app"))...)
}

// privateAndPublic has a name in both zones of its domain, and one in that which its object pins, in each form of the id.
func privateAndPublic(t *testing.T, s *suite) {
	w := s.world(t)
	private := w.emu.AddZone("example.com", true)
	w.cluster.Apply(t, ingress("both", "both.example.com", "192.168.10.1")+
		ingress("inside", "inside.example.com", "192.168.10.2", "aws-hosted-zone-id="+private)+
		ingress("outside", "outside.example.com", "192.168.10.3", "aws-hosted-zone-id=/hostedzone/"+w.zone)+
		ingress("nowhere", "nowhere.example.com", "192.168.10.4", "aws-hosted-zone-id=Z0NOWHERE"))
	p := w.start(with("-without--aws-zone-type"))
	both := []string{"both.example.com A 300 192.168.10.1", marker("prefix_a-both.example.com", "ingress/default/both")}
	w.want(append(both, "outside.example.com A 300 192.168.10.3", marker("prefix_a-outside.example.com", "ingress/default/outside"))...)
	public := w.zone
	w.zone = private
	w.want(append(both, "inside.example.com A 300 192.168.10.2", marker("prefix_a-inside.example.com", "ingress/default/inside"))...)
	w.zone = public
	p.wantVerdict("nowhere.example.com", change.Filtered, reason.ZoneNotChosen)
	writes := w.attempts()
	p.stop()
	p = w.start(with("-without--aws-zone-type"))
	p.ready()
	p.wantSettled()
	if w.attempts() != writes {
		t.Errorf("names with a pinned zone are written again: %q", w.batches()[writes:])
	}
}
