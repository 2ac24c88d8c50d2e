// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

// The attributes of an item.
const (
	attrKey    = "k"
	attrOwner  = "o"
	attrLabels = "l"
)

type item map[string]types.AttributeValue

// hashKey is the text of a key. A set identifier may have the separator in it.
func hashKey(k record.Key) string { return string(k.Name) + "#" + string(k.Type) + "#" + k.ID }

// parseKey reads a hash key. One that isn't spelt as hashKey would isn't of a record set that we could find.
func parseKey(text string) (record.Key, bool) {
	parts := strings.SplitN(text, "#", 3)
	if len(parts) != 3 || parts[1] == "" {
		return record.Key{}, false
	}
	name, err := dnsname.Parse(parts[0])
	k := record.Key{Name: name, Type: record.Type(parts[1]), ID: parts[2]}
	return k, err == nil && hashKey(k) == text
}

// rowOf reads an item. Labels that aren't strings are left out.
func rowOf(it item) (registry.Row, bool) {
	key, ok := text(it[attrKey])
	owner, owned := text(it[attrOwner])
	k, parsed := parseKey(key)
	if !ok || !owned || !parsed {
		return registry.Row{}, false
	}
	r := registry.Row{Key: k, Owner: owner}
	if m, is := it[attrLabels].(*types.AttributeValueMemberM); is {
		r.Labels = make(map[string]string, len(m.Value))
		for label, v := range m.Value {
			if s, is := text(v); is {
				r.Labels[label] = s
			}
		}
	}
	return r, true
}

func text(v types.AttributeValue) (string, bool) {
	s, ok := v.(*types.AttributeValueMemberS)
	if !ok {
		return "", false
	}
	return s.Value, true
}

func itemOf(r registry.Row) item {
	labels := make(map[string]types.AttributeValue, len(r.Labels))
	for label, v := range r.Labels {
		labels[label] = str(v)
	}
	return item{attrKey: str(hashKey(r.Key)), attrOwner: str(r.Owner), attrLabels: &types.AttributeValueMemberM{Value: labels}}
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// condition is an expression with what it refers to.
type condition struct {
	text   *string
	names  map[string]string
	values map[string]types.AttributeValue
}

// exactly is the condition that a row is what was read: the owner, each label, and how many labels there are. Maps can't be compared
// as a whole everywhere, and size counts the elements of one (Amazon DynamoDB Developer Guide, "Condition and filter expressions").
func exactly(before *registry.Row) condition {
	if before == nil {
		return condition{text: aws.String("attribute_not_exists(#k)"), names: map[string]string{"#k": attrKey}}
	}
	c := condition{names: map[string]string{"#o": attrOwner, "#l": attrLabels}, values: item{":o": str(before.Owner)}}
	terms := []string{"#o = :o"}
	if before.Labels == nil {
		terms = append(terms, "attribute_not_exists(#l)")
	} else {
		terms = append(terms, "size(#l) = :n")
		c.values[":n"] = &types.AttributeValueMemberN{Value: fmt.Sprint(len(before.Labels))}
	}
	for i, label := range slices.Sorted(maps.Keys(before.Labels)) {
		name, value := fmt.Sprintf("#l%d", i), fmt.Sprintf(":l%d", i)
		c.names[name], c.values[value] = label, str(before.Labels[label])
		terms = append(terms, "#l."+name+" = "+value)
	}
	c.text = aws.String(strings.Join(terms, " AND "))
	return c
}
