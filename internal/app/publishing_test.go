// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry/dynamodb"
)

// ofFile are options as a file gives them: views named a, b and so on.
func ofFile(edits ...func(*ViewOptions)) Options {
	o := Options{Use: []string{"ingress"}, Config: "nafuda.yaml"}
	for i, edit := range edits {
		v := ViewOptions{Name: string(rune('a' + i)), Provider: "aws", Registry: "txt"}
		v.View.Policy, v.TXT.Owner, v.TXT.Prefix, v.DynamoDB.Table = "sync", "me", "own-", "external-dns"
		edit(&v)
		o.Views = append(o.Views, v)
	}
	return o
}

// noAWS keeps the machine's own configuration out.
func noAWS(t *testing.T) {
	t.Helper()
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("[profile p]\nregion = eu-west-1\n[profile q]\nregion = eu-west-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
}

func lan(host string) func(*ViewOptions) {
	return func(v *ViewOptions) {
		v.Provider = "rfc2136"
		v.Publish.RFC2136.Hosts, v.Publish.RFC2136.Zones, v.Publish.RFC2136.Insecure, v.Publish.RFC2136.Port = []string{host}, []string{"example.com"}, true, 53
	}
}

// TestSharedAccounts: views whose options of the provider are equal share an account, others never have one of the same name.
func TestSharedAccounts(t *testing.T) {
	noAWS(t)
	same := func(*ViewOptions) {}
	for name, tc := range map[string]struct {
		why   string
		views []func(*ViewOptions)
		want  string // each view's accounts
	}{
		"equal": {why: "one limiter, one worker a zone", views: []func(*ViewOptions){same, same}, want: "a=default b=default"},
		"what isn't the account": {
			why: "policy, owner and selection are the view's", want: "a=default b=default",
			views: []func(*ViewOptions){same, func(v *ViewOptions) {
				v.View.Policy, v.TXT.Owner, v.View.DomainFilter = "upsert-only", "you", []string{"example.com"}
			}},
		},
		"another provider's options": {
			why: "they say nothing about this one", want: "a=default b=default",
			views: []func(*ViewOptions){same, func(v *ViewOptions) { v.Publish.RFC2136.Port = 5353 }},
		},
		"another profile": {why: "another account", views: []func(*ViewOptions){same, func(v *ViewOptions) { v.Publish.AWS.Profiles = []string{"q"} }}, want: "a=default b=q"},
		"another role": {
			why: "of the same name, so it has the view's behind it", want: "a=default b=default@b",
			views: []func(*ViewOptions){same, func(v *ViewOptions) { v.Publish.AWS.AssumeRole = "arn:aws:iam::123456789012:role/x" }},
		},
		"another provider": {why: "likewise", views: []func(*ViewOptions){same, lan("192.0.2.1")}, want: "a=default b=default@b"},
		"two name servers": {why: "their zones have the same ids", views: []func(*ViewOptions){lan("192.0.2.1"), lan("192.0.2.2"), lan("192.0.2.1")}, want: "a=default b=default@b c=default"},
	} {
		t.Run(name, func(t *testing.T) {
			o := ofFile(tc.views...)
			p, err := o.publishing(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range p.views {
				got = append(got, v.Spec.Name+"="+strings.Join(v.Accounts, ","))
			}
			if s := strings.Join(got, " "); s != tc.want {
				t.Errorf("%s, want %s (%s)", s, tc.want, tc.why)
			}
			keys := make(map[zone.Key]string)
			for _, a := range p.accounts() {
				if a.Provider.Describe().Name != "rfc2136" {
					continue
				}
				zones, err := a.Provider.Zones(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, z := range zones {
					if other := keys[z.Key]; other != "" {
						t.Errorf("the accounts %s and %s have the zone %v", other, a.Name, z.Key)
					}
					keys[z.Key] = a.Name
				}
			}
		})
	}
}

// TestViewsNarrowZones: of a shared account's zones each view uses those that pass its own filter.
func TestViewsNarrowZones(t *testing.T) {
	noAWS(t)
	o := ofFile(
		func(v *ViewOptions) { v.View.DomainFilter = []string{"example.com"} },
		func(v *ViewOptions) { v.View.ZoneIDs = []string{"/hostedzone/Z2"} },
		func(*ViewOptions) {},
		func(v *ViewOptions) {
			v.View.DomainFilter, v.Publish.Route53.ZoneMatchParent = []string{"a.example.com"}, true
		},
		func(v *ViewOptions) { v.View.DomainFilter = []string{"a.example.com"} },
	)
	p, err := o.publishing(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range p.views {
		used := ""
		for id, name := range []string{"example.com", "example.net"} {
			if v.Zones(zone.Zone{Key: zone.Key{ID: fmt.Sprintf("Z%d", id+1)}, Name: dnsname.MustParse(name)}) {
				used += " " + name
			}
		}
		got = append(got, v.Spec.Name+used)
	}
	if diff := cmp.Diff([]string{"a example.com", "b example.net", "c example.com example.net", "d example.com", "e"}, got); diff != "" {
		t.Errorf("the zones of views (-want +got):\n%s", diff)
	}
}

// TestWhatStaysOpen: accounts and tables whose options are unchanged are the same values after the file has changed, so that what is known
// of them stays.
func TestWhatStaysOpen(t *testing.T) {
	noAWS(t)
	t.Setenv("AWS_REGION", "eu-central-1")
	table := func(v *ViewOptions) { v.Registry = dynamodbName }
	before := ofFile(table, lan("192.0.2.1"), func(v *ViewOptions) { v.Publish.AWS.Profiles = []string{"p"} })
	was, err := before.publishing(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	after := ofFile(table, lan("192.0.2.2"), func(v *ViewOptions) {
		v.Publish.AWS.Profiles, v.View.DomainFilter, v.View.Policy = []string{"p"}, []string{"example.net"}, "upsert-only"
	})
	is, err := after.publishing(t.Context(), was)
	if err != nil {
		t.Fatal(err)
	}
	kept := func(i int) bool {
		find := func(p *publishing) reconcile.Account {
			all := p.accounts()
			return all[slices.IndexFunc(all, func(a reconcile.Account) bool { return a.Name == p.views[i].Accounts[0] })]
		}
		return find(was).Provider == find(is).Provider
	}
	if !kept(0) || kept(1) || !kept(2) {
		t.Errorf("kept: %v %v %v; want that only the second view's name server is opened anew", kept(0), kept(1), kept(2))
	}
	if was.views[0].Store == nil || was.views[0].Store != is.views[0].Store {
		t.Error("the table of the first view is opened anew, though its options are the same")
	}
	other := ofFile(func(v *ViewOptions) { table(v); v.DynamoDB = dynamodb.Options{Table: "another"} })
	if is, err = other.publishing(t.Context(), was); err != nil || is.views[0].Store == was.views[0].Store {
		t.Errorf("another table is the same store (%v)", err)
	}
}

// TestViewsWatchTogether: feeds watch what some view looks at.
func TestViewsWatchTogether(t *testing.T) {
	in := func(namespaces ...string) func(*ViewOptions) {
		return func(v *ViewOptions) { v.View.Namespaces = namespaces }
	}
	for name, tc := range map[string]struct {
		why  string
		o    Options
		want []string
	}{
		"each its own": {why: "the union", o: ofFile(in("b"), in("a", "b")), want: []string{"a", "b"}},
		"one all":      {why: "then all", o: ofFile(in("b"), in())},
		"a flag":       {why: "one view", o: Options{ViewOptions: func() (v ViewOptions) { v.View.Namespace = "x"; return v }()}, want: []string{"x"}},
	} {
		if got := tc.o.namespaces(); !slices.Equal(got, tc.want) {
			t.Errorf("%s: %v, want %v (%s)", name, got, tc.want, tc.why)
		}
	}
	o := ofFile(func(v *ViewOptions) { v.View.LabelFilter = "a=1" }, func(v *ViewOptions) { v.View.LabelFilter, v.View.AnnotationFilter = "b", "c!=1" })
	keep, err := o.keep()
	if err != nil || !keep.Label("a") || !keep.Label("b") || keep.Label("c") || !keep.Annotation("c") {
		t.Errorf("the labels and annotations that views select by aren't kept (%v)", err)
	}
}

// TestLeaseStays: what the file says may change while replicas run, and they keep to one lease; flags make the name that they have always made.
func TestLeaseStays(t *testing.T) {
	a, b := ofFile(func(*ViewOptions) {}), ofFile(func(*ViewOptions) {}, func(v *ViewOptions) { v.TXT.Owner = "you" })
	one, err := a.scope()
	if err != nil {
		t.Fatal(err)
	}
	two, err := b.scope()
	if err != nil || one != two || a.owner() != b.owner() {
		t.Errorf("two contents of one file have the leases %q of %s and %q of %s (%v)", one, a.owner(), two, b.owner(), err)
	}
	flags := Options{Use: []string{"ingress"}, ViewOptions: ViewOptions{Provider: "aws", Registry: "txt"}}
	const made = `[["ingress"],["aws","txt"],["","",""],null,null,["",""],null,["","",""],null,null,null,null,null,null,["",""],null,[""]]`
	if got, err := flags.scope(); err != nil || got != made {
		t.Errorf("flags make the scope %s (%v), want %s", got, err, made)
	}
}

// TestCheckWarns of what a person may not have meant.
func TestCheckWarns(t *testing.T) {
	noAWS(t)
	for name, tc := range map[string]struct {
		why  string
		o    Options
		want []string // in the warnings
	}{
		"nothing": {why: "two views with zones of their own", o: ofFile(
			func(v *ViewOptions) { v.View.DomainFilter = []string{"example.com"} },
			func(v *ViewOptions) { v.View.DomainFilter, v.TXT.Owner = []string{"example.net"}, "you" },
		)},
		"owners":  {why: "neither touches what the other has", o: ofFile(func(*ViewOptions) {}, func(v *ViewOptions) { v.TXT.Owner = "you" }), want: []string{"the views a and b publish to the same zones with different owners"}},
		"source":  {why: "it selects nothing", o: ofFile(func(v *ViewOptions) { v.View.Sources = []string{"service"} }), want: []string{"view a selects nothing"}},
		"gateway": {why: "no Routes are watched", o: ofFile(func(v *ViewOptions) { v.View.Gateways = []string{"x"} }), want: []string{"no source of the Gateway API is watched"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Check(t.Context(), tc.o)
			if err != nil || len(got) != len(tc.want) {
				t.Fatalf("%v %v; want %v (%s)", got, err, tc.want, tc.why)
			}
			for i := range got {
				if !strings.Contains(got[i], tc.want[i]) {
					t.Errorf("%s, want %s (%s)", got[i], tc.want[i], tc.why)
				}
			}
		})
	}
}

// TestOne chooses a view as if flags had made it.
func TestOne(t *testing.T) {
	o := ofFile(func(*ViewOptions) {}, lan("192.0.2.1"))
	if _, err := o.One(""); err == nil || !strings.Contains(err.Error(), "--view: a, b") {
		t.Errorf("of two views none is named, and the error is %v", err)
	}
	one, err := o.One("b")
	if err != nil || one.Provider != "rfc2136" || len(one.views()) != 1 || one.views()[0].Name != "b" {
		t.Errorf("view b is %v (%v)", one.views(), err)
	}
	flags := Options{ViewOptions: ViewOptions{Provider: "aws"}}
	if one, err := flags.One(""); err != nil || one.views()[0].Name != viewName {
		t.Errorf("the view of flags: %v", err)
	}
	if err := o.Check(); err != nil {
		t.Error(err)
	}
	o.Views[1].Name = "a"
	if err := o.Check(); err == nil || !strings.Contains(err.Error(), "views[1]: name: another view is called a") {
		t.Errorf("two views of one name: %v", err)
	}
}

// TestNeedRestart names the keys that only a restart changes: those of the process, and what has objects watched otherwise.
func TestNeedRestart(t *testing.T) {
	start := ofFile(func(v *ViewOptions) { v.View.Namespaces, v.View.LabelFilter = []string{"a"}, "x" })
	for name, tc := range map[string]struct {
		why  string
		edit func(*Options)
		want []string
	}{
		"nothing":        {why: "the same", edit: func(*Options) {}},
		"a view":         {why: "views are replaced", edit: func(o *Options) { o.Views[0].View.Policy, o.Views[0].Provider = "upsert-only", "aws-sd" }},
		"the process":    {why: "each key is named", edit: func(o *Options) { o.Use, o.StateDir, o.Guard.MaxDeletes = []string{"service"}, "/x", 7 }, want: []string{"source", "state-dir", "max-deletes"}},
		"a namespace":    {why: "its objects aren't watched", edit: func(o *Options) { o.Views[0].View.Namespaces = []string{"a", "b"} }, want: []string{"namespace"}},
		"all namespaces": {why: "likewise", edit: func(o *Options) { o.Views[0].View.Namespaces = nil }, want: []string{"namespace"}},
		"labels":         {why: "they weren't kept", edit: func(o *Options) { o.Views[0].View.LabelFilter, o.Views[0].View.AnnotationFilter = "y", "z" }, want: []string{"label-filter", "annotation-filter"}},
		"fewer labels":   {why: "what is kept too much does no harm", edit: func(o *Options) { o.Views[0].View.LabelFilter = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			watched, err := start.watched()
			if err != nil {
				t.Fatal(err)
			}
			r := reloader{options: &start, watched: watched}
			now := start
			now.Views = slices.Clone(start.Views)
			tc.edit(&now)
			if got := r.needRestart(&now); !slices.Equal(got, tc.want) {
				t.Errorf("%v, want %v (%s)", got, tc.want, tc.why)
			}
		})
	}
}

// TestOneZoneOfTwoAccounts: a zone that two views reach with different options is known to be one; what may be two is never taken for one.
func TestOneZoneOfTwoAccounts(t *testing.T) {
	at := func(host, key string, ttl time.Duration) func(*ViewOptions) {
		return func(v *ViewOptions) {
			lan(host)(v)
			v.Publish.RFC2136.MinTTL = ttl
			if key != "" {
				v.Publish.RFC2136.Insecure, v.Publish.RFC2136.KeyName, v.Publish.RFC2136.Secret = false, key, "c2VjcmV0"
			}
		}
	}
	for name, tc := range map[string]struct {
		why    string
		second func(*ViewOptions)
		one    bool
	}{
		"another TTL":    {"that is how it is written, not where", at("192.0.2.1", "", time.Hour), true},
		"another server": {"it may have other data", at("192.0.2.2", "", 0), false},
		"another key":    {"the server may show each key a zone of its own", at("192.0.2.1", "inside", 0), false},
	} {
		t.Run(name, func(t *testing.T) {
			o := ofFile(at("192.0.2.1", "", 0), tc.second)
			p, err := o.publishing(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			var places []string
			for _, a := range p.accounts() {
				zones, err := a.Provider.Zones(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, z := range zones {
					places = append(places, z.Place)
				}
			}
			if len(places) != 2 || places[0] == "" || (places[0] == places[1]) != tc.one {
				t.Errorf("the places are %q (%s)", places, tc.why)
			}
		})
	}
}

// TestAccountsAreRenamedNever: an account that stays open keeps its name, after whichever view it is called, and one that is new has another.
func TestAccountsAreRenamedNever(t *testing.T) {
	name := func(name, host string) func(*ViewOptions) {
		return func(v *ViewOptions) { lan(host)(v); v.Name = name }
	}
	var before *publishing
	for i, step := range []struct {
		views []func(*ViewOptions)
		want  string
	}{
		{[]func(*ViewOptions){name("a", "192.0.2.1"), name("b", "192.0.2.2")}, "a=default b=default@b"},
		{[]func(*ViewOptions){name("a", "192.0.2.1"), name("c", "192.0.2.2"), name("b", "192.0.2.3")}, "a=default c=default@b b=default@b-2"},
		{[]func(*ViewOptions){name("a", "192.0.2.1"), name("c", "192.0.2.3"), name("b", "192.0.2.4")}, "a=default c=default@b-2 b=default@b"},
		{[]func(*ViewOptions){name("c", "192.0.2.3"), name("b", "192.0.2.4"), name("a", "192.0.2.2")}, "c=default@b-2 b=default@b a=default"},
	} {
		o := ofFile(step.views...)
		p, err := o.publishing(t.Context(), before)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range p.views {
			got = append(got, v.Spec.Name+"="+strings.Join(v.Accounts, ","))
		}
		if s := strings.Join(got, " "); s != step.want {
			t.Errorf("step %d: %s, want %s", i, s, step.want)
		}
		before = p
	}
}
