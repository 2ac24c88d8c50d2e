// SPDX-License-Identifier: Apache-2.0

// Package dnsname holds domain names in the one spelling that everything else compares.
package dnsname

import (
	"cmp"
	"fmt"
	"iter"
	"strings"

	"golang.org/x/net/idna"
)

// Limits of RFC 1035 section 2.3.4. A name of 255 octets on the wire has at most 253 characters as text.
const (
	maxLabel = 63
	maxName  = 253
)

// Name is a domain name: lower case, ASCII (IDNA A-labels), without the final dot. The empty Name is the root.
// Names made by Parse obey the limits of RFC 1035; a conversion from a string doesn't check.
type Name string

// lookup converts Unicode as RFC 5891 section 5 asks of a client, and lets underscores pass.
var lookup = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// Parse reads a host name as people write it: any case, Unicode or ASCII, with or without one final dot, with "*" as its
// first label if it is a wildcard (RFC 4592). Its letters are a-z, digits, hyphen and underscore. The error names the
// offending label.
func Parse(s string) (Name, error) {
	text := strings.TrimSuffix(s, ".")
	if text == "" {
		return "", fmt.Errorf("the name is empty")
	}
	if len(text) > 4*maxName {
		return "", fmt.Errorf("the name has %d characters, more than %d", len(text), maxName)
	}
	if !ascii(text) {
		converted, err := lookup.ToASCII(text)
		if err != nil {
			return "", fmt.Errorf("%q isn't an internationalised name: %w", text, err)
		}
		text = converted
	}
	n := Name(strings.ToLower(text))
	if err := n.check(); err != nil {
		return "", err
	}
	return n, nil
}

// MustParse is Parse for names that are written in code and tests; it panics where Parse fails.
func MustParse(s string) Name {
	n, err := Parse(s)
	if err != nil {
		panic(err)
	}
	return n
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func (n Name) check() error {
	if n == "" { // of Unicode that IDNA maps to nothing
		return fmt.Errorf("the name is empty")
	}
	if len(n) > maxName {
		return fmt.Errorf("the name has %d characters, more than %d", len(n), maxName)
	}
	first := true
	for label := range n.Labels() {
		if err := checkLabel(label, first); err != nil {
			return fmt.Errorf("%q: %w", string(n), err)
		}
		first = false
	}
	return nil
}

func checkLabel(label string, first bool) error {
	switch {
	case label == "":
		return fmt.Errorf("a label is empty")
	case len(label) > maxLabel:
		return fmt.Errorf("label %q has %d characters, more than %d", label, len(label), maxLabel)
	case label == "*" && first:
		return nil
	}
	for i := range len(label) {
		if c := label[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return fmt.Errorf("label %q has the character %q", label, c)
		}
	}
	return nil
}

// Labels yields the labels from left to right. The root has none.
func (n Name) Labels() iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest := n; rest != ""; {
			label, tail := rest.Cut()
			if !yield(label) {
				return
			}
			if tail == "" && strings.HasSuffix(string(rest), ".") {
				yield("") // a trailing dot leaves an empty label, for check to refuse
				return
			}
			rest = tail
		}
	}
}

// Cut splits the first label from the rest, its parent.
func (n Name) Cut() (label string, parent Name) {
	label, rest, _ := strings.Cut(string(n), ".")
	return label, Name(rest)
}

// Parent is the name without its first label; the parent of a top-level name is the root.
func (n Name) Parent() Name {
	_, parent := n.Cut()
	return parent
}

// In reports whether n is zone or below it. Everything is in the root.
func (n Name) In(zone Name) bool {
	if zone == "" || n == zone {
		return true
	}
	cut := len(n) - len(zone)
	return cut > 0 && n[cut-1] == '.' && n[cut:] == zone
}

// IsWildcard reports whether the first label is "*".
func (n Name) IsWildcard() bool { return n == "*" || strings.HasPrefix(string(n), "*.") }

// FQDN is the name with its final dot.
func (n Name) FQDN() string { return string(n) + "." }

// Unicode is the name as people read it; a name that doesn't convert is returned as it is.
func (n Name) Unicode() string {
	u, err := lookup.ToUnicode(string(n))
	if err != nil {
		return string(n)
	}
	return u
}

// Compare orders names by their labels from right to left, each followed by a dot, byte by byte: the order in which
// Route 53 lists a zone (API_ListResourceRecordSets), so that a page of a listing is a range of names. A zone's apex comes first.
func (n Name) Compare(o Name) int {
	a, b := string(n), string(o)
	for {
		if a == "" || b == "" {
			return cmp.Compare(len(a), len(b))
		}
		var x, y string
		a, x = cutLast(a)
		b, y = cutLast(b)
		if c := compareLabel(x, y); c != 0 {
			return c
		}
	}
}

func cutLast(s string) (rest, label string) {
	if i := strings.LastIndexByte(s, '.'); i >= 0 {
		return s[:i], s[i+1:]
	}
	return "", s
}

// compareLabel compares two labels as if each ended in a dot, which sorts after "-" and "*" and before digits and letters.
func compareLabel(x, y string) int {
	shared := min(len(x), len(y))
	if c := strings.Compare(x[:shared], y[:shared]); c != 0 {
		return c
	}
	switch {
	case len(x) == len(y):
		return 0
	case len(x) < len(y):
		return cmp.Compare('.', rune(y[shared]))
	default:
		return cmp.Compare(rune(x[shared]), '.')
	}
}
