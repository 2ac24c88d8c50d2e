// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
)

// build makes the resource record of one canonical value. The common types are made without the zone parser: it costs more
// than all the rest of an answer.
func build(owner string, t record.Type, ttl uint32, value string) (dns.RR, error) {
	h := dns.RR_Header{Name: owner, Rrtype: dns.StringToType[string(t)], Class: dns.ClassINET, Ttl: ttl}
	switch t {
	case record.A, record.AAAA:
		return buildAddr(h, value)
	case record.CNAME:
		return &dns.CNAME{Hdr: h, Target: dns.Fqdn(value)}, nil
	case record.DNAME:
		return &dns.DNAME{Hdr: h, Target: dns.Fqdn(value)}, nil
	case record.NS:
		return &dns.NS{Hdr: h, Ns: dns.Fqdn(value)}, nil
	case record.PTR:
		return &dns.PTR{Hdr: h, Ptr: dns.Fqdn(value)}, nil
	case record.TXT:
		return &dns.TXT{Hdr: h, Txt: characterStrings(record.Unquote(value))}, nil
	case record.MX, record.SRV:
		return buildFields(h, t, value)
	default:
		return buildText(h, t, value)
	}
}

func buildAddr(h dns.RR_Header, value string) (dns.RR, error) {
	addr, err := netip.ParseAddr(value)
	if err != nil {
		return nil, fmt.Errorf("read address %q: %w", value, err)
	}
	switch {
	case h.Rrtype == dns.TypeAAAA && !addr.Is4():
		return &dns.AAAA{Hdr: h, AAAA: addr.AsSlice()}, nil
	case h.Rrtype == dns.TypeA && addr.Is4():
		return &dns.A{Hdr: h, A: addr.AsSlice()}, nil
	}
	return nil, fmt.Errorf("address %q isn't of the family of its record set", value)
}

func buildFields(h dns.RR_Header, t record.Type, value string) (dns.RR, error) {
	f := strings.Fields(value)
	want := map[record.Type]int{record.MX: 2, record.SRV: 4}[t]
	if len(f) != want {
		return nil, fmt.Errorf("%s value %q hasn't %d fields", t, value, want)
	}
	var n [3]uint16
	for i := range want - 1 {
		v, err := strconv.ParseUint(f[i], 10, 16)
		if err != nil {
			return nil, fmt.Errorf("read %s value %q: %w", t, value, err)
		}
		n[i] = uint16(v)
	}
	host := dns.Fqdn(f[want-1])
	if t == record.MX {
		return &dns.MX{Hdr: h, Preference: n[0], Mx: host}, nil
	}
	return &dns.SRV{Hdr: h, Priority: n[0], Weight: n[1], Port: n[2], Target: host}, nil
}

// buildText reads the types that stay as people wrote them. A line break would begin a second record.
func buildText(h dns.RR_Header, t record.Type, value string) (dns.RR, error) {
	if strings.ContainsAny(value, "\r\n") {
		return nil, fmt.Errorf("%s value %q has a line break", t, value)
	}
	rr, err := dns.NewRR(fmt.Sprintf(". %d IN %s %s", h.Ttl, t, value))
	if err != nil {
		return nil, fmt.Errorf("read %s value %q: %w", t, value, err)
	}
	if rr == nil || rr.Header().Rrtype != h.Rrtype {
		return nil, fmt.Errorf("%s value %q isn't a record of that type", t, value)
	}
	rr.Header().Name = h.Name
	return rr, nil
}

// maxString is the most that one character-string holds (RFC 1035 section 3.3).
const maxString = 255

// characterStrings cuts a text into character-strings. The library reads a backslash in them as an escape.
func characterStrings(text string) []string {
	pieces := make([]string, 0, 1+len(text)/maxString)
	for first := true; first || text != ""; first = false {
		n := min(len(text), maxString)
		pieces = append(pieces, strings.ReplaceAll(text[:n], `\`, `\\`))
		text = text[n:]
	}
	return pieces
}
