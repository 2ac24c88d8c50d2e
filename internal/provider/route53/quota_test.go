// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"fmt"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/route53"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

// TestQuota has a zone for five record sets, of which its NS and SOA are two.
func TestQuota(t *testing.T) {
	e := emulateWith(t, r53emu.Options{Limits: r53emu.Limits{Sets: 5}})
	z := e.zone("example.com")
	p := e.open(route53.Defaults(), provider.Filter{})
	if limit, err := p.Quota(t.Context(), z); err != nil || limit != 5 {
		t.Fatalf("the limit is %d, %v; want 5", limit, err)
	}
	address := func(i int, value string) *record.Set {
		return &record.Set{Key: record.Key{Name: dnsname.Name(fmt.Sprintf("n%d.example.com", i)), Type: record.A}, TTL: 300, Values: []string{value}}
	}
	apply := func(changes ...change.Change) error {
		var b change.Batch
		for _, c := range changes {
			b.Groups = append(b.Groups, change.Group{Name: c.Key().Name, Changes: []change.Change{c}})
		}
		_, err := p.Apply(t.Context(), z, b)
		return err
	}
	if err := apply(change.Change{After: address(1, "192.0.2.1")}, change.Change{After: address(2, "192.0.2.1")}, change.Change{After: address(3, "192.0.2.1")}); err != nil {
		t.Fatal(err)
	}
	// In this order: each finds the zone as the ones before left it.
	for _, tc := range []struct {
		why     string
		changes []change.Change
		full    bool
	}{
		{"one more", []change.Change{{After: address(4, "192.0.2.1")}, {Before: address(1, "192.0.2.1"), After: address(1, "192.0.2.2")}}, true},
		{"exchange", []change.Change{{After: address(4, "192.0.2.1")}, {Before: address(2, "192.0.2.1")}}, false},
		{"update", []change.Change{{Before: address(3, "192.0.2.1"), After: address(3, "192.0.2.2")}}, false},
	} {
		err := apply(tc.changes...)
		if (err != nil) != tc.full || tc.full && provider.ClassOf(err) != provider.Full {
			t.Errorf("%s: %v, of the class %s; want full: %v", tc.why, err, provider.ClassOf(err), tc.full)
		}
	}
}

// TestNotTheQuota has refusals for other limits, which aren't the zone's.
func TestNotTheQuota(t *testing.T) {
	for _, tc := range []struct {
		code, message string
		want          provider.Class
	}{
		{"InvalidChangeBatch", "[Number of records limit of 1000 exceeded.]", provider.Rejected},
		{"InvalidChangeBatch", "[Exceeded limit on number of weighted RRSets for www.example.com., type CNAME in this zone.]", provider.Rejected},
		{"LimitsExceeded", "This operation can't be completed because the account has reached a limit.", provider.Full},
	} {
		e := emulate(t)
		z := e.zone("example.com")
		e.Fail("ChangeResourceRecordSets", 1, r53emu.Fault{Err: &r53emu.Error{Status: 400, Code: tc.code, Message: tc.message}})
		s := record.Set{Key: record.Key{Name: "www.example.com", Type: record.A}, TTL: 300, Values: []string{"192.0.2.1"}}
		_, err := e.open(route53.Defaults(), provider.Filter{}).Apply(t.Context(), z, change.Batch{Groups: []change.Group{{Name: s.Name, Changes: []change.Change{{After: &s}}}}})
		if provider.ClassOf(err) != tc.want {
			t.Errorf("%s: %v is %s, want %s", tc.message, err, provider.ClassOf(err), tc.want)
		}
	}
}
