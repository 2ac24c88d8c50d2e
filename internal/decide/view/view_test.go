// SPDX-License-Identifier: Apache-2.0

package view_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

func TestDomains(t *testing.T) {
	for name, tc := range map[string]struct {
		why     string
		opts    view.Options
		in, out []dnsname.Name
	}{
		"suffix":       {why: "the name itself and all below", opts: view.Options{DomainFilter: []string{"example.com"}}, in: []dnsname.Name{"example.com", "x.example.com", "a.b.example.com"}, out: []dnsname.Name{"notexample.com", "com", "example.net"}},
		"dotted":       {why: "only what is below", opts: view.Options{DomainFilter: []string{".example.com"}}, in: []dnsname.Name{"x.example.com", "a.b.example.com"}, out: []dnsname.Name{"example.com", "notexample.com"}},
		"none":         {why: "everything", in: []dnsname.Name{"example.com", "anything.test"}},
		"blank":        {why: "blank entries are no filter", opts: view.Options{DomainFilter: []string{"", " "}, ExcludeDomains: []string{""}}, in: []dnsname.Name{"example.com"}},
		"final dot":    {why: "a final dot and capitals don't matter", opts: view.Options{DomainFilter: []string{"Example.COM."}}, in: []dnsname.Name{"x.example.com"}, out: []dnsname.Name{"example.net"}},
		"unicode":      {why: "names are compared in one spelling", opts: view.Options{DomainFilter: []string{"bücher.example"}}, in: []dnsname.Name{"www.xn--bcher-kva.example"}, out: []dnsname.Name{"www.example"}},
		"several":      {why: "one is enough", opts: view.Options{DomainFilter: []string{"example.com", "example.net"}}, in: []dnsname.Name{"example.com", "a.example.net"}, out: []dnsname.Name{"example.org"}},
		"exclude":      {why: "subtracted", opts: view.Options{DomainFilter: []string{"example.com"}, ExcludeDomains: []string{"x.example.com"}}, in: []dnsname.Name{"example.com", "y.example.com"}, out: []dnsname.Name{"x.example.com", "a.x.example.com"}},
		"exclude only": {why: "the rest passes", opts: view.Options{ExcludeDomains: []string{".example.com"}}, in: []dnsname.Name{"example.com", "example.net"}, out: []dnsname.Name{"x.example.com"}},
		"regex":        {why: "not anchored", opts: view.Options{RegexFilter: `prod\.`}, in: []dnsname.Name{"a.prod.example.com", "xprod.example.com"}, out: []dnsname.Name{"a.test.example.com"}},
		"regex out":    {why: "exclusion goes first", opts: view.Options{RegexFilter: `example`, RegexExclusion: `^x\.`}, in: []dnsname.Name{"y.example.com"}, out: []dnsname.Name{"x.example.com", "y.test"}},
		"regex alone":  {why: "an exclusion alone accepts the rest", opts: view.Options{RegexExclusion: `^x\.`}, in: []dnsname.Name{"y.test"}, out: []dnsname.Name{"x.example.com"}},
		"regex, lists": {why: "an expression disables the lists", opts: view.Options{RegexFilter: `test$`, DomainFilter: []string{"example.com"}, ExcludeDomains: []string{"a.test"}}, in: []dnsname.Name{"a.test"}, out: []dnsname.Name{"example.com"}},
		"regex, IDNA":  {why: "expressions see Unicode", opts: view.Options{RegexFilter: `bücher`}, in: []dnsname.Name{"xn--bcher-kva.example"}, out: []dnsname.Name{"bcher.example"}},
		"wildcard":     {why: "a wildcard is below its parent", opts: view.Options{DomainFilter: []string{".example.com"}}, in: []dnsname.Name{"*.example.com"}, out: []dnsname.Name{"*.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.opts.Policy = "sync"; tc.opts.Check() != nil {
				t.Fatal(tc.opts.Check())
			}
			d := tc.opts.Domains()
			for _, n := range tc.in {
				if !d.Match(n) {
					t.Errorf("%s doesn't pass (%s)", n, tc.why)
				}
			}
			for _, n := range tc.out {
				if d.Match(n) {
					t.Errorf("%s passes (%s)", n, tc.why)
				}
			}
		})
	}
}

func TestParents(t *testing.T) {
	for name, tc := range map[string]struct {
		why    string
		filter []string
		want   bool
	}{
		"above":  {why: "the zone holds what is filtered for", filter: []string{"sub.example.com"}, want: true},
		"equal":  {why: "the zone itself", filter: []string{"example.com"}, want: true},
		"none":   {why: "no filter", want: true},
		"below":  {why: "the zone's parent is filtered for", filter: []string{"com"}},
		"dotted": {why: "a dotted suffix names no zone", filter: []string{".sub.example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (view.Options{DomainFilter: tc.filter}).Domains().Parents("example.com"); got != tc.want {
				t.Errorf("Parents = %v, want %v (%s)", got, tc.want, tc.why)
			}
		})
	}
}

// show writes endpoints as "TYPE targets ttl props".
func show(eps []endpoint.Endpoint) string {
	var out []string
	for _, e := range eps {
		line := string(e.Type) + " " + strings.Join(e.Targets, " ")
		if e.TTL > 0 {
			line += " " + (time.Duration(e.TTL) * time.Second).String()
		}
		for _, p := range e.Props {
			line += " " + p.Name + "=" + p.Value
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

func TestEndpoint(t *testing.T) {
	lb := []string{"203.0.113.1", "2001:db8::9", "lb.example.net"}
	for name, tc := range map[string]struct {
		why     string
		opts    view.Options
		typ     record.Type
		targets []string
		ttl     uint32
		props   []record.Prop
		want    string
		code    reason.Code
	}{
		"as is":             {why: "nothing is set", typ: "A", targets: []string{"192.0.2.1"}, want: "A 192.0.2.1"},
		"no targets":        {why: "an empty record set can't be", typ: "A", code: reason.BadTarget},
		"defaults":          {why: "only for what has no target", opts: view.Options{DefaultTargets: lb}, typ: "A", targets: []string{"192.0.2.1"}, want: "A 192.0.2.1"},
		"defaults, none":    {why: "what has no target takes them, by type", opts: view.Options{DefaultTargets: lb}, typ: "A", want: "A 203.0.113.1\nAAAA 2001:db8::9\nCNAME lb.example.net"},
		"defaults, forced":  {why: "every target is replaced, whatever the type was", opts: view.Options{DefaultTargets: lb[:1], ForceDefault: true}, typ: "MX", targets: []string{"10 mail.example.net"}, want: "A 203.0.113.1"},
		"forced, none":      {why: "there is nothing to force", opts: view.Options{ForceDefault: true}, typ: "A", targets: []string{"192.0.2.1"}, want: "A 192.0.2.1"},
		"net":               {why: "only what is inside", opts: view.Options{TargetNets: []string{"192.0.2.0/24"}}, typ: "A", targets: []string{"192.0.2.1", "198.51.100.1"}, want: "A 192.0.2.1"},
		"net, none":         {why: "nothing is left", opts: view.Options{TargetNets: []string{"192.0.2.0/24"}}, typ: "A", targets: []string{"198.51.100.1"}, code: reason.Filtered},
		"net, host":         {why: "a host name is in no network", opts: view.Options{TargetNets: []string{"192.0.2.0/24"}}, typ: "CNAME", targets: []string{"lb.example.net"}, code: reason.Filtered},
		"net, text":         {why: "nor is a text, as in ExternalDNS", opts: view.Options{TargetNets: []string{"192.0.2.0/24"}}, typ: "TXT", targets: []string{`"hello"`}, code: reason.Filtered},
		"excluded":          {why: "what is inside goes", opts: view.Options{ExcludeTargetNets: []string{"192.0.2.0/24"}}, typ: "A", targets: []string{"192.0.2.1", "198.51.100.1"}, want: "A 198.51.100.1"},
		"excluded, host":    {why: "host names stay", opts: view.Options{ExcludeTargetNets: []string{"192.0.2.0/24"}}, typ: "CNAME", targets: []string{"lb.example.net"}, want: "CNAME lb.example.net"},
		"excluded, mapped":  {why: "an IPv4-mapped address is that IPv4 address", opts: view.Options{ExcludeTargetNets: []string{"192.0.2.0/24"}}, typ: "AAAA", targets: []string{"::ffff:192.0.2.1"}, code: reason.Filtered},
		"both nets":         {why: "in the one and not in the other", opts: view.Options{TargetNets: []string{"192.0.2.0/24"}, ExcludeTargetNets: []string{"192.0.2.128/25"}}, typ: "A", targets: []string{"192.0.2.1", "192.0.2.129"}, want: "A 192.0.2.1"},
		"net of defaults":   {why: "default targets are filtered too", opts: view.Options{DefaultTargets: lb, ForceDefault: true, TargetNets: []string{"203.0.113.0/24"}}, typ: "A", targets: []string{"192.0.2.1"}, want: "A 203.0.113.1"},
		"TTL":               {why: "fills in", opts: view.Options{MinTTL: time.Minute}, typ: "A", targets: []string{"192.0.2.1"}, want: "A 192.0.2.1 1m0s"},
		"TTL, lower":        {why: "it is no floor", opts: view.Options{MinTTL: time.Minute}, typ: "A", targets: []string{"192.0.2.1"}, ttl: 10, want: "A 192.0.2.1 10s"},
		"alias":             {why: "a CNAME is preferred as an alias", opts: view.Options{PreferAlias: true}, typ: "CNAME", targets: []string{"lb.example.net"}, props: []record.Prop{{Name: "aws/weight", Value: "1"}}, want: "CNAME lb.example.net alias=true aws/weight=1"},
		"alias, told":       {why: "the object knows better", opts: view.Options{PreferAlias: true}, typ: "CNAME", targets: []string{"lb.example.net"}, props: []record.Prop{{Name: "alias", Value: "false"}}, want: "CNAME lb.example.net alias=false"},
		"alias, address":    {why: "only a CNAME", opts: view.Options{PreferAlias: true}, typ: "A", targets: []string{"192.0.2.1"}, want: "A 192.0.2.1"},
		"alias of defaults": {why: "a default target too", opts: view.Options{PreferAlias: true, DefaultTargets: lb[2:]}, typ: "A", want: "CNAME lb.example.net alias=true"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.opts.Policy = "sync"; tc.opts.Check() != nil {
				t.Fatal(tc.opts.Check())
			}
			e := endpoint.Endpoint{Name: "www.example.com", Type: tc.typ, Targets: tc.targets, TTL: tc.ttl, Props: tc.props}
			before := show([]endpoint.Endpoint{e})
			got, why := tc.opts.Spec("v", "aws", nil, nil).Endpoint(e)
			if diff := cmp.Diff(tc.want, show(got)); diff != "" || why.Code != tc.code {
				t.Errorf("%s: reason %v, want %q (-want +got):\n%s", tc.why, why, tc.code, diff)
			}
			if after := show([]endpoint.Endpoint{e}); after != before {
				t.Errorf("the endpoint itself has changed to %s", after)
			}
		})
	}
}

func TestHold(t *testing.T) {
	waits := reason.New(reason.NoAddressYet, "no address")
	for name, tc := range map[string]struct {
		why  string
		opts view.Options
		code reason.Reason
		want string
		kept int
	}{
		"stays":           {why: "nothing supplies an address", code: waits, kept: 1},
		"default":         {why: "the default target does", opts: view.Options{DefaultTargets: []string{"203.0.113.1"}}, code: waits, want: "A 203.0.113.1"},
		"unknown":         {why: "what can't be read may have an address", opts: view.Options{DefaultTargets: []string{"203.0.113.1"}}, code: reason.New(reason.KindForbidden, "no"), kept: 1},
		"default dropped": {why: "no default target passes: what is published stays", opts: view.Options{DefaultTargets: []string{"203.0.113.1"}, ExcludeTargetNets: []string{"203.0.113.0/24"}}, code: waits, kept: 1},
	} {
		t.Run(name, func(t *testing.T) {
			made, kept := tc.opts.Spec("v", "aws", nil, nil).Hold(endpoint.Hold{Name: "www.example.com", Why: tc.code})
			if show(made) != tc.want || len(kept) != tc.kept {
				t.Errorf("made %q, kept %d; want %q and %d (%s)", show(made), len(kept), tc.want, tc.kept, tc.why)
			}
		})
	}
}

func TestSelect(t *testing.T) {
	ingress := endpoint.Origin{Ref: endpoint.Ref{Kind: "ingress", Namespace: "ns", Name: "x"}, Class: "nginx", Labels: map[string]string{"a": "1"}}
	node := endpoint.Origin{Ref: endpoint.Ref{Kind: "node", Name: "n"}}
	has := func(key string) func(map[string]string) bool {
		return func(m map[string]string) bool { return m[key] != "" }
	}
	for name, tc := range map[string]struct {
		why  string
		spec view.Spec
		from endpoint.Origin
		out  bool
	}{
		"all":             {why: "nothing is set", from: ingress},
		"namespace":       {why: "the object's own", spec: view.Spec{Namespaces: []string{"ns"}}, from: ingress},
		"other namespace": {why: "not the object's", spec: view.Spec{Namespaces: []string{"other"}}, from: ingress, out: true},
		"cluster":         {why: "an object of the cluster is in every namespace", spec: view.Spec{Namespaces: []string{"other"}}, from: node},
		"label":           {why: "it has it", spec: view.Spec{Labels: has("a")}, from: ingress},
		"no label":        {why: "it hasn't", spec: view.Spec{Labels: has("b")}, from: ingress, out: true},
		"annotation":      {why: "it hasn't", spec: view.Spec{Annotations: has("b")}, from: ingress, out: true},
		"class":           {why: "one of them", spec: view.Spec{Classes: []string{"a", "nginx"}}, from: ingress},
		"other class":     {why: "none of them", spec: view.Spec{Classes: []string{"a"}}, from: ingress, out: true},
		"class of a node": {why: "classes are of Ingresses", spec: view.Spec{Classes: []string{"a"}}, from: node},
		"name":            {why: "the name doesn't pass", spec: view.Spec{Domains: view.NewDomains([]string{"example.net"}, nil, nil, nil)}, from: ingress, out: true},
	} {
		t.Run(name, func(t *testing.T) {
			if why := tc.spec.Select(&tc.from, "www.example.com"); why.None() == tc.out || tc.out && why.Code != reason.Filtered {
				t.Errorf("Select = %v; want out: %v (%s)", why, tc.out, tc.why)
			}
		})
	}
}

func TestOptionsCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		opts view.Options
		want []string // in the errors, in order
	}{
		"good":        {why: "all is well", opts: view.Options{Policy: "sync", ManagedTypes: []string{"A,AAAA", "cname"}, DomainFilter: []string{"", ".example.com"}}},
		"policy":      {why: "three policies", opts: view.Options{Policy: "Sync"}, want: []string{"--policy=Sync"}},
		"type":        {why: "not a type", opts: view.Options{Policy: "sync", ManagedTypes: []string{"A,B"}}, want: []string{"--managed-record-types=B"}},
		"excluded":    {why: "not a type", opts: view.Options{Policy: "sync", ExcludedTypes: []string{"X"}}, want: []string{"--exclude-record-types=X"}},
		"namespace":   {why: "no namespace can be called so", opts: view.Options{Policy: "sync", Namespace: "Bad_NS"}, want: []string{"--namespace=Bad_NS"}},
		"a namespace": {why: "as Kubernetes names them", opts: view.Options{Policy: "sync", Namespace: "kube-system2"}},
		"long":        {why: "64 are too many", opts: view.Options{Policy: "sync", Namespace: strings.Repeat("a", 64)}, want: []string{"--namespace=aaa"}},
		"all told": {why: "every mistake at once, sorted", opts: view.Options{
			Policy: "sync", DomainFilter: []string{"a..b"}, RegexFilter: "(", TargetNets: []string{"192.0.2.1"}, DefaultTargets: []string{"a b"}, MinTTL: -1,
		}, want: []string{"--default-targets=a b", "--domain-filter=a..b", "--min-ttl=", "--regex-domain-filter=(", "--target-net-filter=192.0.2.1"}},
	} {
		t.Run(name, func(t *testing.T) {
			var errs []string
			if err := tc.opts.Check(); err != nil {
				errs = strings.Split(err.Error(), "\n")
			}
			if len(errs) != len(tc.want) {
				t.Fatalf("%v; want %v (%s)", errs, tc.want, tc.why)
			}
			for i, err := range errs {
				if !strings.HasPrefix(err, tc.want[i]) {
					t.Errorf("error %d is %q, want %s", i, err, tc.want[i])
				}
			}
		})
	}
}

func TestManages(t *testing.T) {
	s := view.Options{ManagedTypes: []string{"a,AAAA", "TXT"}, ExcludedTypes: []string{"AAAA"}}.Spec("v", "aws", nil, nil)
	for typ, want := range map[record.Type]bool{record.A: true, record.TXT: true, record.AAAA: false, record.CNAME: false} {
		if s.Manages(typ) != want {
			t.Errorf("Manages(%s) = %v, want %v", typ, !want, want)
		}
	}
}
