// SPDX-License-Identifier: Apache-2.0

package mirror_test

import (
	"testing"

	"nafuda.io/nafuda/internal/memory/mirror"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
)

// TestClone: what is entered in one of the two isn't in the other.
func TestClone(t *testing.T) {
	one := record.Set{Key: record.Key{Name: "a.example.com", Type: record.A}, TTL: 300, Values: []string{"192.0.2.1"}}
	two := record.Set{Key: one.Key, TTL: 300, Values: []string{"192.0.2.2"}}
	three := record.Set{Key: record.Key{Name: "b.example.com", Type: record.A}, TTL: 300, Values: []string{"192.0.2.3"}}
	z := mirror.New()
	commit := func(z *mirror.Zone, before, after *record.Set) {
		z.Commit(change.Batch{Groups: []change.Group{{Changes: []change.Change{{Before: before, After: after}}}}})
	}
	commit(z, nil, &one)
	c := z.Clone()
	commit(z, &one, &two)
	commit(c, nil, &three)
	if got := c.At(one.Name); len(got) != 1 || !got[0].Equal(one) || c.Len() != 2 {
		t.Errorf("the clone holds %v of %d", got, c.Len())
	}
	if got := z.At(one.Name); len(got) != 1 || !got[0].Equal(two) || len(z.At(three.Name)) != 0 || z.Len() != 1 {
		t.Errorf("the original holds %v of %d", got, z.Len())
	}
}
