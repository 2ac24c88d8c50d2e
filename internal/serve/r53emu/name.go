// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"fmt"
	"strconv"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// The lengths of RFC 1035 section 2.3.4, in octets as the labels are sent.
const (
	maxLabel = 63
	maxName  = 255
)

// problem is a fault of a name or value in the words that Route 53 uses.
type problem struct{ code, text, with string }

func (p *problem) String() string {
	return fmt.Sprintf("FATAL problem: %s (%s) encountered with '%s'", p.code, p.text, p.with)
}

// parseName reads a domain name as the API takes it: any case, with or without the final dot, with octal escapes. The Name has
// characters beyond a-z, 0-9, hyphen and underscore as octal escapes, as the API returns them (DomainNameFormat), but for the
// asterisk, which stays readable.
func parseName(s string) (dnsname.Name, *problem) {
	text := strings.TrimSuffix(s, ".")
	if text == "" {
		return "", &problem{"DomainNameEmpty", "Domain name is empty", s}
	}
	var out strings.Builder
	label, total := 0, 1
	for i := 0; i < len(text); {
		if text[i] == '.' {
			if label == 0 {
				return "", &problem{"DomainLabelEmpty", "Domain label is empty", s}
			}
			out.WriteByte('.')
			label, total = 0, total+1
			i++
			continue
		}
		c, n := unescape(text[i:])
		if n == 0 || c >= 0x80 && n == 1 {
			return "", &problem{"UnsupportedCharacter", "Value contains unsupported characters", s}
		}
		if label++; label > maxLabel {
			return "", &problem{"DomainLabelTooLong", "Domain label is too long", s}
		}
		total++
		writeName(&out, c)
		i += n
	}
	if label == 0 {
		return "", &problem{"DomainLabelEmpty", "Domain label is empty", s}
	}
	if total+1 > maxName {
		return "", &problem{"DomainNameTooLong", "Domain name is too long", s}
	}
	return dnsname.Name(out.String()), nil
}

// unescape reads one character, or one escape of three octal digits; n is 0 for a broken escape.
func unescape(s string) (c byte, n int) {
	if s[0] != '\\' {
		return s[0], 1
	}
	if len(s) < 4 {
		return 0, 0
	}
	v, err := strconv.ParseUint(s[1:4], 8, 8)
	if err != nil {
		return 0, 0
	}
	return byte(v), 4
}

func writeName(out *strings.Builder, c byte) {
	switch {
	case c >= 'A' && c <= 'Z':
		out.WriteByte(c + 'a' - 'A')
	case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_', c == '*':
		out.WriteByte(c)
	default:
		fmt.Fprintf(out, "\\%03o", c)
	}
}

// wireName spells a name as the API returns it: with its final dot, and with \052 for the asterisk.
func wireName(n dnsname.Name) string { return strings.ReplaceAll(string(n), "*", "\\052") + "." }
