// SPDX-License-Identifier: Apache-2.0

// Package zone holds hosted zones and finds those that a name belongs to.
package zone

import (
	"cmp"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// Key identifies a hosted zone. Several views may share it; mirror, worker and limiter are kept by it.
type Key struct{ Provider, Account, ID string }

// Compare orders keys by provider, account and id.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Provider, o.Provider), cmp.Compare(k.Account, o.Account), cmp.Compare(k.ID, o.ID))
}

// Zone is a hosted zone. Two zones may have the same name, one public and one private.
type Zone struct {
	Key
	Name    dnsname.Name
	Private bool
	// Place is the same for one zone, whichever of a provider's accounts lists it; empty: it isn't known, and each account has zones of its own.
	Place   string
	Records int // how many record sets the provider counts; -1 where it doesn't say
	Tags    map[string]string
	// Changed says of a listed zone that somebody else has changed it since it was last read, where the provider can tell.
	Changed bool
}

// Compare orders zones by name and then by key.
func Compare(a, b Zone) int { return cmp.Or(a.Name.Compare(b.Name), a.Key.Compare(b.Key)) }

// Index finds zones by name. It is a value made once; reading it is safe from anywhere.
type Index struct{ byName map[dnsname.Name][]Zone }

// NewIndex indexes zones.
func NewIndex(zones []Zone) Index {
	byName := make(map[dnsname.Name][]Zone)
	for _, z := range slices.SortedFunc(slices.Values(zones), Compare) {
		byName[z.Name] = append(byName[z.Name], z)
	}
	return Index{byName: byName}
}

// Find returns the zones that a name's records go to: every private zone above it, whatever its depth, and the public zones of
// the longest name. It costs one look-up a label, however many zones there are.
func (x Index) Find(name dnsname.Name) []Zone {
	var out []Zone
	public := false
	for at := name; ; at = at.Parent() {
		found := false
		for _, z := range x.byName[at] {
			if z.Private || !public {
				out = append(out, z)
			}
			found = found || !z.Private
		}
		public = public || found
		if at == "" {
			return out
		}
	}
}
