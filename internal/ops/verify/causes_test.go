// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/ops/probe"
)

func set(name string, t record.Type, values ...string) record.Set {
	return record.Set{Key: record.Key{Name: dnsname.Name(name), Type: t}, TTL: 300, Values: values}
}

func aliasOf(target string) record.Set {
	return record.Set{Key: record.Key{Name: "www.example.com", Type: record.A}, Alias: &record.Alias{Target: dnsname.Name(target)}}
}

// subject is www.example.com in a public zone, published as asked for.
func subject(sets ...record.Set) Subject {
	s := Subject{
		Name: "www.example.com", Type: record.A, Zone: zone.Zone{Key: zone.Key{ID: "Z1"}, Name: "example.com"}, World: true, Servers: []string{"ns1.example.net", "ns2.example.net"},
		Objects: []string{"ingress/default/web"}, There: sets, Known: true,
	}
	if len(sets) > 0 {
		s.Type = sets[0].Type
	}
	return s
}

// says builds answers.
func gives(values ...string) probe.Seen {
	return probe.Seen{At: "192.0.2.53:53", Code: "NOERROR", Recursion: true, Values: values, TTL: 200}
}

func absentFor(code string, seconds uint32) probe.Seen {
	return probe.Seen{At: "192.0.2.53:53", Code: code, Recursion: true, Absent: &seconds}
}

func withAuthority(s probe.Seen) probe.Seen {
	s.Authority, s.Recursion, s.TTL = true, false, min(s.TTL, 300)
	return s
}

func saidBy(name string, s probe.Seen) Said {
	return Said{probe.Server{Name: name, Authority: true}, s}
}

// found has both servers answer the same, and the resolver.
func found(server, resolver probe.Seen) Found {
	return Found{
		Servers:   []Said{saidBy("ns1.example.net", withAuthority(server)), saidBy("ns2.example.net", withAuthority(server))},
		Resolvers: "192.0.2.53:53", Resolver: resolver, apexAsked: true, Apex: gives("ns1.example.net", "ns2.example.net"),
	}
}

const (
	public = "198.51.100.7"
	lan    = "192.168.1.7"
)

// TestCauses has a row for each cause and for what looks like it and isn't.
func TestCauses(t *testing.T) {
	www := subject(set("www.example.com", record.A, public))
	nas := subject(set("www.example.com", record.A, lan))
	both := subject(set("www.example.com", record.A, lan, public))
	host := subject(set("www.example.com", record.CNAME, "lb.example.net"))
	alias := subject(aliasOf("lb.example.net"))
	inVPC := nas
	inVPC.Zone.Private = true
	twin := www
	twin.Twins = []record.Set{set("www.example.com", record.A, lan)}
	empty := gives()
	home := nas // served for the LAN: no parent names its servers
	home.World, home.Zone.Provider, home.Servers, home.Twins = false, "local", []string{"ns.example.com"}, nil
	inHome := func(f Found, ns ...string) Found { f.Apex = gives(ns...); return f }
	atBoth := home
	atBoth.Twins = []record.Set{set("www.example.com", record.A, public)}
	outside := www // the LAN has a zone of the same name
	outside.Others = []string{"ns.example.com"}
	outsideTwin := outside
	outsideTwin.Twins = []record.Set{set("www.example.com", record.A, lan)}
	blockedEmpty, nowhere := empty, probe.Seen{}
	blockedEmpty.Blocked = true
	weighted := subject(set("www.example.com", record.A, public), set("www.example.com", record.A, "198.51.100.8"))
	weighted.There[0].ID, weighted.There[1].ID = "a", "b"
	defaultTTL := subject(set("www.example.com", record.A, public))
	defaultTTL.There[0].TTL = 0
	referral := withAuthority(gives())
	referral.Authority, referral.Referred = false, "www.example.com"
	change := func(f Found, edit func(*Found)) Found { edit(&f); return f }
	good := found(gives(public), gives(public))
	for name, tc := range map[string]struct {
		why   string
		s     Subject
		f     Found
		place string      // of the cause; empty: there is none
		want  reason.Code // of the cause, or of the note
		text  string
	}{
		"all alike":      {why: "nothing to tell", s: www, f: good},
		"nobody asks":    {why: "the object side", s: Subject{Name: "www.example.com", Type: record.A, Known: true, Unasked: reason.New(reason.NobodyAsks, "no object asks")}, f: found(absentFor(nxDomain, 900), absentFor(nxDomain, 900)), place: "object", want: reason.NobodyAsks},
		"not published":  {why: "the provider side, and DNS agrees with it", s: func() Subject { s := subject(); s.Differs = reason.New(reason.Asked, "not yet"); return s }(), f: found(absentFor(nxDomain, 900), absentFor(nxDomain, 900)), place: "provider", want: reason.Asked},
		"unread zone":    {why: "DNS can't be compared", s: Subject{Name: "www.example.com", Type: record.A, Differs: reason.New(reason.Unreached, "down")}, f: good, place: "provider", want: reason.Unreached},
		"servers behind": {why: "both are told", s: www, f: found(gives("198.51.100.9"), gives("198.51.100.9")), place: "servers", want: reason.AnswersDiffer, text: "ns1.example.net answers 198.51.100.9, and the provider has 198.51.100.7"},
		"server's TTL": {why: "that of before", s: www, f: change(good, func(f *Found) {
			one := saidBy("ns1", withAuthority(gives(public)))
			one.TTL = 301
			f.Servers = []Said{one}
		}), place: "servers", want: reason.AnswersDiffer, text: "a TTL of 301 s"},
		"no server":   {why: "nobody answers", s: www, f: change(good, func(f *Found) { f.Servers = []Said{saidBy("ns1.example.net", nowhere)} }), place: "servers", want: reason.DNSUnreachable},
		"one server":  {why: "told by name", s: www, f: change(good, func(f *Found) { f.Servers = []Said{f.Servers[0], saidBy("ns2.example.net", nowhere)} }), place: "servers", want: reason.AnswersDiffer, text: "no answer from ns2.example.net"},
		"lame server": {why: "it refuses", s: www, f: found(probe.Seen{At: "x", Code: "REFUSED"}, gives(public)), place: "servers", want: reason.AnswersDiffer, text: "answers REFUSED"},
		"no authority": {why: "no recursion either: a server that isn't set up", s: www, f: change(good, func(f *Found) {
			f.Servers = []Said{saidBy("ns1", probe.Seen{At: "x", Code: noError, Values: []string{public}})}
		}), place: "servers", want: reason.AnswersDiffer, text: "without authority"},
		"intercepted":         {why: "right values, and no server of the zone", s: www, f: change(good, func(f *Found) { f.Servers = []Said{saidBy("ns1", gives(public))} }), place: "servers", want: reason.Intercepted, text: "without authority and offers recursion"},
		"nobody answers":      {why: "TEST-NET answers", s: www, f: change(found(gives("198.51.100.9"), gives(public)), func(f *Found) { f.Nobody = probe.Seen{At: "192.0.2.9:53", Code: "REFUSED"} }), place: "servers", want: reason.Intercepted, text: "192.0.2.9:53"},
		"named server":        {why: "a server that is named by hand needs no authority", s: www, f: change(good, func(f *Found) { f.Servers = []Said{{probe.Server{Name: "x"}, gives(public)}} })},
		"referral":            {why: "other servers answer for the name", s: www, f: change(good, func(f *Found) { f.Servers = []Said{saidBy("ns1", referral)} }), place: "servers", want: reason.Delegated},
		"not delegated":       {why: "the registrar names others", s: www, f: change(found(gives(public), gives("203.0.113.1")), func(f *Found) { f.Apex = gives("ns.parking.example") }), place: "resolver", want: reason.NotDelegated, text: "the world asks ns.parking.example"},
		"no delegation":       {why: "the apex isn't there", s: www, f: change(found(gives(public), absentFor(nxDomain, 60)), func(f *Found) { f.Apex = absentFor(nxDomain, 60) }), place: "resolver", want: reason.NotDelegated},
		"apex unknown":        {why: "no answer proves nothing", s: www, f: change(found(gives(public), absentFor(nxDomain, 60)), func(f *Found) { f.Apex = nowhere }), place: "resolver", want: reason.AbsenceCached},
		"rebinding":           {why: "Unbound's way", s: nas, f: found(gives(lan), empty), place: "resolver", want: reason.Rebinding, text: "the private 192.168.1.7"},
		"rebinding, told":     {why: "dnsmasq's way", s: nas, f: found(gives(lan), blockedEmpty), place: "resolver", want: reason.Rebinding},
		"rebinding, refused":  {why: "dnsmasq's old way", s: nas, f: found(gives(lan), probe.Seen{At: "x", Code: "REFUSED"}), place: "resolver", want: reason.Rebinding},
		"rebinding, SERVFAIL": {why: "Unbound with DNSSEC", s: nas, f: found(gives(lan), probe.Seen{At: "x", Code: "SERVFAIL"}), place: "resolver", want: reason.Rebinding},
		"rebinding, part":     {why: "the public one is left", s: both, f: found(gives(lan, public), gives(public)), place: "resolver", want: reason.Rebinding, text: "the private 192.168.1.7"},
		"shared space":        {why: "RFC 6598", s: subject(set("www.example.com", record.A, "100.64.0.1")), f: found(gives("100.64.0.1"), empty), place: "resolver", want: reason.Rebinding},
		"part of public":      {why: "nothing private is missing", s: subject(set("www.example.com", record.A, public, "198.51.100.8")), f: found(gives(public, "198.51.100.8"), gives(public)), place: "resolver", want: reason.StaleCache},
		"private, absent":     {why: "a remembered absence has a SOA", s: nas, f: found(gives(lan), absentFor(noError, 900)), place: "resolver", want: reason.AbsenceCached},
		"alias, stripped":     {why: "what the servers say is private", s: alias, f: found(gives(lan), empty), place: "resolver", want: reason.Rebinding},
		"NXDOMAIN cached":     {why: "looked up too early", s: www, f: found(gives(public), absentFor(nxDomain, 612)), place: "resolver", want: reason.AbsenceCached, text: "another 612 s"},
		"NXDOMAIN, mute":      {why: "some leave the SOA out", s: nas, f: found(gives(lan), probe.Seen{At: "x", Code: nxDomain}), place: "resolver", want: reason.AbsenceCached, text: "without saying for how long"},
		"stale":               {why: "the address of before", s: www, f: found(gives(public), gives("198.51.100.9")), place: "resolver", want: reason.StaleCache, text: "for another 200 s"},
		"gone, cached":        {why: "nothing should be there", s: subject(), f: found(absentFor(nxDomain, 900), gives(public)), place: "resolver", want: reason.StaleCache},
		"sinkhole":            {why: "a block list", s: www, f: found(gives(public), gives("0.0.0.0")), place: "resolver", want: reason.LocalAnswer},
		"blocked":             {why: "it says so", s: www, f: found(gives(public), blockedEmpty), place: "resolver", want: reason.LocalAnswer},
		"own data":            {why: "a resolver with authority", s: www, f: found(gives(public), withAuthority(gives(lan))), place: "resolver", want: reason.LocalAnswer},
		"own zone":            {why: "without the name in it; its NS are its own, too", s: www, f: change(found(gives(public), withAuthority(absentFor(nxDomain, 60))), func(f *Found) { f.Apex = gives("router.example") }), place: "resolver", want: reason.LocalAnswer},
		"copy behind": {why: "the running instance has more than its file", s: func() Subject {
			s := home
			s.There, s.Wanted, s.Differs = nil, home.There, reason.New(reason.Asked, "not yet")
			return s
		}(), f: inHome(found(gives(lan), gives(lan)), "ns.example.com")},
		"copy, and wrong": {why: "the instance hasn't what is wanted either", s: func() Subject {
			s := home
			s.There, s.Wanted, s.Differs = nil, home.There, reason.New(reason.Asked, "not yet")
			return s
		}(), f: inHome(found(absentFor(nxDomain, 9), absentFor(nxDomain, 9)), "ns.example.com"), place: "provider", want: reason.Asked},
		"of the LAN":    {why: "the resolver passes questions on", s: home, f: inHome(found(gives(lan), gives(lan)), "ns.example.com")},
		"not forwarded": {why: "the resolver asks the root about it; no registrar is to blame", s: home, f: inHome(found(gives(lan), absentFor(nxDomain, 900))), place: "resolver", want: reason.NotForwarded, text: "knows no servers of example.com: it doesn't ask ns.example.com"},
		"zone unknown": {why: "the same", s: home, f: func() Found {
			f := found(gives(lan), absentFor(nxDomain, 900))
			f.Apex = absentFor(nxDomain, 900)
			return f
		}(), place: "resolver", want: reason.NotForwarded},
		"forwarded elsewhere": {why: "another server of that zone", s: home, f: inHome(found(gives(lan), absentFor(nxDomain, 900)), "router.example"), place: "resolver", want: reason.NotForwarded, text: "asks router.example about example.com"},
		"LAN, stripped":       {why: "it is passed on, and the answer isn't let in", s: home, f: inHome(found(gives(lan), empty), "ns.example.com"), place: "resolver", want: reason.Rebinding},
		"LAN, resolver fails": {why: "what fails proves nothing", s: home, f: func() Found {
			f := found(gives(lan), probe.Seen{At: "x", Code: "SERVFAIL"})
			f.Apex = probe.Seen{At: "x", Code: "SERVFAIL"}
			return f
		}(), place: "resolver", want: reason.Rebinding},
		"LAN, from outside":   {why: "the public view's answer", s: atBoth, f: inHome(found(gives(lan), gives(public))), want: reason.OtherZone},
		"public, from inside": {why: "the LAN's view answers", s: outsideTwin, f: inHome(found(gives(public), gives(lan)), "ns.example.com"), want: reason.OtherZone},
		"public, stripped":    {why: "the LAN's zone is asked, and its answer isn't let in: that is told of the LAN's", s: outsideTwin, f: inHome(found(gives(public), empty), "ns.example.com"), want: reason.OtherZone, text: "leaves out its private 192.168.1.7"},
		"hidden by the LAN":   {why: "no registrar is to blame: who has a zone answers for all of it", s: outside, f: inHome(found(gives(public), absentFor(nxDomain, 900)), "ns.example.com"), place: "resolver", want: reason.OtherZone, text: "whose zone example.com is another one"},
		"broken resolver":     {why: "told", s: www, f: found(gives(public), probe.Seen{At: "x", Code: "SERVFAIL"}), place: "resolver", want: reason.ResolverFails, text: "SERVFAIL"},
		"dead resolver":       {why: "told", s: www, f: found(gives(public), nowhere), place: "resolver", want: reason.ResolverFails, text: "no answer from 192.0.2.53:53"},
		"no resolver":         {why: "a note", s: www, f: change(good, func(f *Found) { f.Resolvers, f.Resolver = "", nowhere }), want: reason.NoResolver},
		"longer TTL":          {why: "a note", s: www, f: found(gives(public), func() probe.Seen { s := gives(public); s.TTL = 3600; return s }()), want: reason.LongerTTL, text: "another 3600 s"},
		"private zone":        {why: "asked from outside", s: inVPC, f: Found{Unasked: reason.New(reason.PrivateZone, "private"), Resolvers: "x", Resolver: absentFor(nxDomain, 900)}, place: "resolver", want: reason.PrivateUnseen},
		"split horizon":       {why: "the private zone of the name answers", s: twin, f: found(gives(public), gives(lan)), want: reason.OtherZone},
		"CNAME":               {why: "it leads to an address", s: host, f: change(found(gives("lb.example.net"), gives("lb.example.net")), func(f *Found) { f.Ends = []probe.Seen{gives(public), absentFor(noError, 60)} })},
		"dangling CNAME": {why: "the end of the chain is told", s: host, f: change(found(gives("lb.example.net"), gives("lb.example.net")), func(f *Found) {
			f.Ends = []probe.Seen{absentFor(nxDomain, 60), absentFor(nxDomain, 60)}
			f.Ends[0].Chain = []dnsname.Name{"lb.example.net", "gone.example.net"}
		}), place: "resolver", want: reason.TargetAbsent, text: "gone.example.net"},
		"CNAME, stripped":  {why: "it doesn't say that there is nothing", s: host, f: change(found(gives("lb.example.net"), gives("lb.example.net")), func(f *Found) { f.Ends = []probe.Seen{empty, absentFor(noError, 60)} }), place: "resolver", want: reason.Rebinding},
		"CNAME, no answer": {why: "nothing is proven", s: host, f: change(found(gives("lb.example.net"), gives("lb.example.net")), func(f *Found) { f.Ends = []probe.Seen{nowhere, nowhere} })},
		"alias":            {why: "whatever addresses it has", s: alias, f: found(gives(public), gives("198.51.100.8"))},
		"dangling alias":   {why: "the load balancer is gone", s: alias, f: found(absentFor(noError, 60), absentFor(noError, 60)), place: "servers", want: reason.TargetAbsent, text: "lb.example.net"},
		"routing":          {why: "either, or both", s: weighted, f: found(gives("198.51.100.8"), gives(public, "198.51.100.8"))},
		"routing, wrong":   {why: "none of them", s: weighted, f: found(gives("198.51.100.9"), gives(public)), place: "servers", want: reason.AnswersDiffer},
		"default TTL":      {why: "the provider's own isn't known", s: defaultTTL, f: good},
		"reached":          {why: "one port is enough", s: www, f: change(good, func(f *Found) { f.Reached = []Reached{{Address: public, Port: 443}} })},
		"hairpin":          {why: "public, from inside", s: www, f: change(good, func(f *Found) { f.Inside, f.Reached = true, []Reached{{Address: public, Why: "no answer"}} }), place: "connect", want: reason.NoHairpin, text: public},
		"from outside":     {why: "no router of ours", s: www, f: change(good, func(f *Found) { f.Reached = []Reached{{Address: public, Why: "refused"}} }), place: "connect", want: reason.NoConnection, text: "refused"},
		"private, closed":  {why: "no hairpin is needed", s: nas, f: change(found(gives(lan), gives(lan)), func(f *Found) { f.Inside, f.Reached = true, []Reached{{Address: lan, Why: "refused"}} }), place: "connect", want: reason.NoConnection},
		"no IPv6 here":     {why: "that says nothing of the name", s: www, f: change(good, func(f *Found) { f.Reached = []Reached{{Address: "2001:db8::1", Skipped: true}} })},
		"IPv6, closed":     {why: "hairpins are for IPv4", s: www, f: change(good, func(f *Found) { f.Inside, f.Reached = true, []Reached{{Address: "2001:db8::1", Why: "no answer"}} }), place: "connect", want: reason.NoConnection},
	} {
		t.Run(name, func(t *testing.T) {
			row := Judge(tc.s, tc.f)
			if row.Good != (tc.place == "") || row.Good != (len(row.Causes) == 0) {
				t.Fatalf("good %v with the causes %+v, want %q at %q (%s)", row.Good, row.Causes, tc.want, tc.place, tc.why)
			}
			got := row.Notes
			if tc.place != "" {
				got = row.Causes
			}
			if tc.want == "" {
				if len(got) > 0 {
					t.Errorf("%+v, want nothing to tell (%s)", got, tc.why)
				}
				return
			}
			if len(got) != 1 || got[0].Reason.Code != tc.want || tc.place != "" && got[0].Place != tc.place || !strings.Contains(got[0].Reason.Text, tc.text) {
				t.Errorf("%+v, want %q at %q with %q (%s)", got, tc.want, tc.place, tc.text, tc.why)
			}
		})
	}
}

// TestMarks: what there is nothing to say of gets neither yes nor no.
func TestMarks(t *testing.T) {
	byHand := subject(set("www.example.com", record.A, public))
	byHand.Objects = nil
	if row := Judge(byHand, found(gives(public), gives(public))); row.Object.Mark != None || row.Provider.Mark != OK || row.Connect != nil {
		t.Errorf("%+v", row)
	}
	out := subject()
	out.LeftOut = reason.New(reason.Filtered, "because")
	if row := Judge(out, found(absentFor(nxDomain, 1), absentFor(nxDomain, 1))); !row.Good || row.Provider.Reason == nil || row.Provider.Mark != None || row.Object.Mark != OK {
		t.Errorf("%+v", row)
	}
}

// TestTargets: which addresses a connection is tried to.
func TestTargets(t *testing.T) {
	for name, tc := range map[string]struct {
		s    Subject
		f    Found
		want []string
	}{
		"as published": {s: subject(set("www.example.com", record.A, public)), f: found(gives(public), gives(lan)), want: []string{public}},
		"alias":        {s: subject(aliasOf("lb.example.net")), f: found(gives(lan), gives(public)), want: []string{public}},
		"CNAME":        {s: subject(set("www.example.com", record.CNAME, "lb.example.net")), f: Found{Ends: []probe.Seen{gives(public), gives("2001:db8::1")}}, want: []string{public, "2001:db8::1"}},
		"no address":   {s: subject(set("www.example.com", record.TXT, "192.0.2.1")), f: Found{}},
		"not too many": {s: subject(set("www.example.com", record.A, "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5")), want: []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}},
	} {
		if got := targets(tc.s, tc.f); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}
