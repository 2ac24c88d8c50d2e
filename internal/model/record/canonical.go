// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// TypeOf tells which record type a bare target asks for: A for an IPv4 address, AAAA for an IPv6 address (IPv4-mapped ones
// included), else CNAME.
func TypeOf(target string) Type {
	addr, err := netip.ParseAddr(target)
	switch {
	case err != nil:
		return CNAME
	case addr.Is4():
		return A
	default:
		return AAAA
	}
}

// Canonical rewrites values of type t in the one spelling that is compared, sorted and without duplicates: addresses as
// RFC 5952 has them, host names in lower case without the final dot. A value that isn't of its type is an error which names it.
func Canonical(t Type, values []string) ([]string, error) {
	out := make([]string, 0, len(values))
	for _, v := range values {
		c, err := canonical(t, v)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func canonical(t Type, v string) (string, error) {
	switch t {
	case A, AAAA:
		return canonicalAddr(t, v)
	case CNAME, DNAME, NS, PTR:
		n, err := dnsname.Parse(v)
		if err != nil {
			return "", fmt.Errorf("%s value %q isn't a host name: %w", t, v, err)
		}
		return string(n), nil
	case MX:
		return canonicalFields(t, v, 1)
	case SRV:
		return canonicalFields(t, v, 3)
	case TXT:
		return Quote(Unquote(v)), nil
	default: // NAPTR, CAA, SOA: as written
		return strings.TrimSpace(v), nil
	}
}

func canonicalAddr(t Type, v string) (string, error) {
	addr, err := netip.ParseAddr(v)
	if err != nil || addr.Zone() != "" || addr.Is4() != (t == A) {
		return "", fmt.Errorf("%s value %q isn't an address of that family", t, v)
	}
	if text := addr.String(); text != v {
		return text, nil
	}
	return v, nil // many objects have the same text, in one place: see the slim forms
}

// canonicalFields reads so many 16-bit numbers and then a host name, as MX (RFC 1035 3.3.9) and SRV (RFC 2782) have them.
// The host "." (none) of a null MX or SRV stays.
func canonicalFields(t Type, v string, numbers int) (string, error) {
	f := strings.Fields(v)
	if len(f) != numbers+1 {
		return "", fmt.Errorf("%s value %q hasn't %d fields", t, v, numbers+1)
	}
	for i := range numbers {
		n, err := strconv.ParseUint(f[i], 10, 16)
		if err != nil {
			return "", fmt.Errorf("%s value %q: %q isn't a number from 0 to 65535", t, v, f[i])
		}
		f[i] = strconv.FormatUint(n, 10)
	}
	if f[numbers] != "." {
		host, err := dnsname.Parse(f[numbers])
		if err != nil {
			return "", fmt.Errorf("%s value %q: %w", t, v, err)
		}
		f[numbers] = string(host)
	}
	return strings.Join(f, " "), nil
}

// maxString is the most that one character-string of a TXT record holds (RFC 1035 section 3.3).
const maxString = 255

// Quote writes text as the quoted strings of a TXT record, in pieces of at most 255 bytes. Bytes outside printable ASCII
// are written as \DDD, three decimal digits (RFC 1035 section 5.1).
func Quote(text string) string {
	var b strings.Builder
	b.Grow(len(text) + len(`""`) + len(text)/maxString*len(`" "`)) // exactly that where nothing is escaped: markers stay in memory
	for first := true; first || text != ""; first = false {
		piece := text[:min(len(text), maxString)]
		text = text[len(piece):]
		if !first {
			b.WriteByte(' ')
		}
		b.WriteByte('"')
		for i := range len(piece) {
			switch c := piece[i]; {
			case c == '"' || c == '\\':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c < 0x20 || c > 0x7e:
				fmt.Fprintf(&b, `\%03d`, c)
			default:
				b.WriteByte(c)
			}
		}
		b.WriteByte('"')
	}
	return b.String()
}

// Unquote reads the quoted strings of a TXT record as one text. Text without quotes is taken as it is.
func Unquote(v string) string {
	v = strings.TrimSpace(v)
	if !strings.HasPrefix(v, `"`) {
		return v
	}
	if text, ok := plain(v[1:]); ok {
		return text // as nearly all are
	}
	var b strings.Builder
	inside := false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '"':
			inside = !inside
		case !inside:
		case c == '\\' && i+3 < len(v) && decimal(v[i+1:i+4]) >= 0:
			b.WriteByte(byte(decimal(v[i+1 : i+4])))
			i += 3
		case c == '\\' && i+1 < len(v):
			i++
			b.WriteByte(v[i])
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// plain returns what comes before the quote that ends a text, if that is its first and nothing before it is escaped.
func plain(quoted string) (string, bool) {
	text, ok := strings.CutSuffix(quoted, `"`)
	return text, ok && !strings.ContainsAny(text, `"\`)
}

// decimal reads three decimal digits of at most 255, or returns -1.
func decimal(s string) int {
	n, err := strconv.ParseUint(s, 10, 8)
	if err != nil || len(s) != 3 {
		return -1
	}
	return int(n)
}
