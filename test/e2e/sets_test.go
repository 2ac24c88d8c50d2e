// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// set makes a record set with a TTL of 300 seconds.
func set(name dnsname.Name, t record.Type, values ...string) record.Set {
	return record.Set{Key: record.Key{Name: name, Type: t}, TTL: 300, Values: values}
}

// mark makes an ownership marker at a name.
func mark(owner string, name dnsname.Name, resource string) record.Set {
	return set(name, record.TXT, heritage(owner, resource))
}

// sorted sorts what isn't blank.
func sorted(lines []string) []string {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return strings.TrimSpace(l) == "" })
	slices.Sort(lines)
	return lines
}

// lines joins the lines of a batch.
func lines(l ...string) string { return strings.Join(l, "\n") }

// split splits texts into their lines.
func split(texts []string) []string { return sorted(strings.Split(lines(texts...), "\n")) }

func dnsName(s string) dnsname.Name { return dnsname.Name(s) }

// sortedBatches are the batches that were taken, each with its changes sorted.
func (w *world) sortedBatches() [][]string {
	var out [][]string
	for _, b := range w.batches() {
		out = append(out, split([]string{b}))
	}
	return out
}
