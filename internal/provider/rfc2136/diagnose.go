// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"errors"
	"fmt"
	"slices"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// diagnose finds out why prerequisites failed: a set isn't as expected, or a CNAME would come to stand beside another set.
func diagnose(c *conn, z zone.Zone, changes []change.Change, why error) error {
	var names []dnsname.Name
	for _, ch := range changes {
		names = append(names, ch.Key().Name)
	}
	slices.SortFunc(names, dnsname.Name.Compare)
	sets, err := readNames(c, z, slices.Compact(names))
	if err != nil {
		return &provider.Error{Class: provider.Stale, Err: why}
	}
	found := make(map[record.Key]record.Set, len(sets))
	for _, s := range sets {
		found[s.Key] = s
	}
	var stale []record.Key
	for _, ch := range changes {
		var want record.Set
		if ch.Before != nil {
			want = *ch.Before
		}
		if !same(found[ch.Key()], want) {
			stale = append(stale, ch.Key())
		}
	}
	if len(stale) > 0 {
		return staleError(stale)
	}
	if clashes := clashing(found, changes); len(clashes) > 0 {
		return &provider.Error{Class: provider.Rejected, Keys: clashes, Err: fmt.Errorf("%s: a CNAME can't stand beside anything else (RFC 1034 section 3.6.2)", clashes[0])}
	}
	if errors.Is(why, codeError(dns.RcodeYXDomain)) { // something of a type that we don't see
		return rejected(aliasesIn(changes)[0], "there is something at %s beside which no CNAME can stand", aliasesIn(changes)[0].Name)
	}
	return &provider.Error{Class: provider.Stale, Err: why}
}

// aliasesIn lists the CNAMEs that a batch creates. There is one where a server says YXDOMAIN, since nothing else asks for a free name.
func aliasesIn(changes []change.Change) []record.Key {
	var out []record.Key
	for _, ch := range changes {
		if ch.Before == nil && ch.Key().Type == record.CNAME {
			out = append(out, ch.Key())
		}
	}
	return out
}

// clashing lists the creations that would put a CNAME beside other sets.
func clashing(found map[record.Key]record.Set, changes []change.Change) []record.Key {
	after := make(map[dnsname.Name]map[record.Type]bool)
	put := func(k record.Key, there bool) {
		if after[k.Name] == nil {
			after[k.Name] = make(map[record.Type]bool)
		}
		if there {
			after[k.Name][k.Type] = true
		} else {
			delete(after[k.Name], k.Type)
		}
	}
	for k := range found {
		put(k, true)
	}
	for _, ch := range changes {
		put(ch.Key(), ch.After != nil)
	}
	var out []record.Key
	for _, ch := range changes {
		types := after[ch.Key().Name]
		if ch.Before == nil && types[record.CNAME] && len(types) > 1 {
			out = append(out, ch.Key())
		}
	}
	return out
}
