// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

// otherZones has zones that the reference set-up's filters leave out.
func otherZones(t *testing.T, s *suite) {
	w := s.world(t)
	private, elsewhere := w.emu.AddZone("example.com", true), w.emu.AddZone("example.net", false)
	p := w.start(reference())
	w.cluster.Apply(t, ingress("web", "web.example.com", "192.168.10.1")+ingress("net", "web.example.net", "192.168.10.2"))
	w.want("web.example.com A 300 192.168.10.1", marker("prefix_a-web.example.com", "ingress/default/web"))
	p.wantVerdict("web.example.net", change.Filtered, reason.Filtered)
	for _, id := range []string{private, elsewhere} {
		if z, _ := w.emu.DB().Zone(id); z.Len() != 2 {
			t.Errorf("zone %s has %d record sets, want its SOA and NS", id, z.Len())
		}
	}
	if calls := w.emu.Calls(); calls["ListResourceRecordSets"] != 1 {
		t.Errorf("%d listings, want only that of the public zone of the domain", calls["ListResourceRecordSets"])
	}
}

// changedBehindUs has someone change the zone while the program runs, so that it writes on what it takes for true.
func changedBehindUs(t *testing.T, s *suite) {
	w := s.world(t)
	p := w.start(with("--policy=sync"))
	w.cluster.Apply(t, ingress("a", "a.example.com", "192.168.10.1")+ingress("b", "b.example.com", "192.168.10.2"))
	ofA, ofB := marker("prefix_a-a.example.com", "ingress/default/a"), marker("prefix_a-b.example.com", "ingress/default/b")
	w.want("a.example.com A 300 192.168.10.1", ofA, "b.example.com A 300 192.168.10.2", ofB)

	// A record set of ours has another value; a name of ours has become another owner's.
	w.put(set("a.example.com", record.A, "192.0.2.99"), set("b.example.com", record.A, "192.0.2.98"), mark("OTHER", "prefix_a-b.example.com", "ingress/default/b"))
	w.cluster.Apply(t, ingress("b", "b.example.com", "192.168.10.22")+ingress("a", "a.example.com", "192.168.10.11"))
	other := []string{"b.example.com A 300 192.0.2.98", markerOf("OTHER", "prefix_a-b.example.com", "ingress/default/b")}
	w.want(append(other, "a.example.com A 300 192.168.10.11", ofA)...)
	p.wantVerdict("b.example.com", change.Refused, reason.OtherOwner)

	// Ours is taken away by hand, and a name that we are about to create is there already.
	w.remove(record.Key{Name: "a.example.com", Type: record.A}, record.Key{Name: "prefix_a-a.example.com", Type: record.TXT})
	w.put(set("c.example.com", record.A, "192.0.2.97"))
	w.cluster.Apply(t, ingress("a", "a.example.com", "192.168.10.12")+ingress("c", "c.example.com", "192.168.10.3"))
	w.want(append(other, "a.example.com A 300 192.168.10.12", ofA, "c.example.com A 300 192.0.2.97")...)
	p.wantVerdict("c.example.com", change.Refused, reason.Foreign)
	w.cluster.Delete(t, ingress("b", "b.example.com", "")+ingress("c", "c.example.com", ""))
	w.cluster.Apply(t, ingress("end", "end.example.com", "192.168.10.4"))
	w.want(append(other, "a.example.com A 300 192.168.10.12", ofA, "c.example.com A 300 192.0.2.97",
		"end.example.com A 300 192.168.10.4", marker("prefix_a-end.example.com", "ingress/default/end"))...)
}

// repairs has a start mend what was changed by hand while nothing ran.
func repairs(t *testing.T, s *suite) {
	w := s.world(t)
	w.cluster.Apply(t, ingress("changed", "changed.example.com", "192.168.10.1")+ingress("removed", "removed.example.com", "192.168.10.2")+
		ingress("unmarked", "unmarked.example.com", "192.168.10.3"))
	w.put(set("changed.example.com", record.A, "192.0.2.1"), mark("ZOWNER", "prefix_a-changed.example.com", "ingress/default/changed"),
		mark("ZOWNER", "prefix_a-removed.example.com", "ingress/default/removed"), set("unmarked.example.com", record.A, "192.0.2.3"))
	p := w.start(reference())
	w.want("changed.example.com A 300 192.168.10.1", marker("prefix_a-changed.example.com", "ingress/default/changed"),
		"removed.example.com A 300 192.168.10.2", marker("prefix_a-removed.example.com", "ingress/default/removed"), "unmarked.example.com A 300 192.0.2.3")
	p.wantVerdict("unmarked.example.com", change.Refused, reason.Foreign)
}

// apart has one name that Route 53 refuses: it waits alone, and is there once it can be.
func apart(t *testing.T, s *suite) {
	w := s.world(t)
	w.emu.RefuseName("bad.example.com", &r53emu.Error{Status: 400, Code: "InvalidChangeBatch", Message: "[Invalid Resource Record: not this one]"})
	w.cluster.Apply(t, ingress("bad", "bad.example.com", "192.168.10.3")+ingress("one", "one.example.com", "192.168.10.1")+ingress("two", "two.example.com", "192.168.10.2"))
	p := w.start(reference())
	rest := []string{
		"one.example.com A 300 192.168.10.1", marker("prefix_a-one.example.com", "ingress/default/one"),
		"two.example.com A 300 192.168.10.2", marker("prefix_a-two.example.com", "ingress/default/two"),
	}
	w.want(rest...)
	p.wantVerdict("bad.example.com", reconcile.Parking, reason.Rejected)
	p.wantLog(`level=error msg="put off a name" name=bad\.example\.com reason=Rejected .*not this one`)
	p.ready()
	w.emu.RefuseName("bad.example.com", nil)
	w.want(append(rest, "bad.example.com A 300 192.168.10.3", marker("prefix_a-bad.example.com", "ingress/default/bad"))...)
}

// manyNames has more names than Route 53 takes in small change, and counts the calls.
func manyNames(t *testing.T, s *suite) {
	const n = 150
	w := s.world(t)
	var objects strings.Builder
	var want []string
	for i := range n {
		name := fmt.Sprintf("web-%03d", i)
		objects.WriteString(ingress(name, name+".example.com", "192.168.10.1"))
		want = append(want, name+".example.com A 300 192.168.10.1", marker("prefix_a-"+name+".example.com", "ingress/default/"+name))
	}
	w.cluster.Apply(t, objects.String())
	w.start(reference())
	w.want(want...)
	if got := w.attempts(); got > 2 {
		t.Errorf("%d names took %d writes, want at most 2", n, got)
	}
}

// unusualNames has a wildcard, the zone's own name, and one that isn't ASCII.
func unusualNames(t *testing.T, s *suite) {
	w := s.world(t)
	p := w.start(reference())
	w.cluster.Apply(t, ingress("wild", "*.example.com", "192.168.10.1")+service("apex", "192.168.10.2", "hostname=example.com")+
		service("idn", "192.168.10.3", "hostname=名札.Example.COM."))
	w.want("*.example.com A 300 192.168.10.1", marker("prefix_a-*.example.com", "ingress/default/wild"),
		"example.com A 300 192.168.10.2", marker("a-prefix_.example.com", "service/default/apex"),
		"xn--eqry85b.example.com A 300 192.168.10.3", marker("prefix_a-xn--eqry85b.example.com", "service/default/idn"))
	w.wantDig("anything.example.com", "A", "192.168.10.1")
	w.wantDig("example.com", "A", "192.168.10.2")
	writes := w.attempts()
	p.stop()
	p = w.start(reference())
	p.ready()
	p.wantSettled()
	if w.attempts() != writes {
		t.Errorf("a restart wrote again: %q", w.batches()[writes:])
	}
	body, err := p.get("/metrics")
	if err != nil || !regexp.MustCompile(`(?m)^external_dns_controller_verified_records\{record_type="a"\} 3$`).Match(body) {
		t.Errorf("the metrics don't count 3 verified addresses: %v\n%s", err, body)
	}
}

// sameHost has two namespaces ask for one name: who has it keeps it, over restarts too, until it lets go.
func sameHost(t *testing.T, s *suite) {
	w := s.world(t)
	w.cluster.Apply(t, "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n")
	p := w.start(with("--policy=sync"))
	first := ingress("web", "web.example.com", "192.168.10.1")
	second := strings.Replace(ingress("web", "web.example.com", "192.168.10.2"), "metadata: {", "metadata: {namespace: other, ", 1)
	w.cluster.Apply(t, second)
	ofSecond := []string{"web.example.com A 300 192.168.10.2", marker("prefix_a-web.example.com", "ingress/other/web")}
	w.want(ofSecond...)
	w.cluster.Apply(t, first)
	p.wantVerdict("web.example.com", change.Lost, reason.ClaimHolderWins)
	p.stop()
	p = w.start(with("--policy=sync"))
	p.wantVerdict("web.example.com", change.Lost, reason.ClaimHolderWins)
	w.want(ofSecond...)
	w.cluster.Delete(t, second)
	w.want("web.example.com A 300 192.168.10.1", marker("prefix_a-web.example.com", "ingress/default/web"))
	if got := w.attempts(); got != 2 {
		t.Errorf("%d writes, want one for each holder: %q", got, w.batches())
	}
}
