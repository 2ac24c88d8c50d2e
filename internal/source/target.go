// SPDX-License-Identifier: Apache-2.0

package source

import (
	"errors"
	"net/netip"
	"strings"
	"unicode/utf8"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// ParseTarget reads what a record set can point at: an address, which comes back as RFC 5952 has it, or a host name, in lower
// case without its final dot. A name that ends in a number is taken for a mistyped address (RFC 1123 section 2.1).
func ParseTarget(text string) (string, error) {
	addr, err := netip.ParseAddr(text)
	if err == nil {
		if addr.Zone() != "" {
			return "", errors.New("an address with a zone means nothing elsewhere")
		}
		return addr.String(), nil
	}
	host, err := dnsname.Parse(text)
	if err != nil {
		return "", err
	}
	last := string(host)[strings.LastIndexByte(string(host), '.')+1:]
	if strings.Trim(last, "0123456789") == "" {
		return "", errors.New("it is neither an address nor a host name, which doesn't end in a number")
	}
	return string(host), nil
}

// maxShown is how much of an offending value people are shown, in bytes.
const maxShown = 80

// Short cuts a value from outside to what a log line or an Event can carry, as valid UTF-8.
func Short(value string) string {
	if len(value) <= maxShown {
		return strings.ToValidUTF8(value, "?")
	}
	cut := maxShown
	for cut > maxShown-utf8.UTFMax && !utf8.RuneStart(value[cut]) {
		cut--
	}
	return strings.ToValidUTF8(value[:cut], "?") + "…"
}
