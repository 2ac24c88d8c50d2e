// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
)

// TestFailOver has two servers, of which the first dies while a zone is transferred: the transfer begins again at the other one, and
// everything after goes there at once.
func TestFailOver(t *testing.T) {
	one, two := startBIND(t, plan{content: many(3000)}), startKnot(t, plan{content: many(3000)})
	z := one.fresh(t)
	var asked atomic.Int32
	front := between{
		question: func(raw []byte, _ *dns.Msg) []byte { asked.Add(1); return raw },
		answer: func(i int, raw []byte, _ *dns.Msg) []byte {
			if i == 1 { // the second message of the transfer
				one.stop()
				return nil
			}
			return raw
		},
	}.listen(t, one.at)
	o := one.options()
	o.Hosts = []string{front, two.at}
	p := open(t, o)
	page, err := p.Records(t.Context(), z, "")
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Sets) != 3002 || asked.Load() != 1 {
		t.Errorf("%d record sets, and the first server was asked %d times", len(page.Sets), asked.Load())
	}
	www := set(z, "www", record.A, "192.0.2.1")
	if _, err := p.Apply(t.Context(), z, batch(create(www))); err != nil {
		t.Error(err)
	}
	got, err := p.Names(t.Context(), z, []dnsname.Name{www.Name})
	if diff := cmp.Diff([]record.Set{www}, got); diff != "" || err != nil {
		t.Errorf("%v, %s", err, diff)
	}
	if asked.Load() != 1 {
		t.Errorf("the dead server is asked first, still: %d questions", asked.Load())
	}
}

// TestHostsThatRefuse has a first host that takes no updates of the zone: the next one does.
func TestHostsThatRefuse(t *testing.T) {
	lame, good := startKnot(t, plan{zones: 1}), startBIND(t, plan{zones: 2})
	o := good.options()
	o.Hosts = []string{lame.at, good.at}
	z := zoneOf(zoneName(1)) // which the first host doesn't have
	p := open(t, o)
	if _, err := p.Apply(t.Context(), z, batch(create(set(z, "www", record.A, "192.0.2.1")))); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(in(z, "www.ZONE A 300 192.0.2.1"), holds(t, p, z)); diff != "" {
		t.Error(diff)
	}
	o.Hosts = []string{lame.at, lame.at}
	_, err := open(t, o).Apply(t.Context(), z, batch(create(set(z, "www2", record.A, "192.0.2.1"))))
	if e := failure(t, err); e.Class != provider.Denied || e.Action != "UPDATE" {
		t.Errorf("%v, %q", err, e.Action)
	}
}

// TestUncertain loses the answer to an update: it may have been made, so no other host gets it, and reading tells.
func TestUncertain(t *testing.T) {
	one, two := startKnot(t, plan{}), startBIND(t, plan{})
	z := one.fresh(t)
	lost := between{answer: func(_ int, raw []byte, m *dns.Msg) []byte {
		if m.Opcode == dns.OpcodeUpdate {
			return nil
		}
		return raw
	}}
	o := one.options()
	o.Hosts = []string{lost.listen(t, one.at), two.at}
	www := set(z, "www", record.A, "192.0.2.1")
	_, err := open(t, o).Apply(t.Context(), z, batch(create(www)))
	if e := failure(t, err); e.Class != provider.Uncertain {
		t.Errorf("%v", err)
	}
	if got := holds(t, open(t, two.options()), z); got != nil {
		t.Errorf("the other host got it too: %v", got)
	}
	if got := holds(t, open(t, one.options()), z); len(got) != 1 {
		t.Errorf("the first host has %v", got)
	}
}

// TestNobodyThere has hosts that can't be reached: nothing was changed.
func TestNobodyThere(t *testing.T) {
	s := startKnot(t, plan{})
	z := s.fresh(t)
	o := s.options()
	s.stop()
	p := open(t, o)
	_, err := p.Apply(t.Context(), z, batch(create(set(z, "www", record.A, "192.0.2.1"))))
	if e := failure(t, err); e.Class != provider.Unavailable {
		t.Error(err)
	}
	for why, s := range map[string]record.Set{
		"a name elsewhere": {Key: record.Key{Name: "www.example.net", Type: record.A}, Values: []string{"192.0.2.1"}},
		"the apex's NS":    set(z, "", record.NS, "ns.example.net"),
		"an SOA":           set(z, "", record.SOA, "a. b. 1 2 3 4 5"),
	} {
		_, err := p.Apply(t.Context(), z, batch(create(s))) // nobody needs to be asked
		if e := failure(t, err); e.Class != provider.Rejected || len(e.Keys) != 1 || e.Keys[0] != s.Key {
			t.Errorf("%s: %v", why, err)
		}
	}
	if _, err = p.Records(t.Context(), z, ""); failure(t, err).Class != provider.Unavailable {
		t.Error(err)
	}
}
