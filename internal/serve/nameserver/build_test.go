// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/record"
)

func TestBuild(t *testing.T) {
	for name, c := range map[string]struct {
		typ         record.Type
		value, want string // want is empty for an error
	}{
		"a":                      {record.A, "192.0.2.1", "A 192.0.2.1"},
		"a of ipv6":              {record.A, "2001:db8::1", ""},
		"aaaa of ipv4":           {record.AAAA, "192.0.2.1", ""},
		"aaaa of a mapped ipv4":  {record.AAAA, "::ffff:192.0.2.1", "AAAA ::ffff:192.0.2.1"},
		"a of nothing":           {record.A, "", ""},
		"ptr":                    {record.PTR, "www.example.com", "PTR www.example.com."},
		"mx":                     {record.MX, "10 mail.example.com", "MX 10 mail.example.com."},
		"null mx":                {record.MX, "0 .", "MX 0 ."},
		"mx without preference":  {record.MX, "mail.example.com", ""},
		"srv over 16 bits":       {record.SRV, "1 2 65536 sip.example.com", ""},
		"txt, empty":             {record.TXT, `""`, `TXT ""`},
		"txt of 256 bytes":       {record.TXT, record.Quote(strings.Repeat("x", 256)), `TXT "` + strings.Repeat("x", 255) + `" "x"`},
		"txt, backslash digits":  {record.TXT, record.Quote(`\065`), `TXT "\\065"`},
		"caa with a line break":  {record.CAA, "0 issue \"ca.example.net\"\nwww.example.com. A 192.0.2.1", ""},
		"caa that isn't one":     {record.CAA, "zero issue", ""},
		"naptr":                  {record.NAPTR, `10 20 "u" "" "" host.example.com`, `NAPTR 10 20 "u" "" "" host.example.com.`},
		"a type that isn't ours": {"NOTATYPE", "x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			rr, err := build("x.example.com.", c.typ, 60, c.value)
			if err != nil {
				if c.want != "" {
					t.Error(err)
				}
				return
			}
			if got := strings.Join(strings.Fields(rr.String())[3:], " "); got != c.want || rr.Header().Name != "x.example.com." || rr.Header().Ttl != 60 {
				t.Errorf("got %s, want %s", rr, c.want)
			}
		})
	}
}
