// SPDX-License-Identifier: Apache-2.0

package handover

import (
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// affixes are the flags by which ExternalDNS finds the owner of a record set. What follows is its way of reading, written from its
// observed behaviour and apart from our registry: from the marker's name to the record set, one answer only.
type affixes struct{ owner, prefix, suffix, wildcard string }

// place is what a marker's name says: the name of a record set and its type, empty in the old form.
type place struct{ name, kind, id string }

func kinds() []string {
	return []string{"A", "AAAA", "CNAME", "NS", "MX", "PTR", "SRV", "NAPTR", "TXT", "DNAME"}
}

const template = "%{record_type}"

// read finds what the marker at a name is for.
func (a affixes) read(name string) (named, kind string) {
	name = strings.ToLower(name)
	if strings.Contains(a.prefix+a.suffix, template) {
		for _, k := range kinds() {
			if bare, ok := a.strip(name, strings.ToLower(k)); ok {
				return bare, k
			}
		}
	}
	bare, ok := a.strip(name, "")
	if !ok {
		return "", ""
	}
	token, rest, found := strings.Cut(bare, "-")
	for _, k := range kinds() {
		if found && strings.EqualFold(token, k) {
			return rest, k
		}
	}
	return bare, ""
}

// strip takes the affix off, the record type in its template.
func (a affixes) strip(name, kind string) (string, bool) {
	prefix, suffix := strings.ReplaceAll(strings.ToLower(a.prefix), template, kind), strings.ReplaceAll(strings.ToLower(a.suffix), template, kind)
	if suffix == "" {
		return strings.CutPrefix(name, prefix)
	}
	head, rest, _ := strings.Cut(name, ".")
	if strings.Contains(suffix, ".") {
		i := strings.Index(name, suffix+".")
		if i < 0 {
			return "", false
		}
		return name[:i] + name[i+len(suffix):], true
	}
	head, ok := strings.CutSuffix(head, suffix)
	return head + "." + rest, ok
}

// untyped is the old form of a marker's name, with a prefix.
func (a affixes) untyped(name string) dnsname.Name {
	if rest, ok := strings.CutPrefix(name, "*."); ok && a.wildcard != "" {
		name = a.wildcard + "." + rest
	}
	return dnsname.Name(strings.ReplaceAll(a.prefix, template, "") + name)
}

// owners tells the owner of each record set that isn't a marker; empty where it has none.
func (a affixes) owners(sets []record.Set) map[record.Key]string {
	found := make(map[place]string)
	for _, s := range sets {
		if owner, ok := heritage(s); ok {
			name, kind := a.read(string(s.Name))
			found[place{name, kind, s.ID}] = owner
		}
	}
	out := make(map[record.Key]string)
	for _, s := range sets {
		if _, marker := heritage(s); !marker {
			out[s.Key] = a.ownerOf(s, found)
		}
	}
	return out
}

func (a affixes) ownerOf(s record.Set, found map[place]string) string {
	name := string(s.Name)
	if rest, ok := strings.CutPrefix(name, "*."); ok && a.wildcard != "" {
		name = strings.ToLower(a.wildcard) + "." + rest
	}
	tries := []string{string(s.Type)}
	if s.Type == record.A && s.Alias != nil {
		tries = append(tries, "CNAME")
	}
	if s.Type != record.AAAA {
		tries = append(tries, "")
	}
	for _, kind := range tries {
		if owner, ok := found[place{name, kind, s.ID}]; ok {
			return owner
		}
	}
	return ""
}

// heritage reads the owner from the first value of a TXT record set; the others aren't looked at.
func heritage(s record.Set) (owner string, ok bool) {
	values := s.Stored
	if values == nil {
		values = s.Values
	}
	if s.Type != record.TXT || len(values) == 0 {
		return "", false
	}
	for token := range strings.SplitSeq(strings.Trim(values[0], `"`), ",") {
		key, value, _ := strings.Cut(token, "=")
		switch key {
		case "heritage":
			if ok = value == "external-dns"; !ok {
				return "", false
			}
		case "external-dns/owner":
			owner = value
		}
	}
	return owner, ok
}

// TestReading proves the reading rules on names that ExternalDNS itself was seen to make.
func TestReading(t *testing.T) {
	for marker, tc := range map[string]struct {
		affixes    affixes
		name, kind string
	}{
		"a-www.example.com":           {affixes{}, "www.example.com", "A"},
		"www.example.com":             {affixes{}, "www.example.com", ""},
		"a-b.example.com":             {affixes{}, "b.example.com", "A"},
		"edns-a-www.example.com":      {affixes{prefix: "edns-"}, "www.example.com", "A"},
		"edns.cname-www.example.com":  {affixes{prefix: "edns."}, "www.example.com", "CNAME"},
		"cname-edns.www.example.com":  {affixes{prefix: "%{record_type}-edns."}, "www.example.com", "CNAME"},
		"a-edns.example.com":          {affixes{prefix: "%{record_type}-edns."}, "example.com", "A"},
		"a-www-edns.example.com":      {affixes{suffix: "-edns"}, "www.example.com", "A"},
		"www.cname.example.com":       {affixes{suffix: ".%{record_type}"}, "www.example.com", "CNAME"},
		"a-aaaa-edns.b.example.com":   {affixes{suffix: "-%{record_type}-edns"}, "a.b.example.com", "AAAA"},
		"other.a-www.example.com":     {affixes{prefix: "edns."}, "", ""},
		"edns-aaaa.*.example.com":     {affixes{prefix: "Edns-%{record_type}."}, "*.example.com", "AAAA"},
		"a-.www.example.com":          {affixes{prefix: "-."}, "", ""},
		"-edns.www.example.com":       {affixes{prefix: "%{record_type}-edns."}, "www.example.com", ""},
		"-edns.cname-www.example.com": {affixes{prefix: "%{record_type}-edns."}, "www.example.com", "CNAME"},
	} {
		if name, kind := tc.affixes.read(marker); name != tc.name || kind != tc.kind {
			t.Errorf("%s with %+v reads as %q %q, want %q %q", marker, tc.affixes, name, kind, tc.name, tc.kind)
		}
	}
}
