// SPDX-License-Identifier: Apache-2.0

// Package record holds record sets: the unit that is read, compared and written.
package record

import (
	"cmp"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// Type is a DNS record type by its mnemonic, in upper case.
type Type string

// The types that a zone of ours can hold.
const (
	A     Type = "A"
	AAAA  Type = "AAAA"
	CAA   Type = "CAA"
	CNAME Type = "CNAME"
	DNAME Type = "DNAME"
	MX    Type = "MX"
	NAPTR Type = "NAPTR"
	NS    Type = "NS"
	PTR   Type = "PTR"
	SOA   Type = "SOA"
	SRV   Type = "SRV"
	TXT   Type = "TXT"
)

// Note isn't a DNS type: it is the text that a service keeps with a name, such as the description of a Cloud Map service. Its one
// value is quoted as a TXT record's, it has no TTL, and it stands beside anything. Nobody is answered with it, and no object asks for it.
const Note Type = "NOTE"

// Key identifies a record set within one zone. ID is the set identifier of a routing policy, else empty.
type Key struct {
	Name dnsname.Name
	Type Type
	ID   string
}

// Compare orders keys by name (in listing order), type and set identifier.
func (k Key) Compare(o Key) int {
	return cmp.Or(k.Name.Compare(o.Name), cmp.Compare(k.Type, o.Type), cmp.Compare(k.ID, o.ID))
}

func (k Key) String() string {
	s := string(k.Name) + " " + string(k.Type)
	if k.ID != "" {
		s += " " + k.ID
	}
	return s
}

// Prop is one property beyond DNS: "alias", or a provider's own, such as "aws/weight".
type Prop struct{ Name, Value string }

// Alias points a record set at a name that the provider resolves itself.
type Alias struct {
	Target         dnsname.Name
	Zone           string // the target's hosted zone id; empty: the zone of the record set itself
	EvaluateHealth bool
}

// Set is a record set. Its values are canonical (see Canonical), sorted and free of duplicates, its properties sorted by name.
// A Set is a value that many hold: what it points at is never changed once it is made.
type Set struct {
	Key
	TTL    uint32 // seconds; 0: the provider's default, or an alias
	Values []string
	Alias  *Alias // where set, there are no values and no TTL
	Props  []Prop
	// Stored has the values as the provider spells them where that isn't how we would, for deletes that must match exactly.
	Stored []string
}

// Equal reports whether two sets say the same; how a provider spells the values doesn't matter.
func (s Set) Equal(o Set) bool {
	return s.Key == o.Key && s.TTL == o.TTL && slices.Equal(s.Values, o.Values) && slices.Equal(s.Props, o.Props) && s.aliasEqual(o)
}

func (s Set) aliasEqual(o Set) bool {
	if s.Alias == nil || o.Alias == nil {
		return s.Alias == o.Alias
	}
	return *s.Alias == *o.Alias
}

// Prop returns the value of a property and whether the set has it.
func (s Set) Prop(name string) (string, bool) { return FindProp(s.Props, name) }

// FindProp returns the value of the property called name, and whether there is one.
func FindProp(props []Prop, name string) (string, bool) {
	for _, p := range props {
		if p.Name == name {
			return p.Value, true
		}
	}
	return "", false
}

// Compare orders sets by their keys.
func Compare(a, b Set) int { return a.Key.Compare(b.Key) }

// Targets is what the set points at, for people: its values, or its alias.
func (s Set) Targets() []string {
	if s.Alias != nil {
		return []string{"alias " + string(s.Alias.Target)}
	}
	return s.Values
}
