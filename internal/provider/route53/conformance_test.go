// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"testing"

	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/provider/route53"
)

func TestConformance(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Target {
		e := emulate(t)
		p := e.open(route53.Defaults(), provider.Filter{})
		return providertest.Target{Provider: p, Zone: e.zone("example.com"), Other: e.zone("example.net"), Break: e.fail, Secrets: e.secrets}
	})
}
