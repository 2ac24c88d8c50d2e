// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"fmt"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// Route 53 writes what isn't a letter, a digit, a hyphen or an underscore as a backslash and three octal digits, in names and
// in TXT values (developer guide, "DNS domain name format" and "TXT record type"); a wildcard is \052.

// octal reads the three octal digits of an escape at the start of s, or returns -1.
func octal(s string) int {
	if len(s) < 3 || s[0] > '3' {
		return -1
	}
	n := 0
	for i := range 3 {
		if s[i] < '0' || s[i] > '7' {
			return -1
		}
		n = n*8 + int(s[i]-'0')
	}
	return n
}

// readName reads a name as Route 53 writes it. It never fails. A dot inside a label and a backslash stay escaped, for they would
// mean something else.
func readName(s string) dnsname.Name {
	s = strings.TrimSuffix(s, ".")
	if !strings.Contains(s, `\`) {
		return dnsname.Name(asciiLower(s))
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			if c := octal(s[i+1:]); c >= 0 {
				if c == '.' || c == '\\' {
					b.WriteString(s[i : i+4])
				} else {
					b.WriteByte(byte(c))
				}
				i += 3
				continue
			}
			b.WriteString(`\134`)
			continue
		}
		b.WriteByte(s[i])
	}
	return dnsname.Name(asciiLower(b.String()))
}

// asciiLower lowers A to Z and leaves every other byte alone, valid UTF-8 or not.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// writeName writes a name as Route 53 takes it, with its final dot.
func writeName(n dnsname.Name) string {
	var b strings.Builder
	for i := 0; i < len(n); i++ {
		switch c := n[i]; {
		case c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-_.*", c) >= 0:
			b.WriteByte(c)
		case c == '\\' && octal(string(n[i+1:])) >= 0:
			b.WriteByte(c) // escaped already
		default:
			fmt.Fprintf(&b, `\%03o`, c)
		}
	}
	return b.String() + "."
}

// readTXT reads a TXT value as Route 53 writes it and returns it as record.Canonical has it. Where it can't be read, ok is
// false.
func readTXT(v string) (canonical string, ok bool) {
	var text strings.Builder
	rest := strings.TrimSpace(v)
	for rest != "" {
		if rest[0] != '"' {
			return "", false
		}
		n, closed := readString(&text, rest[1:])
		if !closed {
			return "", false
		}
		rest = strings.TrimLeft(rest[1+n:], " \t")
	}
	return record.Quote(text.String()), v != ""
}

// readString reads one quoted string up to and with its closing quote, and returns how long it was.
func readString(text *strings.Builder, s string) (n int, closed bool) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return i + 1, true
		case s[i] == '\\' && octal(s[i+1:]) >= 0:
			text.WriteByte(byte(octal(s[i+1:])))
			i += 3
		case s[i] == '\\' && i+1 < len(s):
			i++
			text.WriteByte(s[i])
		default:
			text.WriteByte(s[i])
		}
	}
	return len(s), false
}

// writeTXT writes a canonical TXT value, whose escapes are decimal, as Route 53 takes it, whose escapes are octal.
func writeTXT(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] != '\\' || i+1 >= len(v) {
			b.WriteByte(v[i])
			continue
		}
		if i+3 < len(v) && digits(v[i+1:i+4]) {
			fmt.Fprintf(&b, `\%03o`, int(v[i+1]-'0')*100+int(v[i+2]-'0')*10+int(v[i+3]-'0'))
			i += 3
			continue
		}
		b.WriteString(v[i : i+2])
		i++
	}
	return b.String()
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
