// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"nafuda.io/nafuda/internal/registry"
)

// TestItemForm holds the form of items to that of ExternalDNS.
func TestItemForm(t *testing.T) {
	labels := &types.AttributeValueMemberM{Value: item{"resource": str("ingress/ns/x")}}
	for name, tc := range map[string]struct {
		why  string
		item item
		key  string // empty: not a row
	}{
		"usual":          {why: "name, type and no set identifier", item: item{"k": str("www.example.com#A#"), "o": str("me"), "l": labels}, key: "www.example.com A"},
		"identifier":     {why: "a set identifier may hold anything", item: item{"k": str("www.example.com#A#eu#1"), "o": str("me"), "l": labels}, key: "www.example.com A eu#1"},
		"wildcard":       {why: "as it is", item: item{"k": str("*.example.com#CNAME#"), "o": str("me")}, key: "*.example.com CNAME"},
		"no labels":      {why: "labels may be missing", item: item{"k": str("www.example.com#A#"), "o": str("me")}, key: "www.example.com A"},
		"odd labels":     {why: "what isn't a string is passed over", item: item{"k": str("www.example.com#A#"), "o": str("me"), "l": str("x")}, key: "www.example.com A"},
		"no identifier":  {why: "not ExternalDNS's form", item: item{"k": str("www.example.com#A"), "o": str("me")}},
		"no owner":       {why: "nobody's", item: item{"k": str("www.example.com#A#")}},
		"owner a number": {why: "nobody's", item: item{"k": str("www.example.com#A#"), "o": &types.AttributeValueMemberN{Value: "1"}}},
		"upper case":     {why: "it would never be found", item: item{"k": str("WWW.example.com#A#"), "o": str("me")}},
		"other program":  {why: "the table may hold more", item: item{"k": str("lock"), "o": str("me")}},
	} {
		t.Run(name, func(t *testing.T) {
			r, ok := rowOf(tc.item)
			if ok != (tc.key != "") || ok && r.Key.String() != tc.key {
				t.Fatalf("%+v, %v; want %q (%s)", r, ok, tc.key, tc.why)
			}
			if !ok {
				return
			}
			again, ok := rowOf(itemOf(r))
			if again.Labels == nil || !ok || !registry.Same(&r, &again) {
				t.Errorf("%+v is written and read as %+v", r, again)
			}
		})
	}
}

func FuzzParseKey(f *testing.F) {
	for _, s := range []string{"www.example.com#A#", "*.example.com#CNAME#eu#1", "##", "#A#", "a", "xn--a#TXT#", "例え.example.com#A#"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if k, ok := parseKey(s); ok && hashKey(k) != s {
			t.Fatalf("%q reads as %+v, which is written as %q", s, k, hashKey(k))
		}
	})
}
