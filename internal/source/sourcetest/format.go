// SPDX-License-Identifier: Apache-2.0

package sourcetest

import (
	"fmt"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// Format writes the result of one object as lines of text, one an endpoint, hold and refusal, in the result's order.
func Format(ref endpoint.Ref, r endpoint.Result) string {
	var b strings.Builder
	fmt.Fprintln(&b, ref)
	for _, e := range r.Endpoints {
		fmt.Fprintf(&b, "  %s %s%s\n", head(e.Name, string(e.Type), e.ID, e.TTL, e.Props), strings.Join(e.Targets, ", "), class(e.From))
	}
	for _, h := range r.Holds {
		fmt.Fprintf(&b, "  %s %s%s\n", head(h.Name, strings.TrimSpace(string(h.Type)+" held"), h.ID, h.TTL, h.Props), why(h.Why), class(h.From))
	}
	for _, x := range r.Refusals {
		at := x.Field
		if x.Ref != ref {
			at = x.Ref.String() + " " + at
		}
		fmt.Fprintf(&b, "  refused %s %q %s\n", at, x.Value, why(x.Why))
	}
	if !r.Unsure.None() {
		fmt.Fprintf(&b, "  unsure %s\n", why(r.Unsure))
	}
	if r.Empty() {
		fmt.Fprintln(&b, "  nothing")
	}
	return b.String()
}

func head(name dnsname.Name, kind, id string, ttl uint32, props []record.Prop) string {
	s := string(name) + " " + kind
	if id != "" {
		s += fmt.Sprintf(" id=%q", id)
	}
	if ttl != 0 {
		s += fmt.Sprintf(" ttl=%d", ttl)
	}
	for _, p := range props {
		s += fmt.Sprintf(" %s=%q", p.Name, p.Value)
	}
	return s
}

func why(r reason.Reason) string { return string(r.Code) + ": " + r.Text }

func class(from *endpoint.Origin) string {
	out := ""
	if from != nil && from.Class != "" {
		out += " (class " + from.Class + ")"
	}
	if from != nil && from.WAN {
		out += " (wan)"
	}
	return out
}
