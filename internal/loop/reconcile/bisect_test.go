// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"math/bits"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
)

// TestApartBisectionCounts: one culprit in n names costs at most log2 n + 1 calls beside the one that was refused, wherever it stands, and
// every other name is taken.
func TestApartBisectionCounts(t *testing.T) {
	for n := 2; n <= 600; n++ {
		groups := make([]change.Group, n)
		for i := range groups {
			groups[i] = change.Group{Name: dnsname.Name(fmt.Sprintf("n%d.example.com", i))}
		}
		for _, bad := range []int{0, 1, n / 3, n / 2, n - 1} {
			calls, taken, culprit := bisected(groups, groups[bad].Name)
			if most := bits.Len(uint(n-1)) + 1; calls > most {
				t.Errorf("%d names, the %d. is bad: %d calls, want at most %d", n, bad, calls, most)
			}
			if taken != n-1 || culprit != groups[bad].Name {
				t.Errorf("%d names, the %d. is bad: %d were taken, %q was found", n, bad, taken, culprit)
			}
		}
	}
}

// bisected runs a bisection against a provider that refuses one name.
func bisected(groups []change.Group, bad dnsname.Name) (calls, taken int, culprit dnsname.Name) {
	var b bisection
	b.begin(groups)
	for !b.empty() {
		sent := b.take()
		calls++
		refused := false
		for _, g := range sent.Groups {
			refused = refused || g.Name == bad
		}
		if refused {
			b.refused()
		} else {
			taken += len(sent.Groups)
			b.accepted()
		}
		if g, alone := b.culprit(); alone {
			culprit = g.Name
		}
	}
	return calls, taken, culprit
}
