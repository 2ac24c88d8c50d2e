// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"strings"

	"nafuda.io/nafuda/internal/model/record"
)

const (
	heritage  = "heritage=external-dns"
	keyPrefix = "external-dns/"
)

// Heritage is the text of a marker, as ExternalDNS writes and reads it.
type Heritage struct{ Owner, Resource string }

// ParseHeritage reads the value of a TXT record. ok is false where it isn't a marker.
func ParseHeritage(value string) (h Heritage, ok bool) {
	for part := range strings.SplitSeq(strings.Trim(record.Unquote(value), `"`), ",") {
		if part == heritage {
			ok = true
			continue
		}
		switch key, v, _ := strings.Cut(part, "="); strings.TrimPrefix(key, keyPrefix) {
		case "heritage": // of another program
			return Heritage{}, false
		case "owner":
			h.Owner = v
		case "resource":
			h.Resource = v
		}
	}
	return h, ok
}

// String is the marker's value, its keys sorted as ExternalDNS sorts them.
func (h Heritage) String() string {
	text := heritage
	if h.Owner != "" {
		text += "," + keyPrefix + "owner=" + h.Owner
	}
	if h.Resource != "" {
		text += "," + keyPrefix + "resource=" + h.Resource
	}
	return record.Quote(text)
}

// MarkerOf reads the marker that a record set holds; ok is false where it holds none.
func MarkerOf(s record.Set) (h Heritage, ok bool) {
	if s.Type != record.TXT {
		return Heritage{}, false
	}
	for _, v := range s.Values {
		if h, ok = ParseHeritage(v); ok {
			return h, true
		}
	}
	return Heritage{}, false
}
