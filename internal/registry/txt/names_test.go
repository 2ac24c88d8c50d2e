// SPDX-License-Identifier: Apache-2.0

package txt_test

import (
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/test/zonetext"
)

// TestNames has what each setting calls the marker of a record set, written and read back.
func TestNames(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		opts txt.Options
		at   dnsname.Name
		typ  record.Type
		want dnsname.Name
		code reason.Code
	}{
		"plain A":               {why: "type, hyphen, name", at: "www.example.com", typ: "A", want: "a-www.example.com"},
		"plain AAAA":            {why: "each type has its own marker", at: "www.example.com", typ: "AAAA", want: "aaaa-www.example.com"},
		"plain CNAME":           {why: "the type keeps it clear of the CNAME", at: "www.example.com", typ: "CNAME", want: "cname-www.example.com"},
		"apex":                  {why: "would be a-example.com", at: "example.com", typ: "A", code: reason.MarkerOutside},
		"wildcard":              {why: "an asterisk inside a label is a character like others", at: "*.example.com", typ: "A", want: "a-*.example.com"},
		"wildcard replaced":     {why: "the replacement stands for the asterisk", opts: txt.Options{Wildcard: "any"}, at: "*.example.com", typ: "A", want: "a-any.example.com"},
		"wildcard dotted":       {why: "a replacement may be several labels", opts: txt.Options{Wildcard: "any.one"}, at: "*.example.com", typ: "A", want: "a-any.one.example.com"},
		"prefix":                {why: "before the type", opts: txt.Options{Prefix: "edns-"}, at: "www.example.com", typ: "A", want: "edns-a-www.example.com"},
		"prefix at apex":        {why: "edns-a-example.com is outside the zone", opts: txt.Options{Prefix: "edns-"}, at: "example.com", typ: "A", want: "a-edns-.example.com"},
		"dotted prefix":         {why: "a label of its own", opts: txt.Options{Prefix: "edns."}, at: "www.example.com", typ: "A", want: "edns.a-www.example.com"},
		"dotted prefix at apex": {why: "edns.a-example.com is outside the zone", opts: txt.Options{Prefix: "edns."}, at: "example.com", typ: "A", want: "a-edns.example.com"},
		"template":              {why: "the type is in the prefix", opts: txt.Options{Prefix: "%{record_type}-edns."}, at: "www.example.com", typ: "CNAME", want: "cname-edns.www.example.com"},
		"template at apex":      {why: "inside the zone by itself", opts: txt.Options{Prefix: "%{record_type}-edns."}, at: "example.com", typ: "A", want: "a-edns.example.com"},
		"template and wildcard": {why: "a prefix in capitals is lowered", opts: txt.Options{Prefix: "Edns-%{record_type}."}, at: "*.example.com", typ: "AAAA", want: "edns-aaaa.*.example.com"},
		"template replaced":     {why: "template and replacement", opts: txt.Options{Prefix: "edns-%{record_type}-", Wildcard: "any"}, at: "*.example.com", typ: "A", want: "edns-a-any.example.com"},
		"suffix":                {why: "after the first label", opts: txt.Options{Suffix: "-edns"}, at: "www.example.com", typ: "A", want: "a-www-edns.example.com"},
		"suffix at apex":        {why: "would be a-example-edns.com", opts: txt.Options{Suffix: "-edns"}, at: "example.com", typ: "A", code: reason.MarkerOutside},
		"suffix template":       {why: "the type is in the suffix", opts: txt.Options{Suffix: "-%{record_type}-edns"}, at: "a.b.example.com", typ: "AAAA", want: "a-aaaa-edns.b.example.com"},
		"suffix label":          {why: "a suffix may begin a label", opts: txt.Options{Suffix: ".%{record_type}"}, at: "www.example.com", typ: "CNAME", want: "www.cname.example.com"},
		"suffix replaced":       {why: "suffix and replacement", opts: txt.Options{Suffix: "-edns", Wildcard: "any"}, at: "*.example.com", typ: "CNAME", want: "cname-any-edns.example.com"},
		"untyped":               {why: "as v0.10 wrote it", opts: txt.Options{Format: "untyped"}, at: "www.example.com", typ: "A", want: "www.example.com"},
		"untyped prefix":        {why: "as v0.10 wrote it", opts: txt.Options{Format: "untyped", Prefix: "edns-"}, at: "www.example.com", typ: "CNAME", want: "edns-www.example.com"},
		"untyped AAAA":          {why: "the old form knew no AAAA", opts: txt.Options{Format: "untyped"}, at: "www.example.com", typ: "AAAA", want: "aaaa-www.example.com"},
		"untyped CNAME":         {why: "a CNAME stands alone", opts: txt.Options{Format: "untyped"}, at: "www.example.com", typ: "CNAME", code: reason.MarkerCNAME},
		"both CNAME":            {why: "a CNAME stands alone", opts: txt.Options{Format: "both"}, at: "www.example.com", typ: "CNAME", code: reason.MarkerCNAME},
		"untyped at apex":       {why: "the apex itself can hold a TXT", opts: txt.Options{Format: "untyped"}, at: "example.com", typ: "A", want: "example.com"},
		"long label": {
			why: "a- makes 64 of 62", at: "x1234567890123456789012345678901234567890123456789012345678901.example.com", typ: "A", code: reason.MarkerTooLong,
		},
		"fitting label": {
			why: "a- makes 63 of 61", at: "x123456789012345678901234567890123456789012345678901234567890.example.com", typ: "A",
			want: "a-x123456789012345678901234567890123456789012345678901234567890.example.com",
		},
		"type without a marker": {why: "ExternalDNS couldn't read it either", at: "www.example.com", typ: "CAA", code: reason.TypeCantDo},
	} {
		t.Run(name, func(t *testing.T) {
			r := txt.New(options(tc.opts))
			s := record.Set{Key: record.Key{Name: tc.at, Type: tc.typ}}
			l := r.Open(tc.at, example, zonetext.Look(nil), nobody)
			changes, refused := l.Attach([]change.Change{{After: &s}}, []registry.Owned{{Set: s, Resource: "ingress/ns/x"}})
			if tc.code != "" {
				if len(refused) != 1 || refused[0].Key != s.Key || refused[0].Why.Code != tc.code || refused[0].Why.Fix() == "" || changes != nil {
					t.Fatalf("refused %v with changes %v; want %s and how to mend it (%s)", refused, changes, tc.code, tc.why)
				}
				return
			}
			if len(changes) != 1 || changes[0].Key().Name != tc.want || changes[0].Action() != change.Create {
				t.Fatalf("changes %v, refused %v; want the creation of %s (%s)", changes, refused, tc.want, tc.why)
			}
			back := r.Open(tc.at, example, zonetext.Look([]record.Set{s, *changes[0].After}), nobody)
			c, ok, why := back.Claim(s)
			if !ok || c.Owner != us || c.Resource != "ingress/ns/x" || c.Key != s.Key {
				t.Errorf("read back %+v, %v, %v (%s)", c, ok, why, tc.why)
			}
		})
	}
}

// TestClaim has what markers are read for.
func TestClaim(t *testing.T) {
	for name, tc := range map[string]struct {
		why   string
		opts  txt.Options
		state string
		asks  string
		of    string // the first set of the state unless given
		owner string
		code  reason.Code
	}{
		"typed":                   {why: "the usual form", state: "www A 192.0.2.1\na-www TXT =ingress/ns/x", owner: us},
		"untyped":                 {why: "the form of v0.10", state: "www A 192.0.2.1\nwww TXT =ingress/ns/x", owner: us},
		"untyped for MX":          {why: "it claims every type but AAAA", state: "www MX 10\nwww TXT =ingress/ns/x", owner: us},
		"untyped for AAAA":        {why: "the form is older than AAAA support", state: "www AAAA 2001:db8::1\nwww TXT =ingress/ns/x", code: reason.Foreign},
		"shared":                  {why: "it claims what it lists", state: "www AAAA 2001:db8::1\nwww TXT =ingress/ns/x|A+AAAA", owner: us},
		"shared, not listed":      {why: "somebody's MX beside it isn't ours", state: "www MX 10\nwww TXT =ingress/ns/x|A+AAAA", code: reason.Foreign},
		"shared isn't typed":      {why: "a marker with a list is for its own name", state: "b A 192.0.2.1\na-b TXT =ingress/ns/x|A", code: reason.Foreign},
		"shared beside its like":  {why: "so it is clear whose it is", of: "a-b", state: "b A 192.0.2.1\na-b A 192.0.2.2\na-b TXT =ingress/ns/x|A", owner: us},
		"shared, wildcard":        {why: "any and * share it: neither is claimed", opts: txt.Options{Wildcard: "any"}, state: "* AAAA 2001:db8::1\nany AAAA 2001:db8::2\nany TXT =ingress/ns/x|AAAA", code: reason.Ambiguous},
		"typed before shared":     {why: "the more telling marker decides", state: "www A 192.0.2.1\na-www TXT =them:ingress/ns/x\nwww TXT =ingress/ns/x|A", owner: "them"},
		"none":                    {why: "no marker, not ours", state: "www A 192.0.2.1", code: reason.Foreign},
		"other type":              {why: "a marker claims its own type", state: "www AAAA 2001:db8::1\na-www TXT =ingress/ns/x", code: reason.Foreign},
		"other owner":             {why: "it is told whose it is", state: "www A 192.0.2.1\na-www TXT =them:ingress/ns/x", owner: "them"},
		"typed before untyped":    {why: "the more telling marker decides", state: "www A 192.0.2.1\na-www TXT =them:ingress/ns/x\nwww TXT =ingress/ns/x", owner: "them"},
		"alias marked as CNAME":   {why: "what was asked for was a CNAME", state: "www A alias:lb.example.net\ncname-www TXT =ingress/ns/x", owner: us},
		"address marked as CNAME": {why: "an address that somebody made after the CNAME was gone isn't ours", state: "www A 192.0.2.1\ncname-www TXT =ingress/ns/x", code: reason.Foreign},
		"AAAA alias as CNAME":     {why: "AAAA has no older form", state: "www AAAA alias:lb.example.net\ncname-www TXT =ingress/ns/x", code: reason.Foreign},
		"set identifier":          {why: "each set identifier has its marker", state: "www#b A 192.0.2.1\na-www#a TXT =ingress/ns/x", code: reason.Foreign},
		"own set identifier":      {why: "each set identifier has its marker", state: "www#b A 192.0.2.1\na-www#b TXT =ingress/ns/x", owner: us},
		"other text":              {why: "not a marker", state: "www A 192.0.2.1\na-www TXT hello", code: reason.Foreign},
		"text beside":             {why: "a marker may have other texts beside it", state: "www A 192.0.2.1\na-www TXT v=spf1 =ingress/ns/x", owner: us},
		"two owners":              {why: "a set with two owners' markers is neither's", state: "www A 192.0.2.1\na-www TXT =them:ingress/ns/x =ingress/ns/x", owner: "them,us"},
		"older template":          {why: "before the template the type stood before the name", opts: txt.Options{Prefix: "edns-%{record_type}."}, state: "www A 192.0.2.1\nedns-.a-www TXT =ingress/ns/x", owner: us},
		"older template, untyped": {why: "and before that there was no type", opts: txt.Options{Prefix: "edns-%{record_type}."}, state: "www A 192.0.2.1\nedns-.www TXT =ingress/ns/x", owner: us},
		"unprefixed, ours":        {why: "our own from before a prefix was set is read", opts: txt.Options{Prefix: "edns-"}, state: "www A 192.0.2.1\na-www TXT =ingress/ns/x", owner: us},
		"unprefixed, theirs":      {why: "another owner's without the prefix says nothing to us", opts: txt.Options{Prefix: "edns-"}, state: "www A 192.0.2.1\na-www TXT =them:ingress/ns/x", code: reason.Foreign},
		"old prefix":              {why: "--txt-old-prefix is read", opts: txt.Options{Prefix: "new.", OldPrefix: []string{"Old-"}}, state: "www A 192.0.2.1\nold-a-www TXT =ingress/ns/x", owner: us},
		"prefix of others":        {why: "an unknown prefix isn't read", opts: txt.Options{Prefix: "new."}, state: "www A 192.0.2.1\nold-a-www TXT =ingress/ns/x", code: reason.Foreign},
		"wildcard as replaced":    {why: "the replacement is read for the wildcard", opts: txt.Options{Wildcard: "any"}, state: "* A 192.0.2.1\na-any TXT =ingress/ns/x", owner: us},
		"wildcard and its double": {
			why: "any and * share a marker name: neither is claimed", opts: txt.Options{Wildcard: "any"},
			state: "* A 192.0.2.1\nany A 192.0.2.2\na-any TXT =ingress/ns/x", code: reason.Ambiguous,
		},
		"wildcard told by resource": {
			why: "the object asks for one of them", opts: txt.Options{Wildcard: "any"},
			state: "* A 192.0.2.1\nany A 192.0.2.2\na-any TXT =ingress/ns/x", asks: "ingress/ns/x *", owner: us,
		},
		"wildcard, old prefix": {
			why: "a-any of no prefix is read for any too, so it isn't proof that x-a-any is any's", opts: txt.Options{Wildcard: "any", Prefix: "x-"},
			of: "any", state: "* A 192.0.2.1\na-any TXT =ingress/ns/y\nany A 192.0.2.2\nx-a-any TXT =ingress/ns/x", code: reason.Ambiguous,
		},
		"wildcard, old prefix, told": {
			why: "each has an object that asks for it alone", opts: txt.Options{Wildcard: "any", Prefix: "x-"},
			state: "* A 192.0.2.1\na-any TXT =ingress/ns/y\nany A 192.0.2.2\nx-a-any TXT =ingress/ns/x", asks: "ingress/ns/y *\ningress/ns/x any", owner: us,
		},
		"a-b read as A of b":      {why: "an untyped marker of a-b fits A of b: neither", state: "b A 192.0.2.1\na-b A 192.0.2.2\na-b TXT =ingress/ns/x", code: reason.Ambiguous},
		"a-b itself":              {why: "the other way round", of: "a-b", state: "b A 192.0.2.1\na-b A 192.0.2.2\na-b TXT =ingress/ns/x", code: reason.Ambiguous},
		"a-b, told by resource":   {why: "the object asks for b alone", state: "b A 192.0.2.1\na-b A 192.0.2.2\na-b TXT =ingress/ns/x", asks: "ingress/ns/x b", owner: us},
		"a-b, asked for both":     {why: "the object asks for both names: nothing is told", state: "b A 192.0.2.1\na-b A 192.0.2.2\na-b TXT =ingress/ns/x", asks: "ingress/ns/x b\ningress/ns/x a-b", code: reason.Ambiguous},
		"a-b alone":               {why: "only a-b is there", state: "a-b A 192.0.2.2\na-b TXT =ingress/ns/x", owner: us},
		"a-b with its own":        {why: "a-b has a typed marker, so a-b's TXT is b's", state: "b A 192.0.2.1\na-b A 192.0.2.2\na-b TXT =ingress/ns/x\na-a-b TXT =ingress/ns/y", owner: us},
		"a-b of AAAA alone":       {why: "an untyped marker claims no AAAA, so it is b's", state: "b A 192.0.2.1\na-b AAAA 2001:db8::1\na-b TXT =ingress/ns/x", owner: us},
		"a-b of another id":       {why: "another set identifier, another marker", state: "b A 192.0.2.1\na-b#x A 192.0.2.2\na-b TXT =ingress/ns/x", owner: us},
		"ns-1 of another type":    {why: "ns-1 fits NS of 1, which isn't there", state: "ns-1 A 192.0.2.2\nns-1 TXT =ingress/ns/x\n1 A 192.0.2.3", owner: us},
		"txt-foo":                 {why: "TXT of foo is there", state: "txt-foo A 192.0.2.2\ntxt-foo TXT =ingress/ns/x\nfoo TXT hello", code: reason.Ambiguous},
		"mx-1":                    {why: "MX of 1 is there", state: "mx-1 A 192.0.2.2\nmx-1 TXT =ingress/ns/x\n1 MX 10", code: reason.Ambiguous},
		"cname-www and alias":     {why: "an alias A of www fits cname-www too", state: "cname-www A 192.0.2.2\ncname-www TXT =ingress/ns/x\nwww A alias:lb.example.net", code: reason.Ambiguous},
		"marker without a suffix": {why: "it isn't of these settings, though our own", opts: txt.Options{Suffix: "-edns"}, state: "www A 192.0.2.1\na-www TXT =ingress/ns/x", owner: us},
		"untyped at apex":         {why: "prefix and apex make that name", opts: txt.Options{Prefix: "edns."}, state: "@ A 192.0.2.1\nedns TXT =ingress/ns/x", owner: us},
		"apex inside":             {why: "where a fixed prefix would leave the zone", opts: txt.Options{Prefix: "edns."}, state: "@ A 192.0.2.1\na-edns TXT =ingress/ns/x", owner: us},
		"apex form below":         {why: "that form is the apex's alone", opts: txt.Options{Prefix: "edns."}, state: "www A 192.0.2.1\na-edns.www TXT =ingress/ns/x", code: reason.Foreign},
	} {
		t.Run(name, func(t *testing.T) {
			state := zonetext.Sets(t, tc.state)
			s := state[0]
			if tc.of != "" {
				for _, x := range state {
					if x.Name == zonetext.Full(tc.of) && x.Type != record.TXT {
						s = x
					}
				}
			}
			l := txt.New(options(tc.opts)).Open(s.Name, example, zonetext.Look(state), asks(t, tc.asks))
			c, ok, why := l.Claim(s)
			if ok != (tc.owner != "") || c.Owner != tc.owner || why.Code != tc.code {
				t.Errorf("claim of %s: owner %q, reason %v; want owner %q, reason %q (%s)", s.Key, c.Owner, why, tc.owner, tc.code, tc.why)
			}
		})
	}
}
