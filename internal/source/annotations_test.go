// SPDX-License-Identifier: Apache-2.0

package source_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/source"
)

var web = endpoint.Ref{Kind: "service", Namespace: "default", Name: "web"}

func TestTTL(t *testing.T) {
	for text, want := range map[string]uint32{
		"60": 60, "+60": 60, "10m": 600, "1h1m": 3660, "1.9s": 1, "1": 1, "2147483647": 2147483647,
		"0": 0, "-5": 0, "-5s": 0, "2147483648": 0, "999999h": 0, "99999999999999999999": 0, "500ms": 0, " 60": 0, "60 ": 0, "": 0, "abc": 0, "1e3": 0, "0x10": 0,
	} {
		got := source.Options{}.Read(web, map[string]string{source.NewPrefix + "ttl": text})
		refused := len(got.Refusals) == 1 && got.Refusals[0].Why.Code == reason.BadTTL
		if got.TTL != want || refused != (want == 0) {
			t.Errorf("the TTL %q gives %d and %v, want %d", text, got.TTL, got.Refusals, want)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "2001:DB8:0:0::1": "2001:db8::1", "::ffff:192.0.2.1": "::ffff:192.0.2.1",
		"LB.Example.NET.": "lb.example.net", "lb": "lb", "_x.example.net": "_x.example.net", "3com.example": "3com.example",
		"": "", ".": "", "192.0.2.256": "", "192.0.2": "", "1": "", "fe80::1%eth0": "", "a b": "", "192.0.2.1:80": "", "http://x": "", "010.0.0.1": "",
	} {
		got, err := source.ParseTarget(text)
		if want == "" && err == nil || want != "" && (err != nil || got != want) {
			t.Errorf("ParseTarget(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestRefusalsNameTheirPlace(t *testing.T) {
	got := source.Options{}.Read(web, map[string]string{source.OldPrefix + "hostname": "good.example.com," + strings.Repeat("ü", 100) + "/"})
	if len(got.Refusals) != 1 || len(got.Hostnames) != 1 {
		t.Fatalf("got %+v", got)
	}
	r := got.Refusals[0]
	if r.Ref != web || r.Field != "metadata.annotations[external-dns.alpha.kubernetes.io/hostname]" || r.Why.Code != reason.BadName {
		t.Errorf("got %+v", r)
	}
	if len(r.Value) > 90 || !utf8.ValidString(r.Value) || !strings.HasSuffix(r.Value, "…") {
		t.Errorf("the value %q isn't shortened well", r.Value)
	}
}

func TestListsAreBounded(t *testing.T) {
	got := source.Options{}.Read(web, map[string]string{source.NewPrefix + "hostname": strings.Repeat("a.example.com,", 5000)})
	if len(got.Hostnames) != 1000 || len(got.Refusals) != 1 || got.Refusals[0].Why.Code != reason.BadValue {
		t.Errorf("got %d names, %v", len(got.Hostnames), got.Refusals)
	}
}

func TestPrefixes(t *testing.T) {
	notes := map[string]string{
		source.NewPrefix + "ttl": "1", source.OldPrefix + "ttl": "2", source.OldPrefix + "set-identifier": "old", "dns.example.com/ttl": "3",
	}
	for _, tc := range []struct {
		prefix source.Prefix
		ttl    uint32
		id     string
	}{
		{"", 1, "old"}, {source.NewPrefix, 1, ""}, {source.OldPrefix, 2, "old"}, {"dns.example.com/", 3, ""},
	} {
		o := source.Options{AnnotationPrefix: tc.prefix}
		if got := o.Read(web, notes); got.TTL != tc.ttl || got.ID != tc.id || len(got.Refusals) > 0 {
			t.Errorf("under %q: %+v", tc.prefix, got)
		}
		for key, want := range map[string]bool{
			source.NewPrefix + "x": true, source.OldPrefix + "x": true, "nafuda.io/x": true, "kubernetes.io/ingress.class": true,
			"dns.example.com/x": tc.prefix == "dns.example.com/", "kubernetes.io/other": false, "": false,
		} {
			if o.Keeps(key) != want {
				t.Errorf("under %q: Keeps(%q) is %v", tc.prefix, key, !want)
			}
		}
	}
}

// TestPublicAddress: the annotation has a key of its own, whatever the prefixes are, and one value.
func TestPublicAddress(t *testing.T) {
	for _, prefix := range []source.Prefix{"", source.NewPrefix, source.OldPrefix, "dns.example.com/", "nafuda.io/"} {
		o := source.Options{AnnotationPrefix: prefix}
		for value, want := range map[string]bool{"wan": true, "WAN": true, " wan ": true, "": false, "wan,192.0.2.1": false, "192.0.2.1": false, "w\u0430n": false} {
			got := o.Read(web, map[string]string{endpoint.TargetKey: value})
			refused := len(got.Refusals) == 1 && got.Refusals[0].Why.Code == reason.BadValue && got.Refusals[0].Field == "metadata.annotations[nafuda.io/target]"
			if got.WAN != want || refused == want || got.HasTargets || got.Targets != nil {
				t.Errorf("under %q, %q: %+v", prefix, value, got)
			}
		}
		if got := o.Read(web, map[string]string{source.NewPrefix + "target": "wan", source.OldPrefix + "target": "wan", "dns.example.com/target": "wan"}); got.WAN {
			t.Errorf("under %q another key has our public address: %+v", prefix, got)
		}
	}
	from := &endpoint.Origin{Ref: web, WAN: true}
	b := source.NewBuilder(from, source.Annotations{})
	b.Ask("a.example.com", []string{"192.0.2.1"})
	if r := b.Result(); r.Endpoints[0].From.WAN {
		t.Error("an object without the annotation has it")
	}
}

func TestPropertiesAreSorted(t *testing.T) {
	got := source.Options{AnnotationPrefix: "dns.example.com/"}.Read(web, map[string]string{
		"dns.example.com/webhook-a": "1", "dns.example.com/aws-weight": "2", "dns.example.com/alias": "A", "dns.example.com/cloudflare-tags": "3",
	})
	want := []record.Prop{{Name: "alias", Value: "A"}, {Name: "aws/weight", Value: "2"}, {Name: "dns.example.com/cloudflare-tags", Value: "3"}, {Name: "webhook/a", Value: "1"}}
	if diff := cmp.Diff(want, got.Props); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWhatIsAskedForAgainIsTold(t *testing.T) {
	b := source.NewBuilder(&endpoint.Origin{Ref: web}, source.Annotations{})
	b.Point([]dnsname.Name{"a.example.com", "b.example.com", "a.example.com"}, []string{"192.0.2.1"}, reason.Reason{})
	b.Point([]dnsname.Name{"b.example.com"}, []string{"192.0.2.2"}, reason.Reason{}) // other targets are no repetition
	got := b.Result()
	if len(got.Again) != 1 || got.Again[0].Name != "a.example.com" || len(got.Endpoints) != 2 {
		t.Errorf("asked for again: %v of %v", got.Again, got.Endpoints)
	}
}

func FuzzAnnotations(f *testing.F) {
	f.Add("a.example.com, b", "192.0.2.1,x", "10m", "true", "public", "defined-hosts-only")
	f.Add(",,", "::1%x,256.1.1.1", "-1", "A", "", "\x00")
	f.Fuzz(func(t *testing.T, hostname, target, ttl, alias, access, from string) {
		notes := map[string]string{
			source.NewPrefix + "hostname": hostname, source.OldPrefix + "internal-hostname": hostname, source.NewPrefix + "target": target,
			source.NewPrefix + "ttl": ttl, source.NewPrefix + "alias": alias, source.NewPrefix + "access": access,
			source.NewPrefix + "ingress-hostname-source": from, source.NewPrefix + from: access, source.OldPrefix + "aws-" + alias: ttl,
			endpoint.TargetKey: target,
		}
		got := source.Options{}.Read(web, notes)
		if diff := cmp.Diff(got, source.Options{}.Read(web, notes)); diff != "" {
			t.Errorf("reading twice differs:\n%s", diff)
		}
		for _, n := range slices.Concat(got.Hostnames, got.InternalHostnames) {
			if again, err := dnsname.Parse(string(n)); err != nil || again != n {
				t.Errorf("the name %q isn't canonical: %v", n, err)
			}
		}
		for _, text := range got.Targets {
			if again, err := source.ParseTarget(text); err != nil || again != text {
				t.Errorf("the target %q isn't canonical: %q, %v", text, again, err)
			}
			if a, err := netip.ParseAddr(text); err == nil && a.Zone() != "" {
				t.Errorf("the target %q has a zone", text)
			}
		}
		for _, r := range got.Refusals {
			if !utf8.ValidString(r.Value) || len(r.Value) > 100 || r.Why.None() || r.Field == "" {
				t.Errorf("the refusal %+v can't be shown", r)
			}
		}
		result := source.NewBuilder(&endpoint.Origin{Ref: web}, got)
		result.PointAnnotated(got.Hostnames)
		for _, e := range result.Result().Endpoints {
			if want, err := record.Canonical(e.Type, e.Targets); err != nil || !slices.Equal(want, e.Targets) {
				t.Errorf("%s: %v isn't canonical: %v, %v", e.Key(), e.Targets, want, err)
			}
		}
	})
}
