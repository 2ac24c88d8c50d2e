// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"nafuda.io/nafuda/internal/model/record"
)

// Types that Route 53 stores and record doesn't name (API_ResourceRecordSet, Type).
const (
	ds    record.Type = "DS"
	spf   record.Type = "SPF"
	tlsa  record.Type = "TLSA"
	sshfp record.Type = "SSHFP"
	svcb  record.Type = "SVCB"
	https record.Type = "HTTPS"
)

// checkValue reports what is wrong with a value of a type (ResourceRecordTypes). DS, TLSA, SSHFP, SVCB and HTTPS aren't looked into.
func checkValue(t record.Type, v string) *problem {
	switch t {
	case record.A, record.AAAA:
		return checkAddress(t, v)
	case record.CNAME, record.NS, record.PTR:
		if strings.ContainsAny(v, " \t") {
			return &problem{string(t) + "RRDATANotSingleField", "Value contains spaces", v}
		}
		return checkHost(v)
	case record.MX:
		return checkNumbered(t, v, 1, "MXRRDATANotTwoFields", "MX record doesn't have 2 fields")
	case record.SRV:
		return checkNumbered(t, v, 3, "SRVRRDATANotFourFields", "SRV record doesn't have 4 fields")
	case record.TXT, spf:
		_, p := characterStrings(v)
		return p
	case record.CAA:
		return checkCAA(v)
	case record.NAPTR:
		return checkNAPTR(v)
	case record.SOA:
		return checkSOA(v)
	}
	return nil
}

func checkAddress(t record.Type, v string) *problem {
	if strings.ContainsAny(v, " \t,") {
		return &problem{string(t) + "RRDATANotSingleField", "Value contains spaces", v}
	}
	addr, err := netip.ParseAddr(v)
	switch {
	case t == record.A && (err != nil || !addr.Is4()):
		return &problem{"ARRDATAIllegalIPv4Address", "Value is not a valid IPv4 address", v}
	case t == record.AAAA && (err != nil || !addr.Is6() || addr.Zone() != ""):
		return &problem{"AAAARRDATAIllegalIPv6Address", "Value is not a valid IPv6 address", v}
	}
	return nil
}

// checkHost accepts the root, which a null MX or SRV names (RFC 7505, RFC 2782).
func checkHost(v string) *problem {
	if v == "." {
		return nil
	}
	_, p := parseName(v)
	return p
}

func checkNumbered(t record.Type, v string, numbers int, code, text string) *problem {
	f := strings.Fields(v)
	if len(f) != numbers+1 {
		return &problem{code, text, v}
	}
	for _, n := range f[:numbers] {
		if _, err := strconv.ParseUint(n, 10, 16); err != nil {
			return &problem{string(t) + "RRDATAIllegalNumber", "Value is not a number from 0 to 65535", v}
		}
	}
	return checkHost(f[numbers])
}

func checkCAA(v string) *problem {
	f := strings.SplitN(strings.TrimSpace(v), " ", 3)
	if len(f) != 3 {
		return &problem{"CAARRDATANotThreeFields", "CAA record doesn't have 3 fields", v}
	}
	if _, err := strconv.ParseUint(f[0], 10, 8); err != nil {
		return &problem{"CAARRDATAIllegalFlags", "Flags are not a number from 0 to 255", v}
	}
	if f[1] == "" || strings.Trim(strings.ToLower(f[1]), "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return &problem{"CAARRDATAIllegalTag", "Tag has characters other than letters and digits", v}
	}
	strs, p := characterStrings(f[2])
	if p == nil && len(strs) != 1 {
		p = &problem{"InvalidCharacterString", "Value should be enclosed in quotation marks", v}
	}
	return p
}

func checkNAPTR(v string) *problem {
	f := strings.Fields(v)
	if len(f) < 6 {
		return &problem{"NAPTRRRDATANotSixFields", "NAPTR record doesn't have 6 fields", v}
	}
	for _, n := range f[:2] {
		if _, err := strconv.ParseUint(n, 10, 16); err != nil {
			return &problem{"NAPTRRRDATAIllegalNumber", "Value is not a number from 0 to 65535", v}
		}
	}
	strs, p := characterStrings(strings.Join(f[2:len(f)-1], " "))
	switch {
	case p != nil:
		return p
	case len(strs) != 3:
		return &problem{"NAPTRRRDATANotSixFields", "NAPTR record doesn't have 6 fields", v}
	}
	return checkHost(f[len(f)-1])
}

func checkSOA(v string) *problem {
	f := strings.Fields(v)
	if len(f) != 7 {
		return &problem{"SOARRDATANotSevenFields", "SOA record doesn't have 7 fields", v}
	}
	for _, n := range f[2:] {
		if _, err := strconv.ParseUint(n, 10, 32); err != nil {
			return &problem{"SOARRDATAIllegalNumber", "Value is not a number from 0 to 4294967295", v}
		}
	}
	return nil
}

// maxString is the most that one character-string holds (RFC 1035 section 3.3).
const maxString = 255

// characterStrings reads quoted strings with or without space between them, as TXT has them: \" and \\ for those
// characters, \ and three octal digits for any (ResourceRecordTypes, TXT).
func characterStrings(v string) ([]string, *problem) {
	var out []string
	rest := strings.TrimLeft(v, " \t")
	for rest != "" {
		if rest[0] != '"' {
			return nil, &problem{"InvalidCharacterString", "Value should be enclosed in quotation marks", v}
		}
		text, n := quoted(rest)
		switch {
		case n == 0:
			return nil, &problem{"InvalidCharacterString", "Value should be enclosed in quotation marks", v}
		case len(text) > maxString:
			return nil, &problem{"CharacterStringTooLong", "Value is too long", v}
		}
		out = append(out, text)
		rest = strings.TrimLeft(rest[n:], " \t")
	}
	if len(out) == 0 {
		return nil, &problem{"InvalidCharacterString", "Value should be enclosed in quotation marks", v}
	}
	return out, nil
}

// quoted reads one quoted string at the start of s and how long it is there; 0 if it doesn't end.
func quoted(s string) (text string, n int) {
	var b strings.Builder
	for i := 1; i < len(s); {
		switch s[i] {
		case '"':
			return b.String(), i + 1
		case '\\':
			if i+1 == len(s) {
				return "", 0
			}
			if c, n := unescape(s[i:]); n > 0 {
				b.WriteByte(c)
				i += n
				continue
			}
			b.WriteByte(s[i+1])
			i += 2
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return "", 0
}

// stored spells a value as Route 53 returns it: as it was sent, but for bytes outside ASCII, which come back as octal escapes.
func stored(v string) string {
	var b strings.Builder
	for i := range len(v) {
		if c := v[i]; c < 0x20 || c > 0x7e {
			fmt.Fprintf(&b, "\\%03o", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// octal spells a canonical TXT value, whose escapes are decimal (RFC 1035 section 5.1), as Route 53 does.
func octal(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] != '\\' || i+1 == len(v) {
			b.WriteByte(v[i])
			continue
		}
		if n, err := strconv.ParseUint(v[i+1:min(i+4, len(v))], 10, 8); err == nil && i+3 < len(v) {
			fmt.Fprintf(&b, "\\%03o", n)
			i += 3
			continue
		}
		b.WriteString(v[i : i+2])
		i++
	}
	return b.String()
}

// canonical spells values as the model compares them. Values that the model doesn't take stay as they are.
func canonical(t record.Type, values []string) []string {
	texts := values
	if t == record.TXT {
		texts = make([]string, len(values))
		for i, v := range values {
			strs, _ := characterStrings(v)
			texts[i] = record.Quote(strings.Join(strs, ""))
		}
	}
	out, err := record.Canonical(t, texts)
	if err != nil {
		return texts
	}
	return out
}
