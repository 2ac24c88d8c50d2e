// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// operatorOf reads a condition operator: how many of a request's values must match, and how two are compared.
func operatorOf(name string) (all bool, matches func(pattern, value string) bool, ok bool) {
	set, compare, _ := strings.Cut(name, ":")
	switch compare {
	case "StringEquals":
		matches = func(pattern, value string) bool { return pattern == value }
	case "StringLike":
		matches = wild
	}
	return set == "ForAllValues", matches, matches != nil && (set == "ForAllValues" || set == "ForAnyValue")
}

// valueOf returns what a condition key reads of a change, in its normal form (specifying-conditions-route53); nil for other keys.
func valueOf(key string) func(Change) string {
	switch key {
	case "route53:ChangeResourceRecordSetsNormalizedRecordNames":
		return func(c Change) string {
			name, _ := parseName(string(c.Set.Name))
			return strings.TrimSuffix(wireName(name), ".")
		}
	case "route53:ChangeResourceRecordSetsRecordTypes":
		return func(c Change) string { return string(c.Set.Type) }
	case "route53:ChangeResourceRecordSetsActions":
		return func(c Change) string { return string(c.Action) }
	}
	return nil
}

// null asks whether a request has a key at all (IAM User Guide, "Condition operator to check existence of condition keys").
const null = "Null"

// present reports whether each key is there or not, as its one value says. A request has all the keys or none.
func present(keys map[string]texts, there bool) bool {
	for _, values := range keys {
		if !slices.Contains(values, strconv.FormatBool(!there)) {
			return false
		}
	}
	return true
}

// checkConditions refuses conditions that aren't emulated.
func checkConditions(conditions map[string]map[string]texts) error {
	for _, operator := range slices.Sorted(maps.Keys(conditions)) {
		if _, _, ok := operatorOf(operator); !ok && operator != null {
			return fmt.Errorf("has the condition operator %s, which isn't emulated", operator)
		}
		for _, key := range slices.Sorted(maps.Keys(conditions[operator])) {
			if valueOf(key) == nil {
				return fmt.Errorf("has the condition key %s, which isn't emulated", key)
			}
		}
	}
	return nil
}

// holds reports whether a request meets every condition. ForAllValues holds where there are no values, ForAnyValue doesn't (IAM
// User Guide, multivalued context keys).
func (s statement) holds(changes []Change) bool {
	for operator, keys := range s.Condition {
		if operator == null {
			if !present(keys, len(changes) > 0) {
				return false
			}
			continue
		}
		all, matches, _ := operatorOf(operator)
		for key, patterns := range keys {
			value := valueOf(key)
			hit := func(c Change) bool {
				return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, value(c)) })
			}
			miss := func(c Change) bool { return !hit(c) }
			if all && slices.ContainsFunc(changes, miss) || !all && !slices.ContainsFunc(changes, hit) {
				return false
			}
		}
	}
	return true
}
