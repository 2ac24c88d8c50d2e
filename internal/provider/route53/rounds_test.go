// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/route53"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

// TestWholeCanonicalTable has each name of each AWS service that keeps its names in a zone of its own: it becomes an alias into it.
func TestWholeCanonicalTable(t *testing.T) {
	table, err := os.ReadFile("testdata/canonical.txt")
	if err != nil {
		t.Fatal(err)
	}
	p := route53.New(accountAt("http://127.0.0.1:1"), route53.Defaults(), provider.Filter{})
	n := 0
	for line := range strings.Lines(string(table)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		n++
		suffix, zone, _ := strings.Cut(strings.TrimSpace(line), " ")
		target := dnsname.Name("name-1." + suffix)
		got, err := p.Desired(ask("CNAME", "", []string{string(target)}))
		if diff := cmp.Diff([]record.Set{alias(record.A, target, zone, true), alias(record.AAAA, target, zone, true)}, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", suffix, err, diff)
		}
	}
	if n != 133 {
		t.Errorf("%d lines in the table, want 133", n)
	}
}

// route is an A record set of a group.
func route(id, address string, props ...string) record.Set {
	return ask("A", id, []string{address}, props...)
}

// policies are groups of record sets, one after the other, each of another kind of routing; all the properties are among them.
func policies() []struct {
	name string
	sets []record.Set
} {
	return []struct {
		name string
		sets []record.Set
	}{
		{"simple", []record.Set{route("", "192.0.2.1")}},
		{"weighted", []record.Set{route("x", "192.0.2.1", "aws/weight=0"), route("y", "192.0.2.2", "aws/weight=255", "aws/health-check-id=hc-1")}},
		{"other weights", []record.Set{route("x", "192.0.2.1", "aws/weight=7"), route("y", "192.0.2.2", "aws/weight=255")}},
		{"latency", []record.Set{route("x", "192.0.2.1", "aws/region=eu-west-1"), route("y", "192.0.2.2", "aws/region=ap-northeast-1", "aws/health-check-id=hc-1")}},
		{"failover", []record.Set{route("x", "192.0.2.1", "aws/failover=PRIMARY", "aws/health-check-id=hc-1"), route("y", "192.0.2.2", "aws/failover=secondary")}},
		{"roles exchanged", []record.Set{route("x", "192.0.2.1", "aws/failover=SECONDARY"), route("y", "192.0.2.2", "aws/failover=PRIMARY", "aws/health-check-id=hc-1")}},
		{"geolocation", []record.Set{
			route("x", "192.0.2.1", "aws/geolocation-continent-code=EU"), route("y", "192.0.2.2", "aws/geolocation-country-code=JP"),
			route("z", "192.0.2.3", "aws/geolocation-country-code=US", "aws/geolocation-subdivision-code=NY"), route("rest", "192.0.2.4", "aws/geolocation-country-code=*"),
		}},
		{"geoproximity", []record.Set{
			route("x", "192.0.2.1", "aws/geoproximity-region=eu-west-1", "aws/geoproximity-bias=-99"), route("y", "192.0.2.2", "aws/geoproximity-coordinates=49.22,-74.01"),
			route("z", "192.0.2.3", "aws/geoproximity-local-zone-group=us-east-1-bue-1", "aws/geoproximity-bias=99"),
		}},
		{"multi-value", []record.Set{route("x", "192.0.2.1", "aws/multi-value-answer=true", "aws/health-check-id=hc-1"), route("y", "192.0.2.2", "aws/multi-value-answer=")}},
		{"weighted aliases", []record.Set{
			ask("CNAME", "x", []string{elb}, "aws/weight=1"), ask("CNAME", "y", []string{elb}, "aws/weight=2", "aws/evaluate-target-health=false", "aws/health-check-id=hc-1"),
		}},
		{"weighted CNAMEs", []record.Set{ask("CNAME", "x", []string{"a.example.net"}, "aws/weight=1"), ask("CNAME", "y", []string{elb}, "alias=false", "aws/weight=2")}},
		{"failover alias", []record.Set{ask("CNAME", "x", []string{elb}, "aws/failover=PRIMARY"), route("y", "192.0.2.2", "aws/failover=SECONDARY")}},
		{"alias with its zone", []record.Set{ask("A", "", []string{"d1.cloudfront.net"}, "alias=true", "aws/target-hosted-zone=/hostedzone/Z2FDTNDATAQYW2", "aws/hosted-zone-id=Z1")}},
		{"AAAA", []record.Set{ask("AAAA", "x", []string{"2001:db8::1"}, "aws/region=us-east-1"), ask("AAAA", "y", []string{"2001:db8::2"}, "aws/region=us-west-2")}},
	}
}

// TestPolicies has a name go through every kind of routing and back, each step in one batch: what is read then is what was asked
// for, and asking for it again changes nothing.
func TestPolicies(t *testing.T) {
	e := emulateWith(t, r53emu.Options{HealthChecks: []string{"hc-1"}})
	z := e.zone("example.com")
	p := e.open(route53.Defaults(), provider.Filter{})
	steps := policies()
	for from := range steps {
		for to := range steps {
			become(t, p, z, steps[from].name, desired(t, p, steps[from].sets))
			become(t, p, z, steps[from].name+" to "+steps[to].name, desired(t, p, steps[to].sets))
		}
	}
}

// TestTypes has every type of record set that we write, in the same way.
func TestTypes(t *testing.T) {
	e := emulate(t)
	z := e.zone("example.com")
	p := e.open(route53.Defaults(), provider.Filter{})
	for kind, values := range map[record.Type][]string{
		record.A: {"192.0.2.1", "192.0.2.2"}, record.AAAA: {"2001:DB8::1"}, record.CAA: {`0 issue "ca.example.net"`, `128 iodef "mailto:x@example.net"`},
		record.CNAME: {"Target.Example.net."}, record.MX: {"10 mx.example.net", "020 mx2.example.net."},
		record.NAPTR: {`100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .`}, record.NS: {"ns1.example.net", "ns2.example.net."},
		record.PTR: {"host.example.net"}, record.SRV: {"1 2 443 host.example.net."}, record.TXT: {`"a \"b\" \\"`, strings.Repeat("x", 600)},
	} {
		want := desired(t, p, []record.Set{ask(kind, "", values)})
		become(t, p, z, string(kind), want)
		become(t, p, z, string(kind)+" again", want)
	}
}

func desired(t *testing.T, p *route53.Provider, sets []record.Set) []record.Set {
	t.Helper()
	var out []record.Set
	for _, s := range sets {
		d, err := p.Desired(s)
		if err != nil {
			t.Fatalf("%s: %v", s.Key, err)
		}
		out = append(out, d...)
	}
	return out
}

// become sends what makes www.example.com hold these sets in one batch, and reads them back.
func become(t *testing.T, p *route53.Provider, z zone.Zone, step string, want []record.Set) {
	t.Helper()
	before := named(t, p, z)
	g := change.Group{Name: "www.example.com"}
	for _, s := range before {
		if i := indexOf(want, s.Key); i < 0 {
			g.Changes = append(g.Changes, change.Change{Before: &s})
		} else if !s.Equal(want[i]) {
			g.Changes = append(g.Changes, change.Change{Before: &s, After: &want[i]})
		}
	}
	for i, s := range want {
		if indexOf(before, s.Key) < 0 {
			g.Changes = append(g.Changes, change.Change{After: &want[i]})
		}
	}
	if len(g.Changes) > 0 {
		if _, err := p.Apply(t.Context(), z, change.Batch{Groups: []change.Group{g}}); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	after := named(t, p, z)
	byKey := cmpopts.SortSlices(func(a, b record.Set) bool { return record.Compare(a, b) < 0 })
	if diff := cmp.Diff(want, after, byKey, cmpopts.IgnoreFields(record.Set{}, "Stored")); diff != "" {
		t.Errorf("%s: what is read isn't what was asked for (-want +got):\n%s", step, diff)
	}
	for _, s := range after {
		if i := indexOf(want, s.Key); i < 0 || !s.Equal(want[i]) {
			t.Errorf("%s: %s would be changed again", step, s.Key)
		}
	}
}

func named(t *testing.T, p *route53.Provider, z zone.Zone) []record.Set {
	t.Helper()
	sets, err := p.Names(t.Context(), z, []dnsname.Name{"www.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	return sets
}

func indexOf(sets []record.Set, k record.Key) int {
	for i, s := range sets {
		if s.Key == k {
			return i
		}
	}
	return -1
}

// TestHealthCheckThatIsntThere (apart): Route 53 refuses the batch, and nothing of it is done.
func TestHealthCheckThatIsntThere(t *testing.T) {
	e := emulateWith(t, r53emu.Options{HealthChecks: []string{"hc-1"}})
	z := e.zone("example.com")
	p := e.open(route53.Defaults(), provider.Filter{})
	s := desired(t, p, []record.Set{route("x", "192.0.2.1", "aws/weight=1", "aws/health-check-id=hc-2")})
	_, err := p.Apply(t.Context(), z, change.Batch{Groups: []change.Group{{Name: "www.example.com", Changes: []change.Change{{After: &s[0]}}}}})
	if provider.ClassOf(err) != provider.Rejected || !strings.Contains(err.Error(), "hc-2") || len(named(t, p, z)) != 0 {
		t.Errorf("%v", err)
	}
}
