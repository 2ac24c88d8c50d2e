// SPDX-License-Identifier: Apache-2.0

package source

import (
	"cmp"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// Alias is the property that asks for an alias rather than a CNAME.
const Alias = "alias"

// props reads the properties that go beyond DNS. Their values are the providers' to judge. prefix is the one that a property
// named after its whole key has, whichever prefix the object uses.
func (r *reader) props(prefix string) {
	for name, n := range r.notes {
		if prop, ok := propName(name, prefix); ok {
			r.out.Props = append(r.out.Props, record.Prop{Name: prop, Value: n.value})
		}
	}
	if n, ok := r.notes[Alias]; ok {
		switch n.value {
		case "true", "false", "A", "AAAA":
			r.out.Props = append(r.out.Props, record.Prop{Name: Alias, Value: n.value})
		default:
			r.refuse(n, n.value, reason.New(reason.BadValue, "the value is none of true, false, A, AAAA, so it is as if it weren't there"))
		}
	}
	slices.SortFunc(r.out.Props, func(a, b record.Prop) int { return cmp.Compare(a.Name, b.Name) })
}

func propName(name, prefix string) (string, bool) {
	switch name {
	case "record-type":
		return name, true
	case "azure-tags":
		return "azure/tags", true
	case "cloudflare-proxied", "cloudflare-custom-hostname", "cloudflare-region-key", "cloudflare-record-comment", "cloudflare-tags":
		return prefix + name, true
	}
	for _, provider := range []string{"aws", "scw", "webhook", "coredns"} {
		if rest, ok := strings.CutPrefix(name, provider+"-"); ok && rest != "" {
			return provider + "/" + rest, true
		}
	}
	return "", false
}
