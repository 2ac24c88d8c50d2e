// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"net/netip"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/reason"
)

// WAN is what a running instance knows of its public address of one family.
type WAN struct {
	Family  string        `json:"family"`            // ipv4 or ipv6
	Off     bool          `json:"off,omitempty"`     // it isn't looked for
	Address netip.Addr    `json:"address,omitzero"`  // where it is known
	Why     reason.Reason `json:"why,omitzero"`      // where it isn't
	Since   time.Time     `json:"since,omitzero"`    // since when that is believed
	Sharing string        `json:"sharing,omitempty"` // own, shared or unknown, as its ports say
	Sign    string        `json:"sign,omitempty"`    // by which sign
	Methods []WANMethod   `json:"methods,omitempty"` // those that have been asked
}

// WANMethod is what one who was asked for the public address said last.
type WANMethod struct {
	Method   string       `json:"method"`
	Operator string       `json:"operator"`
	Endpoint string       `json:"endpoint"`
	Said     []netip.Addr `json:"said,omitempty"`
	Class    string       `json:"class,omitempty"` // of the first address; only public ones count
	Error    string       `json:"error,omitempty"`
	At       time.Time    `json:"at,omitzero"`
}

// publicClass is the class of addresses that count.
const publicClass = "public"

func (s Status) writeWAN(t *planText, location *time.Location) {
	if len(s.WAN) > 0 {
		t.line("", "Public address")
	}
	for _, f := range s.WAN {
		f.write(t, location)
	}
}

func (f WAN) write(t *planText, location *time.Location) {
	family := map[string]string{"ipv4": "IPv4", "ipv6": "IPv6"}[f.Family]
	since := ""
	if !f.Since.IsZero() {
		since = ", since " + f.Since.In(location).Format(time.DateTime)
	}
	switch {
	case f.Off:
		t.line("", "  %s isn't looked for", family)
		return
	case f.Address.IsValid():
		t.line("", "  %s %s%s", family, f.Address, since)
	default:
		t.line(yellow, "  %s isn't known%s", family, since)
		t.line(yellow, "    ! %s: %s", clean(string(f.Why.Code)), clean(f.Why.Text))
	}
	if f.Sharing != "" {
		t.line("", "    its ports: %s (%s)", clean(f.Sharing), clean(f.Sign))
	}
	for _, m := range f.Methods {
		t.line("", "    %s  %-9s %-10s %s", m.At.In(location).Format(time.TimeOnly), clean(m.Method), clean(m.who()), m.what())
	}
}

// who is who was asked: the operator, or at home, where one has several ways, the way.
func (m WANMethod) who() string {
	if m.Operator == m.Method {
		return m.Endpoint
	}
	return m.Operator
}

func (m WANMethod) what() string {
	if len(m.Said) == 0 {
		return clean(cmp.Or(m.Error, "no answer"))
	}
	var list []string
	for _, a := range m.Said {
		list = append(list, a.String())
	}
	text := strings.Join(list, " ")
	if m.Class != publicClass {
		text += " (" + clean(m.Class) + ", doesn't count)"
	}
	return text
}
