// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/probe"
	"nafuda.io/nafuda/internal/serve/zonedb"
	"nafuda.io/nafuda/test/resolvers"
)

// dnsmasq starts one that forwards to an upstream.
func dnsmasq(t *testing.T, upstream string, lines ...string) string {
	return resolvers.Dnsmasq(t, "example.com", append(lines, "server="+strings.Replace(upstream, ":", "#", 1))...)
}

// unbound starts one that asks an upstream for example.com.
func unbound(t *testing.T, upstream string, options ...string) string {
	lines := append([]string{"server:", `module-config: "iterator"`}, options...)
	return resolvers.Unbound(t, append(lines, "stub-zone:", "name: example.com", "stub-addr: "+strings.Replace(upstream, ":", "@", 1))...)
}

// TestRealResolvers takes the signs of each cause from the resolvers that people have.
func TestRealResolvers(t *testing.T) {
	www, nas, home := set("www.example.com", record.A, public), set("nas.example.com", record.A, lan), set("home.example.com", record.CNAME, "nas.example.com")
	early := set("early.example.com", record.A, public)
	for kind, tc := range map[string]struct {
		start           func(t *testing.T, upstream string, lines ...string) string
		strips, excepts []string // options
		strange         []string // that make an answer for www.example.com up
	}{
		// dnsmasq takes TEST-NETs for private, too: hence the exception for www.
		"dnsmasq": {dnsmasq, []string{"stop-dns-rebind", "rebind-domain-ok=/www.example.com/early.example.com/"}, []string{"stop-dns-rebind", "rebind-domain-ok=/example.com/"}, []string{"address=/www.example.com/203.0.113.9"}},
		"unbound": {unbound, []string{"private-address: 192.168.0.0/16"}, []string{"private-address: 192.168.0.0/16", "private-domain: example.com"}, []string{`local-data: "www.example.com A 203.0.113.9"`}},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			upstream, db := editable(t, www, nas, home)
			judge := func(resolver string, s record.Set) Row {
				about := subject(s)
				about.Name = s.Name
				row, _ := ask(t, about, []string{upstream}, resolver, none)
				return row
			}
			want := func(row Row, code reason.Code, why string) {
				t.Helper()
				if code == "" && !row.Good || code != "" && (row.Good || row.Causes[0].Reason.Code != code) {
					t.Errorf("%s: %+v, want %q", why, row, code)
				}
			}
			strips := tc.start(t, upstream, tc.strips...)
			want(judge(strips, www), "", "a public address passes")
			want(judge(strips, nas), reason.Rebinding, "a private address doesn't")
			want(judge(strips, home), reason.Rebinding, "nor at the end of a CNAME")
			excepts := tc.start(t, upstream, tc.excepts...)
			want(judge(excepts, nas), "", "the exception that the fix names helps")
			want(judge(tc.start(t, upstream, tc.strange...), www), reason.LocalAnswer, "data of its own")

			lookup(t, strips, early.Name)
			edit(t, db, early)
			row := judge(strips, early)
			want(row, reason.AbsenceCached, "looked up before it was there")
			if !strings.Contains(row.Causes[0].Reason.Text, "for another ") {
				t.Errorf("%q doesn't tell how long it is remembered", row.Causes[0].Reason.Text)
			}
			edit(t, db, set("www.example.com", record.A, "198.51.100.8"))
			want(judge(strips, set("www.example.com", record.A, "198.51.100.8")), reason.StaleCache, "the address of before")
		})
	}
}

// lookup asks a resolver, as anybody might.
func lookup(t *testing.T, resolver string, name dnsname.Name) {
	t.Helper()
	if s := probe.New(probe.Options{}).Look(t.Context(), []string{resolver}, probe.Ask{Name: name, Type: record.A, Recurse: true}); !s.Answered() {
		t.Fatalf("%s doesn't answer", resolver)
	}
}

func edit(t *testing.T, db *zonedb.DB, s record.Set) {
	t.Helper()
	if err := db.Edit("Z1", func(tx *zonedb.Tx) error { tx.Set(s); return nil }); err != nil {
		t.Fatal(err)
	}
}
