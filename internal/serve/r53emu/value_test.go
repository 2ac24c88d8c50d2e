// SPDX-License-Identifier: Apache-2.0

package r53emu_test

import (
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

// TestValues walks the formats of the page ResourceRecordTypes.
func TestValues(t *testing.T) {
	full := strings.Repeat("x", 255)
	for kind, tc := range map[record.Type]struct {
		good []string
		bad  map[string]string // value → problem
	}{
		"A": {good: []string{"192.0.2.1"}, bad: map[string]string{
			"192.0.2.256": "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '192.0.2.256'", "2001:db8::1": "ARRDATAIllegalIPv4Address",
			"www.example.com": "ARRDATAIllegalIPv4Address", "192.0.2.1, 192.0.2.2": "ARRDATANotSingleField (Value contains spaces)", "192.0.2.01": "IllegalIPv4", "": "IllegalIPv4",
		}},
		"AAAA": {good: []string{"2001:db8::1", "2001:0DB8:0:0::1", "::ffff:192.0.2.1"}, bad: map[string]string{
			"192.0.2.1": "AAAARRDATAIllegalIPv6Address", "2001:db8::1%eth0": "AAAARRDATAIllegalIPv6Address", "2001:db8::1::": "AAAARRDATAIllegalIPv6Address",
		}},
		"CNAME": {good: []string{"example.net", "Example.NET.", `\052.example.net`}, bad: map[string]string{
			"a b.example.net": "Value contains spaces", "a..example.net": "DomainLabelEmpty", "": "DomainNameEmpty", strings.Repeat("a", 64) + ".net": "DomainLabelTooLong", `a\9.net`: "UnsupportedCharacter",
		}},
		"NS":  {good: []string{"ns.example.net."}, bad: map[string]string{"ns example": "contains spaces"}},
		"PTR": {good: []string{"host.example.net"}, bad: map[string]string{"": "DomainNameEmpty"}},
		"MX": {good: []string{"10 mail.example.net", "0 ."}, bad: map[string]string{
			"mail.example.net": "MXRRDATANotTwoFields (MX record doesn't have 2 fields)", "65536 mail.example.net": "not a number", "-1 mail.example.net": "not a number", "10 a..net": "DomainLabelEmpty",
		}},
		"SRV": {good: []string{"1 2 443 www.example.net.", "0 0 0 ."}, bad: map[string]string{
			"1 2 443": "SRVRRDATANotFourFields (SRV record doesn't have 4 fields)", "1 2 443 a b": "SRVRRDATANotFourFields", "1 2 65536 a": "not a number",
		}},
		"TXT": {good: []string{`"x"`, `""`, `"a" "b"`, `"a""b"`, `"` + full + `" "` + full + `"`, `"\"\\\101"`, `"` + strings.Repeat(`\303`, 255) + `"`}, bad: map[string]string{
			"x": "InvalidCharacterString (Value should be enclosed in quotation marks)", `"x`: "InvalidCharacterString", `"a" b`: "InvalidCharacterString", `"a\`: "InvalidCharacterString",
			`"x` + full + `"`: "CharacterStringTooLong (Value is too long)", "": "InvalidCharacterString",
		}},
		"SPF":   {good: []string{`"v=spf1 -all"`}, bad: map[string]string{"v=spf1 -all": "InvalidCharacterString"}},
		"CAA":   {good: []string{`0 issue "ca.example.net"`, `128 iodef "mailto:a@example.net"`, `0 issue ";"`}, bad: map[string]string{`0 issue`: "doesn't have 3 fields", `256 issue "x"`: "0 to 255", `0 is-sue "x"`: "Tag", `0 issue x`: "quotation marks", `0 issue "x" "y"`: "quotation marks"}},
		"NAPTR": {good: []string{`100 50 "u" "sip+E2U" "!^.*$!sip:a b@example.com!" .`}, bad: map[string]string{`100 50 "u" "x" .`: "doesn't have 6 fields", `1 2 3 4 5 .`: "quotation marks", `a 2 "u" "x" "y" .`: "not a number", `1 2 "u" "x" "y" a..b`: "DomainLabelEmpty"}},
		"SOA":   {bad: map[string]string{"ns.example.net. x. 1 2 3 4": "doesn't have 7 fields", "ns.example.net. x. 1 2 3 4 a": "not a number"}},
	} {
		for _, v := range tc.good {
			s, id := zoneWith(t, r53emu.Options{})
			c := ch(create, "w.example.com", kind)
			c.Set.Stored = []string{v}
			if _, err := s.Change(id, c); err != nil {
				t.Errorf("%s %q is refused: %v", kind, v, err)
			}
			z, _ := s.DB().Zone(id)
			c.Action = remove
			c.Set = z.At("w.example.com")[0]
			if _, err := s.Change(id, c); err != nil {
				t.Errorf("%s %q can't be deleted as it's stored: %v", kind, v, err)
			}
		}
		for v, problem := range tc.bad {
			s, id := zoneWith(t, r53emu.Options{})
			c := ch(create, "w.example.com", kind)
			c.Set.Stored = []string{v}
			_, err := s.Change(id, c)
			if err == nil || !strings.Contains(err.Error(), problem) || !strings.Contains(err.Error(), "[Invalid Resource Record: 'FATAL problem: ") {
				t.Errorf("%s %q: got %v, want %q", kind, v, err, problem)
			}
		}
	}
	s, id := zoneWith(t, r53emu.Options{})
	_, err := s.Change(id, ch(create, "w.example.com", "A", "192.0.2.1", "192.0.2.1"))
	if err == nil || !strings.Contains(err.Error(), "[Duplicate Resource Record: '192.0.2.1']") {
		t.Errorf("a value twice: %v", err)
	}
	_, err = s.Change(id, ch(create, "w.example.com", "CNAME", "a.example.net", "b.example.net"))
	if err == nil || !strings.Contains(err.Error(), "only one record") {
		t.Errorf("two CNAME values: %v", err)
	}
}
