// SPDX-License-Identifier: Apache-2.0

package noop_test

import (
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry/noop"
)

func TestEverythingIsOursButMarkers(t *testing.T) {
	r := noop.Registry{}
	l := r.Open("www.example.com", zone.Zone{Name: "example.com"}, nil, nil)
	s := record.Set{Key: record.Key{Name: "www.example.com", Type: record.A}, Values: []string{"192.0.2.1"}}
	if c, ok, why := l.Claim(s); !ok || c.Owner != r.Owner() || c.Key != s.Key || !why.None() {
		t.Errorf("Claim = %+v, %v, %v; want ours", c, ok, why)
	}
	marker := record.Set{Key: record.Key{Name: "a-www.example.com", Type: record.TXT}, Values: []string{`"heritage=external-dns,external-dns/owner=them"`}}
	if !l.IsMarker(marker) || l.IsMarker(s) {
		t.Error("a marker of somebody's must not count as a record set that objects ask for")
	}
	if markers, refused := l.Attach([]change.Change{{After: &s}}, nil); markers != nil || refused != nil {
		t.Errorf("Attach = %v, %v; want nothing", markers, refused)
	}
}
