// SPDX-License-Identifier: Apache-2.0

package providertest_test

import (
	"errors"
	"testing"

	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

func TestMemory(t *testing.T) {
	providertest.Run(t, func(*testing.T) providertest.Target {
		zone, other := providertest.MemoryZone("example.com"), providertest.MemoryZone("example.net")
		m := providertest.NewMemory(zone, other)
		m.SyncAfter = 2
		flaky := providertest.NewFlaky(m)
		return providertest.Target{Provider: flaky, Zone: zone, Other: other, Break: func(c provider.Class) bool {
			f := providertest.Fails(c, errors.New("made to fail"))
			f.Late = c == provider.Uncertain
			flaky.Fail(providertest.OpApply, f)
			return true
		}}
	})
}
