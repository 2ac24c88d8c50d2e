// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"testing"

	"nafuda.io/nafuda/internal/provider/providertest"
)

func TestConformance(t *testing.T) {
	for name, start := range starters() {
		t.Run(name, func(t *testing.T) {
			s := start(t, plan{zones: 120})
			p := open(t, s.options())
			providertest.Run(t, func(t *testing.T) providertest.Target {
				return providertest.Target{Provider: p, Zone: s.fresh(t), Other: s.fresh(t), Secrets: []string{secret}}
			})
		})
	}
}
