// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
)

func TestDeltaAliasesThatNobodyWantsAreForgotten(t *testing.T) {
	a := make(aliases)
	a.add("lb.example.com", "old.example.com")
	a.add("lb.example.com", "www.example.com")
	a.add("gone.example.com", "old.example.com")
	a.prune(func(n dnsname.Name) bool { return n == "www.example.com" })
	if diff := cmp.Diff(aliases{"lb.example.com": {"www.example.com": true}}, a); diff != "" {
		t.Errorf("(-want +left):\n%s", diff)
	}
}
