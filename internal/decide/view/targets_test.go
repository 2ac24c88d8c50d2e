// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

var asker = endpoint.Origin{Source: "ingress", Ref: endpoint.Ref{Kind: "ingress", Namespace: "ns", Name: "x"}}

// told reads endpoints and holds of www.example.com: "A 192.0.2.1,192.0.2.2; AAAA held NoAddressYet; held NoAddressYet", with [id] and 30s where there
// are some.
func told(text string, from *endpoint.Origin) (eps []endpoint.Endpoint, holds []endpoint.Hold) {
	for part := range strings.SplitSeq(text, ";") {
		e := endpoint.Endpoint{Name: "www.example.com", From: from}
		held := ""
		for _, f := range strings.Fields(part) {
			switch {
			case f == "held" || held == "held":
				held = f
			case strings.HasPrefix(f, "["):
				e.ID = strings.Trim(f, "[]")
			case strings.HasSuffix(f, "s") && strings.Trim(f, "0123456789") == "s":
				d, _ := time.ParseDuration(f)
				e.TTL = uint32(d.Seconds())
			case e.Type == "":
				e.Type = record.Type(f)
			default:
				e.Targets = strings.Split(f, ",")
			}
		}
		switch {
		case held != "":
			holds = append(holds, endpoint.Hold{Name: e.Name, Type: e.Type, ID: e.ID, TTL: e.TTL, From: from, Why: reason.New(reason.Code(held), "no")})
		case e.Type != "":
			eps = append(eps, e)
		}
	}
	return eps, holds
}

// tell is the opposite of told, with "left TYPE" for what is left out.
func tell(r view.Retargeted) string {
	var out []string
	head := func(t record.Type, id string, ttl uint32) string {
		s := string(t)
		if id != "" {
			s += " [" + id + "]"
		}
		if ttl != 0 {
			s += fmt.Sprintf(" %ds", ttl)
		}
		return s
	}
	for _, e := range r.Endpoints {
		line := head(e.Type, e.ID, e.TTL) + " " + strings.Join(e.Targets, ",")
		for _, p := range e.Props {
			line += " " + p.Name + "=" + p.Value
		}
		out = append(out, line)
	}
	for _, h := range r.Holds {
		out = append(out, strings.TrimSpace(head(h.Type, h.ID, h.TTL)+" held "+string(h.Why.Code)))
	}
	for _, d := range r.Decisions {
		if d.Verdict != change.Filtered || d.Why.Code != reason.PrivateTarget || d.Resource != "ingress/ns/x" {
			out = append(out, fmt.Sprintf("%+v", d))
			continue
		}
		out = append(out, strings.TrimSpace("left "+head(d.Key.Type, d.Key.ID, 0)))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

// address is a public address: "198.51.100.7 2001:db8::7"; "-" for each family that there isn't, and a code for one that isn't known.
func address(text string) fact.Value {
	v4, v6, _ := strings.Cut(text, " ")
	read := func(s string) fact.Family {
		a, err := netip.ParseAddr(s)
		switch {
		case s == "":
			return fact.Family{}
		case s == "-":
			return fact.Family{Known: true}
		case err == nil:
			return fact.Family{Known: true, Addrs: []netip.Addr{a}}
		default:
			return fact.Family{Why: reason.New(reason.Code(s), "no")}
		}
	}
	return fact.Value{V4: read(v4), V6: read(v6)}
}

func options(rule, from string) view.Options {
	return view.Options{Policy: "sync", PrivateTargets: rule, TargetFrom: strings.Fields(from), TargetAnnotation: true}
}

const both = "198.51.100.7 2001:db8::7"

func TestRules(t *testing.T) {
	for name, tc := range map[string]struct {
		why        string
		rule, from string
		wan        string // empty: it may not be asked for
		in, want   string
	}{
		"publish":           {why: "as it was asked", in: "A 192.168.10.51,192.0.2.1; AAAA fd00::1", want: "A 192.168.10.51,192.0.2.1; AAAA fd00::1"},
		"drop":              {why: "what the world can reach stays", rule: "drop", in: "A 192.168.10.51,192.0.2.1; AAAA fd00::1", want: "A 192.0.2.1; left AAAA"},
		"drop, all":         {why: "nothing is left", rule: "drop", in: "A 10.0.0.1", want: "left A"},
		"drop, mapped":      {why: "an IPv4-mapped address is that address", rule: "drop", in: "AAAA ::ffff:10.0.0.1,2001:db8::1", want: "AAAA 2001:db8::1"},
		"drop, others":      {why: "nothing else has addresses", rule: "drop", in: "TXT 10.0.0.1; CNAME lb.example.net; A held NoAddressYet", want: "A held NoAddressYet; CNAME lb.example.net; TXT 10.0.0.1"},
		"WAN":               {why: "IPv4 moves, native IPv6 stays as it is", rule: "replace", from: "wan", wan: both, in: "A 192.168.10.51; AAAA 2001:db8::1", want: "A 60s 198.51.100.7; AAAA 2001:db8::1"},
		"WAN, beside":       {why: "a public one stays", rule: "replace", from: "wan", wan: both, in: "A 192.168.10.51,192.168.10.52,192.0.2.1", want: "A 60s 192.0.2.1,198.51.100.7"},
		"WAN, IPv6":         {why: "in its own family", rule: "replace", from: "wan", wan: both, in: "AAAA fd00::1,2001:db8::1", want: "AAAA 60s 2001:db8::1,2001:db8::7"},
		"WAN, public":       {why: "nobody asks for it", rule: "replace", from: "wan", in: "A 192.0.2.1; CNAME lb.example.net", want: "A 192.0.2.1; CNAME lb.example.net"},
		"WAN, TTL":          {why: "the object knows better", rule: "replace", from: "wan", wan: both, in: "A 30s 192.168.10.51", want: "A 30s 198.51.100.7"},
		"WAN unknown":       {why: "held, for that family alone", rule: "replace", from: "wan", wan: "WANMethodsDisagree 2001:db8::7", in: "A 192.168.10.51; AAAA fd00::1", want: "A held WANMethodsDisagree; AAAA 60s 2001:db8::7"},
		"WAN unknown, more": {why: "what is public beside it may be added", rule: "replace", from: "wan", wan: "WANNotKnown -", in: "A 192.168.10.51,192.0.2.1", want: "A 192.0.2.1; A held WANNotKnown"},
		"WAN off":           {why: "there is none: that is known", rule: "replace", from: "wan", wan: "- 2001:db8::7", in: "A 192.168.10.51; AAAA fd00::1", want: "AAAA 60s 2001:db8::7; left A"},
		"WAN silent":        {why: "a reason is never missing", rule: "replace", from: "wan", wan: " ", in: "A 192.168.10.51", want: "A held FactPending"},
		"WAN private":       {why: "one private address isn't better than another", rule: "replace", from: "wan", wan: "100.64.0.9 -", in: "A 192.168.10.51", want: "A held WANPrivate"},
		"address":           {why: "of that family", rule: "replace", from: "198.51.100.9", in: "A 192.168.10.51; AAAA fd00::1", want: "A 198.51.100.9; left AAAA"},
		"addresses":         {why: "one of each family", rule: "replace", from: "198.51.100.9 2001:db8::9", in: "A [a] 192.168.10.51; AAAA fd00::1,2001:db8::1", want: "A [a] 198.51.100.9; AAAA 2001:db8::1,2001:db8::9"},
		"host":              {why: "a CNAME takes the place of both families", rule: "replace", from: "home.example.net", in: "A 192.168.10.51; AAAA 2001:db8::1; TXT x", want: "CNAME home.example.net; TXT x"},
		"host, twice":       {why: "one is enough", rule: "replace", from: "home.example.net", in: "A 192.168.10.51; AAAA fd00::1", want: "CNAME home.example.net"},
		"host, public":      {why: "there is nothing to replace", rule: "replace", from: "home.example.net", in: "A 192.0.2.1; AAAA 2001:db8::1", want: "A 192.0.2.1; AAAA 2001:db8::1"},
		"host, by row":      {why: "each set identifier is on its own", rule: "replace", from: "home.example.net", in: "A [a] 192.168.10.51; A [b] 192.0.2.1", want: "A [b] 192.0.2.1; CNAME [a] home.example.net"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(tc.rule, tc.from)
			if err := o.Check(); err != nil {
				t.Fatal(err)
			}
			eps, holds := told(tc.in, &asker)
			spec := o.Spec("v", "aws", nil, nil).In(zone.Zone{Name: "example.com"})
			got := spec.Retarget(eps, holds, func() fact.Value {
				if tc.wan == "" {
					t.Errorf("the public address is asked for (%s)", tc.why)
				}
				return address(tc.wan)
			})
			if diff := cmp.Diff(tc.want, tell(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
			eps2, holds2 := told(tc.in, &asker)
			if diff := cmp.Diff(fmt.Sprint(eps2, holds2), fmt.Sprint(eps, holds)); diff != "" {
				t.Errorf("the endpoints themselves have changed:\n%s", diff)
			}
			private := spec.In(zone.Zone{Name: "example.com", Private: true}).Retarget(eps, holds, nil)
			if diff := cmp.Diff(tell(view.Retargeted{Endpoints: eps, Holds: holds}), tell(private)); diff != "" {
				t.Errorf("in a private zone (-as asked +got):\n%s", diff)
			}
		})
	}
}

func TestAnnotation(t *testing.T) {
	for name, tc := range map[string]struct {
		why      string
		edit     func(*view.Options)
		wan      string
		in, want string
	}{
		"own addresses":   {why: "they don't count", wan: both, in: "A 192.0.2.1; AAAA 2001:db8::1", want: "A 60s 198.51.100.7; AAAA 60s 2001:db8::7"},
		"host name":       {why: "nor does that", wan: both, in: "CNAME lb.example.net", want: "A 60s 198.51.100.7; AAAA 60s 2001:db8::7"},
		"no address":      {why: "an empty status doesn't matter", wan: both, in: "held NoAddressYet", want: "A 60s 198.51.100.7; AAAA 60s 2001:db8::7"},
		"half resolved":   {why: "nor does a family that isn't resolved", wan: both, in: "A 192.0.2.1; AAAA held HostNotResolved", want: "A 60s 198.51.100.7; AAAA 60s 2001:db8::7"},
		"not attached":    {why: "whether it asks for the name isn't known", in: "held RouteNotAttached", want: "held RouteNotAttached"},
		"unread":          {why: "the same", wan: both, in: "A 192.0.2.1; held KindNotRead", want: "A 60s 198.51.100.7; AAAA 60s 2001:db8::7; held KindNotRead"},
		"other types":     {why: "they say nothing of where the name leads", wan: both, in: "A 192.0.2.1; SRV 0", want: "A 60s 198.51.100.7; AAAA 60s 2001:db8::7; SRV 0"},
		"rows":            {why: "each set identifier", wan: "198.51.100.7 -", in: "A [a] 192.0.2.1; A [b] 30s 192.0.2.2", want: "A [a] 60s 198.51.100.7; A [b] 30s 198.51.100.7"},
		"IPv6 only":       {why: "there is no IPv4", wan: "- 2001:db8::7", in: "A 192.0.2.1", want: "AAAA 60s 2001:db8::7"},
		"IPv4 unknown":    {why: "held, alone", wan: "WANShared 2001:db8::7", in: "A 192.0.2.1", want: "A held WANShared; AAAA 60s 2001:db8::7"},
		"unknown":         {why: "held", wan: "WANNotKnown WANNotKnown", in: "A 192.0.2.1", want: "A held WANNotKnown; AAAA held WANNotKnown"},
		"off":             {why: "a person says that there is none", wan: "- -", in: "A 192.0.2.1", want: "left"},
		"minimum":         {why: "--min-ttl knows better than 60", edit: func(o *view.Options) { o.MinTTL = 5 * time.Minute }, wan: "198.51.100.7 -", in: "A 192.0.2.1", want: "A 300s 198.51.100.7"},
		"minimum, held":   {why: "there too", edit: func(o *view.Options) { o.MinTTL = 5 * time.Minute }, wan: "198.51.100.7 -", in: "held NoAddressYet", want: "A 300s 198.51.100.7"},
		"ignored":         {why: "the view is inside", edit: func(o *view.Options) { o.TargetAnnotation = false }, in: "A 192.168.10.51; held NoAddressYet", want: "A 192.168.10.51; held NoAddressYet"},
		"networks":        {why: "they are about the object's own", edit: func(o *view.Options) { o.TargetNets = []string{"203.0.113.0/24"} }, wan: "198.51.100.7 -", in: "A 192.0.2.1", want: "A 60s 198.51.100.7"},
		"default targets": {why: "they are for objects without an address", edit: func(o *view.Options) { o.DefaultTargets = []string{"192.0.2.9"} }, wan: "198.51.100.7 -", in: "held NoAddressYet", want: "A 60s 198.51.100.7"},
		"forced":          {why: "every name has them", edit: func(o *view.Options) { o.DefaultTargets, o.ForceDefault = []string{"192.0.2.9"}, true }, in: "A 192.0.2.1; held NoAddressYet", want: "A 192.0.2.9; A 192.0.2.9"},
		"private":         {why: "published as it is said", wan: "10.0.0.1 -", in: "A 192.0.2.1", want: "A 60s 10.0.0.1"},
		"private, drop":   {why: "the rule is there for that", edit: func(o *view.Options) { o.PrivateTargets = "drop" }, wan: "10.0.0.1 -", in: "A 192.0.2.1", want: "A held WANPrivate"},
		"with a rule":     {why: "the annotation says more: both families", edit: func(o *view.Options) { o.PrivateTargets, o.TargetFrom = "replace", []string{"192.0.2.99"} }, wan: both, in: "A 192.168.10.51", want: "A 60s 198.51.100.7; AAAA 60s 2001:db8::7"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options("", "")
			if tc.edit != nil {
				tc.edit(&o)
			}
			from := asker
			from.WAN = true
			spec := o.Spec("v", "aws", nil, nil).In(zone.Zone{Name: "example.com"})
			eps, holds := told(tc.in, &from)
			var in []endpoint.Endpoint
			var waits []endpoint.Hold
			for _, e := range eps {
				made, _ := spec.Endpoint(e)
				in = append(in, made...)
			}
			for _, h := range holds {
				made, kept := spec.Hold(h)
				in, waits = append(in, made...), append(waits, kept...)
			}
			got := spec.Retarget(in, waits, func() fact.Value {
				if tc.wan == "" {
					t.Errorf("the public address is asked for (%s)", tc.why)
				}
				return address(tc.wan)
			})
			if diff := cmp.Diff(tc.want, tell(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

// TestNoOtherAddress: what has none gets our public one in private zones too, and where the annotation is ignored.
func TestNoOtherAddress(t *testing.T) {
	from := asker
	from.WAN, from.Everywhere = true, true
	for name, edit := range map[string]func(*view.Options){
		"annotation": func(*view.Options) {}, "ignored": func(o *view.Options) { o.TargetAnnotation = false },
	} {
		for _, private := range []bool{false, true} {
			o := options("", "")
			edit(&o)
			_, holds := told("held NoAddressYet", &from)
			spec := o.Spec("v", "aws", nil, nil).In(zone.Zone{Name: "example.com", Private: private})
			got := spec.Retarget(nil, holds, func() fact.Value { return address("198.51.100.7 -") })
			if tell(got) != "A 60s 198.51.100.7" || got.Notes[0].Why.Text != "ingress/ns/x asks for our public address, which is 198.51.100.7" {
				t.Errorf("%s, private %v: %s %v", name, private, tell(got), got.Notes)
			}
		}
	}
}

// TestHostAtTheApex: there no CNAME can be, so it is to be an alias, unless the object is against it.
func TestHostAtTheApex(t *testing.T) {
	spec := options("replace", "home.example.net").Spec("v", "aws", nil, nil)
	for name, tc := range map[string]struct {
		zone zone.Zone
		prop []record.Prop
		want string
	}{
		"below":         {zone: zone.Zone{Name: "example.com"}, want: "CNAME home.example.net"},
		"apex":          {zone: zone.Zone{Name: "www.example.com"}, want: "CNAME home.example.net alias=true"},
		"apex, against": {zone: zone.Zone{Name: "www.example.com"}, prop: []record.Prop{{Name: "alias", Value: "false"}}, want: "CNAME home.example.net alias=false"},
	} {
		eps, _ := told("A 10.0.0.1", &asker)
		eps[0].Props = tc.prop
		if got := tell(spec.In(tc.zone).Retarget(eps, nil, nil)); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// TestWhyNotesSayWhatTookThePlaceOfWhat: rule, address and since when.
func TestWhyNotesSayWhatTookThePlaceOfWhat(t *testing.T) {
	at := time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)
	for in, tc := range map[string]struct {
		opts view.Options
		wan  string
		at   time.Time
		want string
	}{
		"known":   {options("replace", "wan"), both, at, "--private-targets=replace for 10.0.0.1 asks for our public address, which is 198.51.100.7 since 2026-11-23 09:30:00 UTC"},
		"unknown": {options("replace", "wan"), "WANNotKnown -", at, "--private-targets=replace for 10.0.0.1 asks for our public address, which isn't known since 2026-11-23 09:30:00 UTC"},
		"pending": {options("replace", "wan"), "FactPending -", time.Time{}, "--private-targets=replace for 10.0.0.1 asks for our public address, which isn't known"},
		"address": {options("replace", "192.0.2.9"), "", at, "--private-targets=replace for 10.0.0.1 puts 192.0.2.9 there"},
		"host":    {options("replace", "home.example.net"), "", at, "--private-targets=replace puts home.example.net in the place of 10.0.0.1"},
	} {
		eps, _ := told("A 10.0.0.1", &asker)
		got := tc.opts.Spec("v", "aws", nil, nil).Retarget(eps, nil, func() fact.Value {
			v := address(tc.wan)
			v.V4.Since = tc.at
			return v
		})
		if len(got.Notes) != 1 || got.Notes[0].Why.Text != tc.want || got.Notes[0].Why.Code != reason.TargetReplaced {
			t.Errorf("%s: %+v, want %q", in, got.Notes, tc.want)
		}
	}
}

func TestPrivate(t *testing.T) {
	for target, want := range map[string]bool{
		"10.0.0.0": true, "10.255.255.255": true, "9.255.255.255": false, "11.0.0.0": false,
		"172.15.255.255": false, "172.16.0.0": true, "172.31.255.255": true, "172.32.0.0": false,
		"192.167.255.255": false, "192.168.0.0": true, "192.168.255.255": true, "192.169.0.0": false,
		"100.63.255.255": false, "100.64.0.0": true, "100.127.255.255": true, "100.128.0.0": false,
		"169.253.255.255": false, "169.254.0.0": true, "169.254.255.255": true, "169.255.0.0": false,
		"127.0.0.1": true, "127.255.255.255": true, "128.0.0.1": false, "::1": true, "::2": false,
		"fbff::1": false, "fc00::": true, "fdff::1": true, "fe00::1": false, "fe80::": true, "febf::1": true, "fec0::": false,
		"::ffff:192.168.0.1": true, "::ffff:192.0.2.1": false, "2001:db8::1": false, "192.0.2.1": false,
		"lb.example.net": false, "": false, "10.0.0.1/8": false,
	} {
		if got := view.Private(target); got != want {
			t.Errorf("Private(%q) = %v, want %v", target, got, want)
		}
	}
}

// TestNoPrivateAddressPasses: whatever is asked for and whatever is known, where the rule isn't publish.
func TestNoPrivateAddressPasses(t *testing.T) {
	addresses := []string{"10.0.0.1", "100.64.3.4", "169.254.1.1", "192.168.10.51", "127.0.0.1", "192.0.2.1", "198.51.100.2"}
	addresses6 := []string{"fd00::1", "fe80::1", "::1", "::ffff:10.1.1.1", "2001:db8::1", "2001:db8::2"}
	rapid.Check(t, func(t *rapid.T) {
		o := options("drop", "")
		if rapid.Bool().Draw(t, "replace") {
			o = options("replace", rapid.SampledFrom([]string{"wan", "192.0.2.9", "2001:db8::9", "192.0.2.9 2001:db8::9", "home.example.net"}).Draw(t, "from"))
		}
		if err := o.Check(); err != nil {
			t.Fatal(err)
		}
		from := asker
		from.WAN = rapid.Bool().Draw(t, "annotated")
		var parts []string
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			some := func(list []string) string {
				return strings.Join(rapid.SliceOfN(rapid.SampledFrom(list), 1, 3).Draw(t, "targets"), ",")
			}
			parts = append(parts, rapid.SampledFrom([]string{
				"A " + some(addresses), "AAAA " + some(addresses6), "A [b] " + some(addresses), "CNAME lb.example.net", "held NoAddressYet", "A held HostNotResolved",
			}).Draw(t, "part"))
		}
		wan := rapid.SampledFrom(append([]string{"-", "WANNotKnown"}, addresses...)).Draw(t, "IPv4") + " " +
			rapid.SampledFrom(append([]string{"-", "WANNotKnown"}, addresses6...)).Draw(t, "IPv6")
		eps, holds := told(strings.Join(parts, "; "), &from)
		got := o.Spec("v", "aws", nil, nil).Retarget(eps, holds, func() fact.Value { return address(wan) })
		if e, target := view.PrivateTarget(got.Endpoints); target != "" {
			t.Fatalf("%s has %s: %s made %s of it", e.Key(), target, strings.Join(parts, "; "), tell(got))
		}
		for _, h := range got.Holds {
			if h.Why.None() {
				t.Fatalf("%s is held without a reason", h.Key())
			}
		}
	})
}

func TestTargetOptions(t *testing.T) {
	for name, tc := range map[string]struct {
		rule, from string
		bad        string // what the error begins with
	}{
		"none":             {},
		"publish":          {rule: "publish"},
		"drop":             {rule: "drop"},
		"wan":              {rule: "replace", from: "wan"},
		"address":          {rule: "replace", from: "2001:db8::1"},
		"both":             {rule: "replace", from: "2001:db8::1 192.0.2.1"},
		"host":             {rule: "replace", from: "home.example.net"},
		"no rule":          {rule: "no", bad: "--private-targets=no: must be"},
		"nothing":          {rule: "replace", bad: "--target-from: give it with"},
		"unused":           {rule: "drop", from: "wan", bad: "--target-from: give it with"},
		"private":          {rule: "replace", from: "192.168.0.1", bad: "--target-from=192.168.0.1: is a private address"},
		"no target":        {rule: "replace", from: "a..b", bad: "--target-from=a..b: must be wan"},
		"two of one":       {rule: "replace", from: "192.0.2.1 192.0.2.2", bad: "--target-from=192.0.2.2: give wan alone"},
		"wan and address":  {rule: "replace", from: "wan 192.0.2.2", bad: "--target-from=192.0.2.2: give wan alone"},
		"address and host": {rule: "replace", from: "192.0.2.1 home.example.net", bad: "--target-from=home.example.net: give wan alone"},
		"three":            {rule: "replace", from: "192.0.2.1 2001:db8::1 home.example.net", bad: "--target-from=home.example.net: give wan alone"},
	} {
		err := options(tc.rule, tc.from).Check()
		if (err != nil) != (tc.bad != "") || err != nil && !strings.HasPrefix(err.Error(), tc.bad) {
			t.Errorf("%s: %v, want %q", name, err, tc.bad)
		}
	}
}
