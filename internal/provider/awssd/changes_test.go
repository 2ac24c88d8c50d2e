// SPDX-License-Identifier: Apache-2.0

package awssd_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"
	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awssd"
	"nafuda.io/nafuda/internal/serve/sdemu"
)

// between is the group that turns what is at a name into something else; what stays is in it too, as its condition.
func between(name string, before, after []record.Set) change.Batch {
	g := change.Group{Name: dnsname.Name(name)}
	keys := make(map[record.Key]change.Change)
	for _, s := range before {
		keys[s.Key] = change.Change{Before: &s}
	}
	for _, s := range after {
		c := keys[s.Key]
		c.After = &s
		keys[s.Key] = c
	}
	for _, c := range keys {
		g.Changes = append(g.Changes, c)
	}
	slices.SortFunc(g.Changes, func(a, b change.Change) int { return a.Key().Compare(b.Key()) })
	return change.Batch{Groups: []change.Group{g}}
}

func read(t *testing.T, p *awssd.Provider, z zone.Zone, name string) []record.Set {
	t.Helper()
	sets, err := p.Names(t.Context(), z, []dnsname.Name{dnsname.Name(name)})
	if err != nil {
		t.Fatal(err)
	}
	return sets
}

const (
	web   = "web.example.com"
	owned = "heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/default/web"
)

// TestCutOff proves the invariant together: whichever request of a change is the last, with its answer lost or never sent, nothing is
// published by a service that isn't described as ours, and planning the name again brings what was wanted.
func TestCutOff(t *testing.T) {
	described := func(sets ...record.Set) []record.Set { return append(sets, note(web, owned)) }
	states := map[string][]record.Set{
		"nothing": nil, "one address": described(set(web, record.A, "192.0.2.1")), "others": described(set(web, record.A, "192.0.2.2", "192.0.2.3")),
		"a name": described(set(web, record.CNAME, "x.example.net")), "a load balancer": described(set(web, record.CNAME, "lb.eu-west-1.elb.amazonaws.com")),
		"left over": described(), "another TTL": {{Key: record.Key{Name: web, Type: record.A}, TTL: 5, Values: []string{"192.0.2.1"}}, note(web, owned+"2")},
	}
	for from, before := range states {
		for to, after := range states {
			if from == "nothing" && to == "left over" {
				continue // nobody asks for a description alone
			}
			for last, more := 0, from != to; more; last++ {
				for _, f := range []sdemu.Fault{{Drop: true}, {LoseAnswer: true}} {
					more = cutOff(t, fmt.Sprintf("%s to %s, request %d, %+v", from, to, last, f), before, after, last, f)
				}
			}
		}
	}
}

// cutOff reports whether the change has as many requests.
func cutOff(t *testing.T, why string, before, after []record.Set, last int, f sdemu.Fault) bool {
	t.Helper()
	e := emulate(t, sdemu.Options{})
	z, p := e.zone("example.com"), e.open(awssd.Options{}, provider.Filter{})
	if len(before) > 0 {
		if _, err := p.Apply(t.Context(), z, between(web, nil, addressed(before))); err != nil {
			t.Fatalf("%s: prepare: %v", why, err)
		}
		if len(before) == 1 {
			if _, err := p.Apply(t.Context(), z, between(web, addressed(before), before)); err != nil {
				t.Fatalf("%s: prepare: %v", why, err)
			}
		}
	}
	e.FailAfter(last, f)
	_, err := p.Apply(t.Context(), z, between(web, read(t, e.open(awssd.Options{}, provider.Filter{}), z, web), after))
	reached := err != nil
	for _, s := range e.Services(z.ID) {
		if len(s.Instances) > 0 && !strings.HasPrefix(s.Description, "heritage=external-dns,external-dns/owner=me,") {
			t.Errorf("together: %s: %+v", why, s)
		}
	}
	e.Heal()
	fresh := e.open(awssd.Options{}, provider.Filter{}) // as after a restart
	if now := read(t, fresh, z, web); !cmp.Equal(now, after) && (len(now) > 0 || len(after) > 0) {
		if _, err := fresh.Apply(t.Context(), z, between(web, now, after)); err != nil {
			t.Errorf("%s: again: %v", why, err)
		}
	}
	if diff := cmp.Diff(append([]record.Set{}, after...), append([]record.Set{}, read(t, fresh, z, web)...)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", why, diff)
	}
	return reached
}

// addressed adds an address to a description alone, for a service is made with one.
func addressed(sets []record.Set) []record.Set {
	if len(sets) == 1 {
		return append([]record.Set{set(web, record.A, "192.0.2.9")}, sets...)
	}
	return sets
}

// TestOddServices: services that we would never make are shown as taken, and left alone under every condition.
func TestOddServices(t *testing.T) {
	e := emulate(t, sdemu.Options{})
	z, p := e.zone("example.com"), e.open(awssd.Options{ServiceCleanup: true}, provider.Filter{})
	client := servicediscovery.NewFromConfig(e.account.Config)
	add := func(name, policy string, attributes []map[string]string, kinds ...types.RecordType) {
		in := &servicediscovery.CreateServiceInput{NamespaceId: &z.ID, Name: &name, DnsConfig: &types.DnsConfig{RoutingPolicy: types.RoutingPolicy(policy)}}
		for _, k := range kinds {
			in.DnsConfig.DnsRecords = append(in.DnsConfig.DnsRecords, types.DnsRecord{Type: k, TTL: aws.Int64(60)})
		}
		out, err := client.CreateService(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range attributes {
			if _, err := client.RegisterInstance(t.Context(), &servicediscovery.RegisterInstanceInput{ServiceId: out.Service.Id, InstanceId: aws.String(fmt.Sprint("i", i)), Attributes: a}); err != nil {
				t.Fatal(err)
			}
		}
	}
	both := map[string]string{"AWS_INSTANCE_IPV4": "192.0.2.1", "AWS_INSTANCE_IPV6": "2001:db8::1"}
	add("both", "MULTIVALUE", []map[string]string{both}, types.RecordTypeA, types.RecordTypeAaaa)
	add("srv", "MULTIVALUE", []map[string]string{{"AWS_INSTANCE_IPV4": "192.0.2.1", "AWS_INSTANCE_PORT": "80"}}, types.RecordTypeSrv)
	add("mixed", "WEIGHTED", []map[string]string{{"AWS_INSTANCE_IPV4": "192.0.2.1"}, {"AWS_ALIAS_DNS_NAME": "lb.eu-west-1.elb.amazonaws.com"}}, types.RecordTypeA)
	before := e.Services(z.ID)
	for _, s := range before {
		name := s.Name + ".example.com"
		sets := read(t, p, z, name)
		if diff := cmp.Diff([]record.Set{note(name, "")}, sets); diff != "" {
			t.Errorf("%s is shown as (-want +got):\n%s", s.Name, diff)
		}
		a := set(name, record.A, "192.0.2.7")
		for why, b := range map[string]change.Batch{
			"a create": between(name, nil, []record.Set{a}), "a create with a description": between(name, nil, []record.Set{a, note(name, owned)}),
			"an update": between(name, sets, []record.Set{a, note(name, owned)}), "a delete": between(name, sets, nil),
		} {
			if _, err := p.Apply(t.Context(), z, b); provider.ClassOf(err) != provider.Rejected && provider.ClassOf(err) != provider.Stale {
				t.Errorf("foreign: %s of %s: %v", why, s.Name, err)
			}
		}
	}
	if diff := cmp.Diff(before, e.Services(z.ID)); diff != "" {
		t.Errorf("foreign (-before +after):\n%s", diff)
	}
}

// TestHalfDone: a change of type ends with Partial while instances are going, tells which names aren't finished and doesn't keep
// others from being changed; it goes on when planned again. Time is the test's.
func TestHalfDone(t *testing.T) {
	now := time.Unix(1700000000, 0)
	e := emulate(t, sdemu.Options{Settle: time.Minute, Now: func() time.Time { return now }})
	z, p := e.zone("example.com"), e.open(awssd.Options{}, provider.Filter{})
	first := []record.Set{set(web, record.A, "192.0.2.1"), note(web, owned)}
	if _, err := p.Apply(t.Context(), z, between(web, nil, first)); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	then := []record.Set{set(web, record.CNAME, "x.example.net"), note(web, owned)}
	const other = "other.example.com"
	batch := between(web, first, then)
	batch.Groups = append(batch.Groups, between(other, nil, []record.Set{set(other, record.A, "192.0.2.5"), note(other, owned)}).Groups...)
	_, err := p.Apply(t.Context(), z, batch)
	detail, ok := errors.AsType[*provider.Error](err)
	if !ok || detail.Class != provider.Partial {
		t.Fatalf("it ends with %v", err)
	}
	if len(detail.Keys) == 0 {
		t.Error("apart: no name is blamed, so the zone would rest")
	}
	for _, k := range detail.Keys {
		if k.Name != web {
			t.Errorf("apart: %s is blamed", k)
		}
	}
	if len(detail.Applied) != 2 || detail.Applied[0].Name != other {
		t.Errorf("apart: %v was applied, want the other name", detail.Applied)
	}
	now = now.Add(time.Hour)
	if _, err := p.Apply(t.Context(), z, between(web, read(t, p, z, web), then)); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Hour)
	if diff := cmp.Diff(then, read(t, p, z, web)); diff != "" {
		t.Errorf("in the end (-want +got):\n%s", diff)
	}
}

// TestDelta proves the invariant delta: what a change costs doesn't depend on how many services there are.
func TestDelta(t *testing.T) {
	e := emulate(t, sdemu.Options{})
	z, p := e.zone("example.com"), e.open(awssd.Options{}, provider.Filter{})
	for i := range 150 {
		name := fmt.Sprintf("n%d.example.com", i)
		if _, err := p.Apply(t.Context(), z, between(name, nil, []record.Set{set(name, record.A, "192.0.2.1"), note(name, owned)})); err != nil {
			t.Fatal(err)
		}
	}
	cost := func(before, after []record.Set) map[string]int {
		t.Helper()
		was := e.Calls()
		if _, err := p.Apply(t.Context(), z, between(web, before, after)); err != nil {
			t.Fatal(err)
		}
		out := make(map[string]int)
		for action, n := range e.Calls() {
			if n > was[action] {
				out[action] = n - was[action]
			}
		}
		return out
	}
	one, two := []record.Set{set(web, record.A, "192.0.2.1"), note(web, owned)}, []record.Set{set(web, record.A, "192.0.2.2"), note(web, owned)}
	for _, tc := range []struct {
		why           string
		before, after []record.Set
		want          map[string]int
	}{
		{"create", nil, one, map[string]int{"CreateService": 1, "RegisterInstance": 1}},
		{"update", one, two, map[string]int{"GetService": 1, "ListInstances": 1, "RegisterInstance": 1, "DeregisterInstance": 1}},
		{"delete", two, two[1:], map[string]int{"GetService": 1, "ListInstances": 1, "DeregisterInstance": 1}},
	} {
		if diff := cmp.Diff(tc.want, cost(tc.before, tc.after)); diff != "" {
			t.Errorf("delta: %s (-want +got):\n%s", tc.why, diff)
		}
	}
}

// TestInSync: a receipt is in sync once all operations of its batch have ended well.
func TestInSync(t *testing.T) {
	now := time.Unix(1700000000, 0)
	e := emulate(t, sdemu.Options{Settle: time.Minute, Now: func() time.Time { return now }})
	z, p := e.zone("example.com"), e.open(awssd.Options{CreateTags: []string{"team=dns", "empty="}}, provider.Filter{})
	r, err := p.Apply(t.Context(), z, between(web, nil, []record.Set{set(web, record.A, "192.0.2.1", "192.0.2.2")}))
	if err != nil {
		t.Fatal(err)
	}
	if done, err := p.InSync(t.Context(), r); done || err != nil {
		t.Errorf("at once: %v, %v", done, err)
	}
	now = now.Add(time.Minute)
	if done, err := p.InSync(t.Context(), r); !done || err != nil {
		t.Errorf("in the end: %v, %v", done, err)
	}
	if diff := cmp.Diff(map[string]string{"team": "dns", "empty": ""}, e.Services(z.ID)[0].Tags); diff != "" {
		t.Errorf("the tags (-want +got):\n%s", diff)
	}
	e.FailOperations("THROTTLED_REQUEST")
	r, err = p.Apply(t.Context(), z, between("b.example.com", nil, []record.Set{set("b.example.com", record.A, "192.0.2.1")}))
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	if done, err := p.InSync(t.Context(), r); done || err == nil || !strings.Contains(err.Error(), "THROTTLED_REQUEST") {
		t.Errorf("of one that failed: %v, %v", done, err)
	}
}

// TestZones: which namespaces are used, and why others aren't.
// TestWorld: what stands in a public namespace is seen by everybody, so a private address there is told of.
func TestWorld(t *testing.T) {
	if !new(awssd.Provider).Describe().World {
		t.Error("nobody is told of private addresses in public namespaces")
	}
}

func TestZones(t *testing.T) {
	e := emulate(t, sdemu.Options{Page: 2})
	ids := map[string]string{}
	for name, kind := range map[string]string{"example.com": sdemu.Public, "corp.example.com": sdemu.Private, "example.net": sdemu.Private, "plain": sdemu.HTTP, "bad name": sdemu.Private} {
		ids[name] = e.AddNamespace(name, kind)
	}
	for why, tc := range map[string]struct {
		opts   awssd.Options
		filter provider.Filter
		want   string
	}{
		"all":     {want: "example.com corp.example.com example.net"},
		"public":  {opts: awssd.Options{ZoneType: "public"}, want: "example.com"},
		"private": {opts: awssd.Options{ZoneType: "private"}, want: "corp.example.com example.net"},
		"by id":   {filter: provider.Filter{IDs: []string{ids["example.net"]}}, want: "example.net"},
		"by name": {filter: provider.Filter{Match: func(n dnsname.Name) bool { return n.In("example.com") }}, want: "example.com corp.example.com"},
	} {
		used, skipped, err := e.open(tc.opts, tc.filter).ExplainZones(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, z := range used {
			names = append(names, string(z.Name))
			if z.Private != (z.Name != "example.com") || z.Records != -1 {
				t.Errorf("%s: %+v", why, z)
			}
		}
		if got := strings.Join(names, " "); got != tc.want {
			t.Errorf("%s: %s, want %s", why, got, tc.want)
		}
		for _, s := range skipped {
			if s.Why.None() {
				t.Errorf("why: %s is left out without a reason", s.Zone.Name)
			}
		}
		if len(used)+len(skipped) != 5 {
			t.Errorf("%s: %d namespaces are told of, want all five", why, len(used)+len(skipped))
		}
	}
}

// TestOtherTypeIsThere: where a create doesn't know of a record set of another type, nothing is changed.
func TestOtherTypeIsThere(t *testing.T) {
	e := emulate(t, sdemu.Options{})
	z, p := e.zone("example.com"), e.open(awssd.Options{}, provider.Filter{})
	there := []record.Set{set(web, record.A, "192.0.2.1")}
	if _, err := p.Apply(t.Context(), z, between(web, nil, there)); err != nil {
		t.Fatal(err)
	}
	_, err := p.Apply(t.Context(), z, between(web, nil, []record.Set{set(web, record.CNAME, "x.example.net")}))
	if provider.ClassOf(err) != provider.Stale {
		t.Errorf("foreign: %v", err)
	}
	if diff := cmp.Diff(there, read(t, p, z, web)); diff != "" {
		t.Errorf("foreign (-before +after):\n%s", diff)
	}
}

// TestADescriptionDoesntGoAlone: who takes away whose a name is, and doesn't know of the record set that is there, is told so, for nobody
// would own it any more (invariant together).
func TestADescriptionDoesntGoAlone(t *testing.T) {
	e := emulate(t, sdemu.Options{})
	z, p := e.zone("example.com"), e.open(awssd.Options{}, provider.Filter{})
	mark := note(web, owned)
	there := []record.Set{set(web, record.A, "192.0.2.1"), mark}
	if _, err := p.Apply(t.Context(), z, between(web, nil, there)); err != nil {
		t.Fatal(err)
	}
	before := read(t, p, z, web)
	if len(before) != 2 {
		t.Fatalf("the name has %v, want a record set and whose it is", before)
	}
	_, err := p.Apply(t.Context(), z, between(web, []record.Set{before[1]}, nil))
	if provider.ClassOf(err) != provider.Stale {
		t.Errorf("together: %v", err)
	}
	if diff := cmp.Diff(before, read(t, p, z, web)); diff != "" {
		t.Errorf("together (-before +after):\n%s", diff)
	}
}

// TestGoneNamespace: a namespace that isn't there any more doesn't look like an empty one.
func TestGoneNamespace(t *testing.T) {
	e := emulate(t, sdemu.Options{})
	p := e.open(awssd.Options{}, provider.Filter{})
	if page, err := p.Records(context.Background(), zoneOf("ns-gone", "example.com"), ""); err == nil {
		t.Errorf("proof: it reads as %v", page)
	}
}
