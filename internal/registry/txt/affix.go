// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// template stands for the record type, in lower case, in a prefix or suffix.
const template = "%{record_type}"

// anyType is the type of a marker whose name carries none.
const anyType record.Type = ""

// markable are the types that a marker's name can carry, in the order in which a name is tried for them.
var markable = []record.Type{
	record.A, record.AAAA, record.CNAME, record.NS, record.MX, record.PTR, record.SRV, record.NAPTR, record.TXT, record.DNAME,
}

// affix is one way to make a marker's name: a prefix before the name or a suffix after its first label. Both are in lower case.
type affix struct{ prefix, suffix string }

func newAffix(prefix, suffix string) affix {
	return affix{strings.ToLower(prefix), strings.ToLower(suffix)}
}

func (a affix) templated() bool { return strings.Contains(a.prefix+a.suffix, template) }

// with puts a type in the template's place.
func (a affix) with(t record.Type) affix {
	if !a.templated() { // by far the most, and this is asked several times for every name
		return a
	}
	low := strings.ToLower(string(t))
	return affix{strings.ReplaceAll(a.prefix, template, low), strings.ReplaceAll(a.suffix, template, low)}
}

// put makes a name of head, one label, and rest.
func (a affix) put(head string, rest dnsname.Name) dnsname.Name {
	if rest == "" {
		return dnsname.Name(a.prefix + head + a.suffix)
	}
	return dnsname.Name(a.prefix + head + a.suffix + "." + string(rest))
}

// cut undoes put; ok is false where n wasn't made so.
func (a affix) cut(n dnsname.Name) (head string, rest dnsname.Name, ok bool) {
	tail, found := strings.CutPrefix(string(n), a.prefix)
	if !found {
		return "", "", false
	}
	dot := strings.IndexByte(tail, '.')
	if dot < 0 {
		return "", "", false
	}
	for i := 1; i <= dot; i++ {
		if after, fits := strings.CutPrefix(tail[i:], a.suffix+"."); fits {
			return tail[:i], dnsname.Name(after), true
		}
	}
	return "", "", false
}

// typed is the name of the marker of (head.rest, t) which carries the type: in the template's place, or before the head.
func (a affix) typed(head string, rest dnsname.Name, t record.Type) dnsname.Name {
	if a.templated() {
		return a.with(t).put(head, rest)
	}
	return a.put(token(t)+head, rest)
}

// untyped is the name of the marker of head.rest without a type.
func (a affix) untyped(head string, rest dnsname.Name) dnsname.Name {
	return a.with(anyType).put(head, rest)
}

// older is the name which versions before the template wrote: the template is left out and the type stands before the head.
func (a affix) older(head string, rest dnsname.Name, t record.Type) dnsname.Name {
	return a.with(anyType).put(token(t)+head, rest)
}

// apex is where the marker of a zone's apex goes if its usual name is outside the zone: <type>-<prefix>.<zone>. Only a prefix
// makes such a name; a suffix or nothing would make the name of another record set's marker.
func (a affix) apex(zone dnsname.Name, t record.Type) (dnsname.Name, bool) {
	label := strings.TrimSuffix(a.with(t).prefix, ".")
	if label == "" {
		return "", false
	}
	if !a.templated() {
		label = token(t) + label
	}
	return dnsname.Name(label + "." + string(zone)), true
}

// token is a type as a marker's name carries it. Those of the markable types are written down, since they are asked for many times for
// every name that is planned.
func token(t record.Type) string {
	switch t {
	case record.A:
		return "a-"
	case record.AAAA:
		return "aaaa-"
	case record.CNAME:
		return "cname-"
	case record.NS:
		return "ns-"
	case record.MX:
		return "mx-"
	case record.PTR:
		return "ptr-"
	case record.SRV:
		return "srv-"
	case record.TXT:
		return "txt-"
	default:
		return strings.ToLower(string(t)) + "-"
	}
}
