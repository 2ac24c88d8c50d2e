// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"errors"
	"net/netip"
	"testing"
)

// TestNodesAreAsked only where that is said, and each family for itself.
func TestNodesAreAsked(t *testing.T) {
	var fails error
	o := Options{Quorum: 1, IPv4: true, IPv6: true, Methods: []string{"node"}, AllowRange: []string{"192.0.2.0/24", "2001:db8::/32"}, Nodes: func() ([]netip.Addr, error) {
		list := []netip.Addr{netip.MustParseAddr("::ffff:192.0.2.9"), netip.MustParseAddr("192.0.2.9")}
		return list, fails
	}}
	if !o.AsksNodes() || (Options{}).AsksNodes() {
		t.Error("they aren't asked where they are named, or are where nothing is")
	}
	look := func() (string, []Said) {
		w, err := New(o, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := w.Look(t.Context())
		return show(s[0].Verdict) + " " + show(s[1].Verdict), s[1].Said
	}
	if got, _ := look(); got != "192.0.2.9 WANNotKnown" {
		t.Errorf("got %s", got)
	}
	fails = errors.New("forbidden")
	if got, said := look(); got != "WANNotKnown WANNotKnown" || len(said) != 1 || said[0].Err != "forbidden" {
		t.Errorf("where they can't be read, got %s", got)
	}
	o.Nodes = nil
	if got, _ := look(); got != "WANNotKnown WANNotKnown" {
		t.Errorf("without a cluster, got %s", got)
	}
}
