// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/test/kube"
)

// createsOnly is a policy that lets record sets be created, and neither deleted nor, which takes a deletion, changed.
const createsOnly = `{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow", "Action": ["route53:ListHostedZones", "route53:ListResourceRecordSets"], "Resource": ["*"]},
	{"Effect": "Allow", "Action": ["route53:ChangeResourceRecordSets"], "Resource": ["arn:aws:route53:::hostedzone/*"],
	 "Condition": {"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsActions": ["CREATE"]}}}]}`

// deniedDeletes has a policy that forbids deletes, which neither filters nor --policy know of: they wait, with their reason, and all else goes on.
func deniedDeletes(t *testing.T, s *suite) {
	w := s.worldWith(t, r53emu.Options{Policy: policy(t, createsOnly)})
	one := ingress("one", "one.example.com", "192.0.2.1")
	w.cluster.Apply(t, one+ingress("two", "two.example.com", "192.0.2.2"))
	p := w.start(with("--policy=sync", "--delete-after=0s"))
	want := []string{
		"one.example.com A 300 192.0.2.1", marker("prefix_a-one.example.com", "ingress/default/one"),
		"two.example.com A 300 192.0.2.2", marker("prefix_a-two.example.com", "ingress/default/two"),
	}
	w.want(want...)
	w.cluster.Delete(t, one)
	p.wantLog(`route53:ChangeResourceRecordSets`)
	w.cluster.Apply(t, ingress("two", "two.example.com", "192.0.2.22"))
	for i := range 3 {
		name := fmt.Sprintf("new-%d", i)
		w.cluster.Apply(t, ingress(name, name+".example.com", "192.0.2.3"))
		want = append(want, name+".example.com A 300 192.0.2.3", marker("prefix_a-"+name+".example.com", "ingress/default/"+name))
		w.want(want...)
	}
	p.wantAlive()
}

// drift has someone take away a record set of ours and add one of their own while nothing changes in the cluster: the zone's record count tells, and only
// then the zone is read.
func drift(t *testing.T, s *suite) {
	w := s.world(t)
	w.cluster.Apply(t, ingress("one", "one.example.com", "192.0.2.1")+ingress("two", "two.example.com", "192.0.2.2"))
	p := w.start(with("--policy=sync", "--interval=10s"))
	want := []string{
		"one.example.com A 300 192.0.2.1", marker("prefix_a-one.example.com", "ingress/default/one"),
		"two.example.com A 300 192.0.2.2", marker("prefix_a-two.example.com", "ingress/default/two"),
	}
	w.want(want...)
	p.wantSettled()
	reads, counts := w.emu.Calls()["ListResourceRecordSets"], w.emu.Calls()["ListHostedZones"]
	kube.Wait(t, "the counts are compared", func() error {
		if w.emu.Calls()["ListHostedZones"] == counts {
			return errNotYet
		}
		return nil
	})
	if got := w.emu.Calls()["ListResourceRecordSets"] - reads; got != 0 {
		t.Errorf("the zone was read %d times though its count was right", got)
	}
	w.remove(record.Key{Name: "one.example.com", Type: record.A})
	w.want(want...)
	w.put(set("hand.example.com", record.A, "192.0.2.9"), set("hand2.example.com", record.A, "192.0.2.9"))
	w.remove(record.Key{Name: "two.example.com", Type: record.A})
	w.want(slices.Concat(want, []string{"hand.example.com A 300 192.0.2.9", "hand2.example.com A 300 192.0.2.9"})...)
	body, err := p.get("/metrics")
	if err != nil || !regexp.MustCompile(`(?m)^nafuda_drift_total\{zone="example.com"\} [1-9]`).Match(body) {
		t.Errorf("the metrics don't tell of drift: %v", err)
	}
}

// watchLoss cuts the watch again and again while objects come, change and go: nothing is lost, and nothing is written that isn't asked for.
func watchLoss(t *testing.T, s *suite) {
	w, gate := s.gated(t)
	stays := ingress("stays", "stays.example.com", "192.0.2.1")
	w.cluster.Apply(t, stays+ingress("goes-0", "goes-0.example.com", "192.0.2.1"))
	p := w.start(with("--policy=sync", "--delete-after=1s", "--max-delete-percent=100"))
	ofStays := []string{"stays.example.com A 300 192.0.2.1", marker("prefix_a-stays.example.com", "ingress/default/stays")}
	of := func(i int, address string) []string {
		name := fmt.Sprintf("goes-%d", i)
		return []string{name + ".example.com A 300 " + address, marker("prefix_a-"+name+".example.com", "ingress/default/"+name)}
	}
	object := func(i int, address string) string {
		return ingress(fmt.Sprintf("goes-%d", i), fmt.Sprintf("goes-%d.example.com", i), address)
	}
	w.want(append(of(0, "192.0.2.1"), ofStays...)...)
	for i := range 3 {
		gate.fail(serverTimeout)
		w.cluster.Delete(t, object(i, ""))
		w.cluster.Apply(t, object(i+1, "192.0.2.1"))
		gate.waitMet(t, 1)
		w.cluster.Apply(t, object(i+1, "192.0.2.2"))
		gate.fail(nil)
		w.cluster.Apply(t, object(i+1, "192.0.2.3"))
		w.want(append(of(i+1, "192.0.2.3"), ofStays...)...)
	}
	for _, b := range w.batches()[1:] {
		if regexp.MustCompile(`stays`).MatchString(b) {
			t.Errorf("a write touches a name whose object stayed as it is: %q", b)
		}
	}
	p.ready()
}
