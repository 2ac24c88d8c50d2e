// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/internal/source"
)

var errTest = errors.New("out of order")

var (
	testZone  = zone.Zone{Key: zone.Key{Provider: "aws", Account: "default", ID: "Z1"}, Name: "example.com", Records: 3}
	testKind  = source.Kind{Name: "widget", Group: "example.com", Version: "v1", Resource: "widgets", ManifestKind: "Widget", Namespaced: true}
	testTime  = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	deniedErr = &provider.Error{Class: provider.Denied, Err: errTest}
)

// judgement is what a check makes of something it was told, and what its findings are to say.
type judgement struct {
	why   string
	found []Finding
	want  string // in the worst finding's text
	fix   string // in its fix
}

func one(f Finding) []Finding { return []Finding{f} }

func skewed(by time.Duration, refuse bool) told {
	return told{who: "the service", header: testTime.Format("Mon, 02 Jan 2006 15:04:05 GMT"), sent: testTime.Add(by - time.Second), came: testTime.Add(by + time.Second), refuse: refuse}
}

func clusterJudgements() map[string][]judgement {
	may := granted{access: access{what: "list widgets", level: Fail, without: "nothing works"}, allowed: true}
	main, side := Need{Kind: testKind, Source: "crd"}, Need{Kind: testKind, Source: "crd", For: "odd widgets"}
	older := main
	older.Kind.Older = []string{"v1beta1"}
	mayNot, mayNotAll := may, may
	mayNot.allowed, mayNot.level, mayNot.without, mayNot.attributes.Verb, mayNot.attributes.Resource = false, Warn, "odd ones are held", "watch", "widgets"
	mayNotAll.allowed, mayNotAll.why = false, "no rule"
	unknown := may
	unknown.err = errTest
	there := map[string]served{"example.com/v1": {version: "example.com/v1", resources: []string{"widgets"}}}
	none := map[string]served{"example.com/v1": {version: "example.com/v1"}}
	return map[string][]judgement{
		"kubeconfig ok":   {{"it answers", judgeReached(reached{url: "https://x", version: "v1.37.2", user: "me"}), "Kubernetes v1.37.2, to us as me", ""}},
		"kubeconfig warn": {{"no certificate", judgeReached(reached{url: "https://x", insecure: true}), "isn't checked", "certificate-authority-data"}, {"nobody", judgeReached(reached{user: "system:anonymous"}), "no credentials", "a user"}},
		"kubeconfig fail": {
			{"no file", judgeReached(reached{err: errTest}), "no API server is known: out of order", "--kubeconfig"},
			{"silence", judgeReached(reached{url: "https://x", err: errTest}), "https://x doesn't answer: out of order", "address"},
			{"a bad token", judgeReached(reached{url: "https://x", err: &apiError{401, "Unauthorized"}}), "doesn't take our credentials", "renew"},
		},
		"rbac ok":   {{"allowed", judgeRBAC([]granted{may}), "we may list widgets", ""}},
		"rbac warn": {{"a side kind", judgeRBAC([]granted{may, mayNot}), "odd ones are held", "the verb watch on widgets"}, {"not asked", judgeRBAC([]granted{unknown}), "isn't known: out of order", "kubeconfig"}},
		"rbac fail": {{"a main kind, beside warnings", judgeRBAC([]granted{mayNot, mayNotAll}), "may not list widgets (no rule): nothing works", "bootstrap"}},
		"kinds ok": {
			{"served", judgeKinds([]Need{main, side}, there), "served: widgets (example.com/v1)", ""},
			{"an older version is", judgeKinds([]Need{older}, map[string]served{"example.com/v1": {version: "example.com/v1"}, "example.com/v1beta1": {version: "example.com/v1beta1", resources: []string{"widgets"}}}), "served: widgets (example.com/v1beta1)", ""},
		},
		"kinds warn": {
			{"a side kind", judgeKinds([]Need{side}, none), "the names of odd widgets of the source crd are held", "install"},
			{"only an older version couldn't be asked", judgeKinds([]Need{older}, map[string]served{"example.com/v1": {version: "example.com/v1"}, "example.com/v1beta1": {version: "example.com/v1beta1", err: errTest}}), "isn't known: out of order", "kubeconfig"},
			{"not asked", judgeKinds([]Need{main}, map[string]served{"example.com/v1": {version: "example.com/v1", err: errTest}}), "isn't known: out of order", "kubeconfig"},
		},
		"kinds fail":      {{"no definition", judgeKinds([]Need{main}, none), "aren't served: the source crd has nothing to read", "Widget of example.com/v1"}},
		"staticpods ok":   {{"Pods", judgeStatic("/d", []static{{name: "a", kinds: []string{"Pod"}}}), "nothing but Pods: 1 file", ""}},
		"staticpods warn": {{"a stranger's", judgeStatic("/d", []static{{name: "a", kinds: []string{"Pod", "Service"}}}), "/d/a has a Service", "kubectl apply"}, {"unreadable", judgeStatic("/d", []static{{name: "a", err: errTest}}), "/d/a: out of order", ""}},
		"staticpods fail": {{"ours", judgeStatic("/d", []static{{name: "a", kinds: []string{"Deployment"}, ours: true}}), "/d/a has a Deployment", "kubectl apply"}},
	}
}

func accountJudgements() map[string][]judgement {
	read := tried{action: "route53:ListResourceRecordSets", on: "zone example.com"}
	write := tried{action: "route53:ChangeResourceRecordSets", on: "zone example.com", expected: "InvalidChangeBatch", code: "InvalidChangeBatch", err: errTest}
	bad, optional, broken := read, read, write
	bad.err, bad.code = deniedErr, "AccessDenied"
	optional.err, optional.code, optional.optional = deniedErr, "AccessDenied", "a thing is lost"
	broken.code = "InvalidClientTokenId"
	return map[string][]judgement{
		"identity ok":   {{"a user", one(judgeIdentity(caller{name: "p", number: "123456789012", arn: "arn:aws:iam::123456789012:user/u"})), "user/u in the AWS account 123456789012", ""}},
		"identity warn": {{"the root user", one(judgeIdentity(caller{name: "p", arn: "arn:aws:iam::123456789012:root"})), "root user", "bootstrap"}},
		"identity fail": {{"bad keys", one(judgeIdentity(caller{name: "p", err: deniedErr})), "doesn't take the credentials", "AWS_ACCESS_KEY_ID"}, {"silence", one(judgeIdentity(caller{name: "p", err: errTest})), "isn't known", "STS"}},
		"region ok":     {{"one there is", one(judgeRegion("p", "ap-northeast-1", true)), "ap-northeast-1", ""}, {"none", one(judgeRegion("p", "", true)), "no region is named", ""}},
		"region warn":   {{"a typo", one(judgeRegion("p", "ap-northeest-1", false)), "no region \"ap-northeest-1\"", "did you mean ap-northeast-1?"}},
		"region fail":   {{"a typo that STS meets", one(judgeRegion("p", "ap-northeest-1", true)), "STS is asked there", "ap-northeast-1"}},
		"clock ok":      {{"the same", one(judgeClock(skewed(0, true))), "within a minute", ""}, {"nearly", one(judgeClock(skewed(-59*time.Second, true))), "within a minute", ""}},
		"clock warn": {
			{"ahead", one(judgeClock(skewed(time.Minute, true))), "1m0s ahead of", "timedatectl"},
			{"behind", one(judgeClock(skewed(-299*time.Second, true))), "4m59s behind", "timedatectl"},
			{"far off, which nobody minds", one(judgeClock(skewed(time.Hour, false))), "1h0m0s ahead", "timedatectl"},
			{"no answer", one(judgeClock(told{who: "it", err: errTest})), "isn't known: out of order", ""},
			{"no header", one(judgeClock(told{who: "it", header: "yesterday"})), "doesn't tell its time", ""},
		},
		"clock fail":     {{"five minutes", one(judgeClock(skewed(5*time.Minute, true))), "5m0s ahead of that of the service, which refuses", "timedatectl"}, {"behind", one(judgeClock(skewed(-time.Hour, true))), "1h0m0s behind", "timedatectl"}},
		"permissions ok": {{"both", judgeAllTried([]tried{read, write, read}), "route53:ListResourceRecordSets is allowed: zone example.com, zone example.com", ""}},
		"permissions warn": {
			{"an optional one", judgeAllTried([]tried{optional, write}), "denied: a thing is lost", "allow route53:ListResourceRecordSets"},
			{"bad keys say nothing", judgeAllTried([]tried{broken}), "whether route53:ChangeResourceRecordSets is allowed isn't known", "identity"},
		},
		"permissions fail": {{"a needed one", judgeAllTried([]tried{optional, bad}), "route53:ListResourceRecordSets is denied", "bootstrap"}},
		"quota ok":         {{"room", one(judgeQuota(quota{testZone, 7999, 10000, nil})), "7999 of 10000", ""}, {"no permission", one(judgeQuota(quota{testZone, 5, 10000, deniedErr})), "GetHostedZoneLimit is missing", ""}},
		"quota warn":       {{"four fifths", one(judgeQuota(quota{testZone, 8000, 10000, nil})), "8000 of 10000", "Service Quotas"}, {"unknown", one(judgeQuota(quota{testZone, 5, 10000, errTest})), "isn't known", ""}, {"by the usual quota", one(judgeQuota(quota{testZone, 10001, 10000, deniedErr})), "10001 of 10000", ""}},
		"quota fail":       {{"full", one(judgeQuota(quota{testZone, 10000, 10000, nil})), "is full", "Service Quotas"}},
	}
}

// heldFor is a plan that holds a name, where a record set of a type is published or, without one, nothing is.
func heldFor(c reason.Code, kind string, t record.Type) report.Plan {
	n := report.Name{Name: "www.example.com", Type: t, From: kind + "/default/web", Reason: reason.New(c, "it stands there")}
	return report.Plan{Views: []report.View{{Held: []report.Name{n, n}}}}
}

func zoneJudgements() map[string][]judgement {
	twin, lan := testZone, testZone
	twin.ID, lan.Provider = "Z2", "local"
	refused := func(c reason.Code) report.Plan {
		n := report.Name{Name: "www.example.com", What: change.Refused, From: "ingress/default/web", Zone: &report.Zone{ID: "Z1", Name: "example.com"}, Reason: reason.New(c, "it stands there")}
		n.Fix = n.Reason.Fix()
		return report.Plan{Views: []report.View{{Refused: []report.Name{n}}}}
	}
	own := []string{"ns1.example.net.", "NS2.example.net"}
	return map[string][]judgement{
		"zones ok": {{"one, and one left out", judgeZones(listing{used: []listed{{testZone, true}}, skipped: []provider.SkippedZone{{Zone: twin, Why: reason.New(reason.Filtered, "the filter does it")}}}, []dnsname.Name{"a.example.com"}), "used: example.com (Z1, public, 3 record sets)", ""}, {"not the world's", judgeZones(listing{used: []listed{{lan, false}, {lan, false}}}, nil), "used: example.com (Z1, of the provider local, 3 record sets)", ""}},
		"zones warn": {
			{"twins", judgeZones(listing{used: []listed{{testZone, true}, {twin, true}}}, nil), "the public zones Z1 and Z2 have the same name", "--zone-id-filter"},
			{"a domain without one", judgeZones(listing{used: []listed{{testZone, true}}}, []dnsname.Name{"example.org"}), "--domain-filter=example.org: no zone", "correct it"},
		},
		"zones fail":      {{"none", judgeZones(listing{}, nil), "no hosted zone is used", "--domain-filter"}, {"unknown", judgeZones(listing{unknown: one(fail("", "the zones aren't known"))}, []dnsname.Name{"example.org"}), "the zones aren't known", ""}},
		"listen ok":       {{"free", judgeListen([]listening{{at: ":53"}}), ":53 is free", ""}, {"we ourselves", judgeListen([]listening{{at: ":53", err: errTest, answers: true}}), "runs already", ""}},
		"listen warn":     {{"loopback", judgeListen([]listening{{at: "127.0.0.1:53"}, {at: "[::1]:53"}}), "nobody but this machine", "--dns-listen"}},
		"listen fail":     {{"taken", judgeListen([]listening{{at: ":5353"}, {at: ":53", err: syscall.EADDRINUSE}}), "at :53: address already in use", "systemd-resolved"}},
		"delegation ok":   {{"the same servers, otherwise written", one(judgeDelegation(delegation{testZone, true, own, []string{"NS1.EXAMPLE.NET", "ns2.example.net."}, nil})), "is delegated to its servers", ""}},
		"delegation warn": {{"one of two", one(judgeDelegation(delegation{testZone, true, own, []string{"ns1.example.net"}, nil})), "its parent names ns1.example.net", "registrar"}, {"one more", one(judgeDelegation(delegation{testZone, true, own, []string{"ns1.example.net", "ns2.example.net", "ns3.example.net"}, nil})), "ns3.example.net", "registrar"}, {"silence", one(judgeDelegation(delegation{testZone, true, own, nil, errTest})), "isn't known", "port 53"}, {"told to resolvers only", one(judgeDelegation(delegation{testZone, false, own, nil, nil})), "only resolvers that are told of them", "docs/home.md"}, {"other servers", one(judgeDelegation(delegation{testZone, false, own, []string{"ns9.example.net"}, nil})), "doesn't name its servers", "docs/home.md"}, {"no servers of its own", one(judgeDelegation(delegation{testZone, true, nil, own, nil})), "no NS record set of its own", "restore"}},
		"delegation fail": {{"nobody", one(judgeDelegation(delegation{testZone, true, own, nil, nil})), "isn't delegated", "ns1.example.net, ns2.example.net"}, {"others", one(judgeDelegation(delegation{testZone, true, own, []string{"ns9.example.net"}, nil})), "its parent names ns9.example.net", "registrar"}},
		"owners ok":       {{"we and nobody", judgeOwners(holders{zone: testZone, us: "me", names: map[string]int{"me": 2}, nobody: 3}), "2 names with our owner \"me\", 3 without", ""}},
		"owners warn":     {{"a second", judgeOwners(holders{zone: testZone, us: "me", names: map[string]int{"me": 2, "you": 1}}), "second owner: 1 name with the owner \"you\"", "--txt-owner-id"}},
		"owners fail":     {{"two at once", judgeOwners(holders{zone: testZone, us: "me", names: map[string]int{"you": 1}, several: []dnsname.Name{"a.example.com"}}), "same record sets: a.example.com", "delete the marker"}},
		"markers ok":      {{"ours and others'", judgeMarkers(forms{zone: testZone, ours: map[txt.Form]int{txt.Typed: 2, txt.Untyped: 1}, others: map[txt.Form]int{txt.Unread: 4}}), "our markers are 2 typed, 1 untyped", ""}, {"none", judgeMarkers(forms{zone: testZone}), "no markers of ours yet", ""}},
		"markers warn":    {{"some are lost", judgeMarkers(forms{zone: testZone, ours: map[txt.Form]int{txt.Typed: 2, txt.Unread: 1}, lost: []dnsname.Name{"x.example.com"}}), "1 marker of ours at the name of no record set: x.example.com", "--txt-old-prefix"}},
		"markers fail":    {{"all are lost", judgeMarkers(forms{zone: testZone, ours: map[txt.Form]int{txt.Unread: 2}, lost: []dnsname.Name{"x.example.com", "y.example.com"}}), "none of our 2 markers", "--txt-prefix"}},
		"addresses ok":    {{"all have one", judgeAddresses(wanting{plan: heldFor(reason.NotAttached, "ingress", ""), whole: true}), "every object that asks for a name has an address", ""}},
		"addresses warn":  {{"it was lost", judgeAddresses(wanting{plan: heldFor(reason.NoAddressYet, "service", record.A)}), "service/default/web has no address any more; what is published at www.example.com stays", "MetalLB"}, {"half known", judgeAddresses(wanting{}), "not everything could be read", "rbac"}, {"unknown", judgeAddresses(wanting{err: errTest}), "isn't known: out of order", "rbac"}},
		"addresses fail": {
			{"never any", judgeAddresses(wanting{plan: heldFor(reason.NoAddressYet, "service", "")}), "service/default/web asks for www.example.com and has no address, so nothing is published: it stands there", "MetalLB"},
			{"of an Ingress", judgeAddresses(wanting{plan: heldFor(reason.NoAddressYet, "ingress", "")}), "ingress/default/web asks for www.example.com", "--default-targets"},
			{"of a Route", judgeAddresses(wanting{plan: heldFor(reason.NoAddressYet, "httproute", "")}), "httproute/default/web", "Programmed"},
		},
		"taken ok":   {{"nothing", judgeTaken(wanting{plan: refused(reason.BadName), whole: true}), "no name that an object asks for is taken", ""}},
		"taken warn": {{"half known", judgeTaken(wanting{}), "not everything could be read", "rbac"}, {"unknown", judgeTaken(wanting{err: errTest}), "isn't known: out of order", "rbac"}},
		"taken fail": {{"no marker", judgeTaken(wanting{plan: refused(reason.Foreign), whole: true}), "ingress/default/web asks for www.example.com in the zone example.com, which is taken: it stands there", ""}, {"another owner", judgeTaken(wanting{plan: refused(reason.OtherOwner)}), "is taken", ""}},
	}
}

// TestEveryLevelOfEveryCheck has each check judge what is right, what is odd and what is wrong.
func TestEveryLevelOfEveryCheck(t *testing.T) {
	all := make(map[string][]judgement)
	for _, some := range []map[string][]judgement{clusterJudgements(), accountJudgements(), zoneJudgements()} {
		for key, list := range some {
			all[key] = list
		}
	}
	seen := 0
	for _, c := range Checks() {
		for _, level := range []Level{OK, Warn, Fail} {
			key := fmt.Sprintf("%s %s", c.Name, level)
			if len(all[key]) == 0 {
				t.Errorf("%s: nothing shows it", key)
			}
			for _, j := range all[key] {
				seen++
				r := result(c.Name, j.found)
				worst := r.Findings[0]
				if r.Level != level || !strings.Contains(worst.Text, j.want) || !strings.Contains(worst.Fix, j.fix) {
					t.Errorf("%s, %s: %s, want it to say %q, and %q to do:\n%+v", key, j.why, r.Level, j.want, j.fix, r.Findings)
				}
				if level == Fail && worst.Fix == "" && j.fix != "" {
					t.Errorf("%s, %s: it fails without a fix", key, j.why)
				}
			}
		}
		delete(all, c.Name+" ok")
		delete(all, c.Name+" warn")
		delete(all, c.Name+" fail")
	}
	if len(all) > 0 || seen < 3*len(Checks()) {
		t.Errorf("judgements of no check: %v", all)
	}
}
