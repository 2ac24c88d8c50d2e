// SPDX-License-Identifier: Apache-2.0

package awssd_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/awssd"
)

const web = "web.example.com"

func set(t record.Type, value string) record.Set {
	return record.Set{Key: record.Key{Name: web, Type: t}, TTL: 300, Values: []string{value}}
}

func note(text string) record.Set {
	return record.Set{Key: record.Key{Name: web, Type: record.Note}, Values: []string{record.Quote(text)}}
}

const (
	mine   = "heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/default/web"
	theirs = "heritage=external-dns,external-dns/owner=them,external-dns/resource=ingress/default/web"
)

// open opens the ledger of web over what stands there.
func open(name dnsname.Name, cleanup bool, sets ...record.Set) registry.Ledger {
	look := func(n dnsname.Name) []record.Set {
		return slices.DeleteFunc(slices.Clone(sets), func(s record.Set) bool { return s.Name != n })
	}
	return awssd.New("me", cleanup).Open(name, zone.Zone{Name: "example.com"}, look, nil)
}

// TestClaim: the description decides, for every record set of the name; one of a service that isn't described is foreign.
func TestClaim(t *testing.T) {
	a := set(record.A, "192.0.2.1")
	for why, tc := range map[string]struct {
		sets  []record.Set
		owner string
		code  reason.Code
	}{
		"ours":                        {[]record.Set{a, note(mine)}, "me", ""},
		"theirs":                      {[]record.Set{a, note(theirs)}, "them", ""},
		"a description of somebody's": {[]record.Set{a, note("shop front")}, "", reason.Foreign},
		"of another program":          {[]record.Set{a, note("heritage=other,external-dns/owner=me")}, "", reason.Foreign},
		"none":                        {[]record.Set{a}, "", reason.Foreign},
		"a TXT set is no description": {[]record.Set{a, {Key: record.Key{Name: web, Type: record.TXT}, Values: []string{record.Quote(mine)}}}, "", reason.Foreign},
	} {
		l := open(web, false, tc.sets...)
		c, ok, because := l.Claim(a)
		if ok != (tc.owner != "") || c.Owner != tc.owner || because.Code != tc.code {
			t.Errorf("%s: %+v, %v, %v", why, c, ok, because)
		}
		if ok && c.Resource != "ingress/default/web" {
			t.Errorf("%s: for %q", why, c.Resource)
		}
	}
	if !open(web, false).IsMarker(note("anything")) || open(web, false).IsMarker(a) {
		t.Error("every description is a marker, and nothing else is")
	}
}

// TestAttach proves the invariant together for descriptions, and foreign where they are others'.
func TestAttach(t *testing.T) {
	a, b, six, cname := set(record.A, "192.0.2.1"), set(record.A, "192.0.2.2"), set(record.AAAA, "2001:db8::1"), set(record.CNAME, "x.example.net")
	apex := a
	apex.Name = "example.com"
	const other = "ingress/default/other"
	owned := func(resource string, sets ...record.Set) []registry.Owned {
		var out []registry.Owned
		for _, s := range sets {
			out = append(out, registry.Owned{Set: s, Resource: resource})
		}
		return out
	}
	const res = "ingress/default/web"
	for why, tc := range map[string]struct {
		cleanup bool
		sets    []record.Set
		changes []change.Change
		after   []registry.Owned
		want    string
	}{
		"a new name gets one":                    {false, nil, []change.Change{{After: &a}}, owned(res, a), "create " + mine},
		"an update takes it along":               {false, []record.Set{a, note(mine)}, []change.Change{{Before: &a, After: &b}}, owned(res, b), "keep " + mine},
		"at rest nothing changes":                {true, []record.Set{a, note(mine)}, nil, owned(res, a), ""},
		"another object has the name":            {false, []record.Set{a, note(mine)}, nil, owned(other, a), "update " + strings.ReplaceAll(mine, "/web", "/other")},
		"the named object keeps it":              {false, []record.Set{a, note(mine)}, []change.Change{{Before: &a, After: &b}}, append(owned(other, a), owned(res, b)...), "keep " + mine},
		"a delete is conditional on it":          {false, []record.Set{a, note(mine)}, []change.Change{{Before: &a}}, nil, "keep " + mine},
		"a delete takes it along, with cleanup":  {true, []record.Set{a, note(mine)}, []change.Change{{Before: &a}}, nil, "delete " + mine},
		"what is left over stays":                {false, []record.Set{note(mine)}, nil, nil, ""},
		"what is left over goes, with cleanup":   {true, []record.Set{note(mine)}, nil, nil, "delete " + mine},
		"a name that comes back":                 {false, []record.Set{note(mine)}, []change.Change{{After: &a}}, owned(res, a), "keep " + mine},
		"foreign: left over by another":          {true, []record.Set{note(theirs)}, nil, nil, ""},
		"foreign: nothing comes into it":         {false, []record.Set{note(theirs)}, []change.Change{{After: &a}}, owned(res, a), "OtherOwner A"},
		"foreign: nor into one without an owner": {false, []record.Set{note("")}, []change.Change{{After: &a}}, owned(res, a), "NotOurs A"},
		"two types":                              {false, nil, []change.Change{{After: &a}, {After: &six}}, owned(res, a, six), "BadValue AAAA"},
		"a type beside one that stays":           {false, []record.Set{six, note(mine)}, []change.Change{{After: &a}}, owned(res, a, six), "BadValue A"},
		"a change of type":                       {false, []record.Set{a, note(mine)}, []change.Change{{Before: &a}, {After: &cname}}, owned(res, cname), "keep " + mine},
		"the namespace itself":                   {false, nil, []change.Change{{After: &apex}}, owned(res, apex), "BadValue A"},
	} {
		name := dnsname.Name(web)
		if len(tc.after) > 0 {
			name = tc.after[0].Set.Name
		}
		markers, refused := open(name, tc.cleanup, tc.sets...).Attach(tc.changes, tc.after)
		if diff := cmp.Diff(tc.want, told(markers, refused)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", why, diff)
		}
	}
}

func told(markers []change.Change, refused []registry.Refused) string {
	var out []string
	for _, m := range markers {
		verb, s := string(m.Action()), m.After
		if m.Keeps() {
			verb = "keep"
		}
		if s == nil {
			s = m.Before
		}
		out = append(out, verb+" "+record.Unquote(s.Values[0]))
		if !m.Marker {
			out = append(out, "which isn't a marker")
		}
	}
	for _, r := range refused {
		out = append(out, fmt.Sprint(r.Why.Code, " ", r.Key.Type))
	}
	return strings.Join(out, ", ")
}
