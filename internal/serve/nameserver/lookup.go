// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// kind is what a zone has to say of a name.
type kind int

const (
	missing kind = iota // neither the name nor a wildcard for it is there
	exists              // it is, perhaps without record sets of its own
	cut                 // it is in a zone that is delegated from match.at
	renamed             // it is below the DNAME at match.at
)

// match is what a zone has at a name.
type match struct {
	kind kind
	at   dnsname.Name // whose record sets they are: the name itself, a wildcard, a cut or a DNAME
	sets []record.Set
}

// lookup finds a name of a zone as RFC 1034 section 4.3.2 says, with the wildcards of RFC 4592 and the DNAME of RFC 6672.
func lookup(z *zonedb.Zone, name dnsname.Name) match {
	if m, ok := above(z, name); ok {
		return m
	}
	if sets, ok := at(z, name); ok {
		return match{kind: exists, at: name, sets: sets}
	}
	encloser := name.Parent()
	for {
		if _, ok := at(z, encloser); ok {
			break
		}
		encloser = encloser.Parent()
	}
	wildcard := dnsname.Name("*")
	if encloser != "" {
		wildcard = "*." + encloser
	}
	if sets, ok := at(z, wildcard); ok {
		return match{kind: exists, at: wildcard, sets: sets}
	}
	return match{kind: missing, at: name}
}

// above finds the highest delegation or DNAME on the way from the apex down to the name: what is below it is hidden.
func above(z *zonedb.Zone, name dnsname.Name) (m match, found bool) {
	for n := name; ; n = n.Parent() {
		sets := z.At(n)
		if n != name && has(sets, record.DNAME) {
			m, found = match{kind: renamed, at: n, sets: sets}, true
		}
		if n == z.Name {
			return m, found
		}
		if has(sets, record.NS) {
			m, found = match{kind: cut, at: n, sets: sets}, true
		}
	}
}

// at returns the sets at a name and whether the name is there: the apex always is, and so is a name with others below it
// (an empty non-terminal, RFC 8020).
func at(z *zonedb.Zone, name dnsname.Name) ([]record.Set, bool) {
	sets := z.At(name)
	return sets, len(sets) > 0 || name == z.Name || z.Below(name)
}

func has(sets []record.Set, t record.Type) bool {
	for i := range sets {
		if sets[i].Type == t {
			return true
		}
	}
	return false
}

// of returns the sets of one type, which stand together in their order.
func of(sets []record.Set, t record.Type) []record.Set {
	from := 0
	for from < len(sets) && sets[from].Type != t {
		from++
	}
	to := from
	for to < len(sets) && sets[to].Type == t {
		to++
	}
	return sets[from:to]
}

// fold turns a name of a message into one that can be looked up. Our names have no escaped characters; each one is
// replaced by a byte that they don't have either, so that an escaped dot doesn't part labels.
func fold(s string) dnsname.Name {
	s = strings.ToLower(strings.TrimSuffix(s, "."))
	if !strings.Contains(s, `\`) {
		return dnsname.Name(s)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		b.WriteByte(0)
		i++
		if i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i += 2
		}
	}
	return dnsname.Name(b.String())
}
