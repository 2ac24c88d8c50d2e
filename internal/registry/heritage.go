// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"strings"

	"nafuda.io/nafuda/internal/model/record"
)

const (
	heritageKey = "heritage"
	program     = "external-dns"
	keyPrefix   = program + "/"
	// typesKey is our own: ExternalDNS passes over keys that don't begin with its name.
	typesKey = "nafuda/types"
)

// Heritage is the text of a marker, as ExternalDNS writes and reads it.
type Heritage struct {
	Owner, Resource string
	// Types are the record types that the marker claims, sorted, with + between them. Empty: the marker doesn't say, as ExternalDNS's
	// don't, and its name tells.
	Types string
}

// Lists reports whether the marker says that it claims a type.
func (h Heritage) Lists(t record.Type) bool {
	for listed := range strings.SplitSeq(h.Types, "+") {
		if listed != "" && listed == string(t) {
			return true
		}
	}
	return false
}

// ParseHeritage reads the value of a TXT record. ok is false where it isn't a marker. Keys count only with ExternalDNS's own
// prefix, without spaces around them; of a key that is there twice the last counts.
func ParseHeritage(value string) (h Heritage, ok bool) {
	for part := range strings.SplitSeq(strings.Trim(record.Unquote(value), `"`), ",") {
		switch key, v, _ := strings.Cut(part, "="); key {
		case heritageKey:
			if v != program {
				return Heritage{}, false // of another program
			}
			ok = true
		case keyPrefix + "owner":
			h.Owner = v
		case keyPrefix + "resource":
			h.Resource = v
		case typesKey:
			h.Types = v
		}
	}
	if !ok {
		return Heritage{}, false
	}
	return h, true
}

// String is the marker's value, its keys sorted as ExternalDNS sorts them.
func (h Heritage) String() string {
	text := heritageKey + "=" + program
	if h.Owner != "" {
		text += "," + keyPrefix + "owner=" + h.Owner
	}
	if h.Resource != "" {
		// The format has no escapes: a comma would start a key of the object's choosing.
		text += "," + keyPrefix + "resource=" + strings.NewReplacer(",", "_", `"`, "_").Replace(h.Resource)
	}
	if h.Types != "" {
		text += "," + typesKey + "=" + h.Types
	}
	return record.Quote(text)
}

// MarkerOf reads the marker that a record set holds among its values; ok is false where it holds none. Where values name
// different owners, Owner lists them with commas, which no owner's id has: the set is then a marker of none of them.
func MarkerOf(s record.Set) (h Heritage, ok bool) {
	if s.Type != record.TXT && s.Type != record.Note {
		return Heritage{}, false
	}
	for _, v := range s.Values {
		next, is := ParseHeritage(v)
		switch {
		case !is:
		case !ok:
			h, ok = next, true
		case next.Owner != h.Owner:
			h.Owner += "," + next.Owner
		}
	}
	return h, ok
}
