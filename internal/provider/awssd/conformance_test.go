// SPDX-License-Identifier: Apache-2.0

package awssd_test

import (
	"testing"

	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awssd"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/serve/sdemu"
)

func TestConformance(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Target {
		e := emulate(t, sdemu.Options{})
		p := e.open(awssd.Options{ServiceCleanup: true}, provider.Filter{})
		return providertest.Target{Provider: p, Zone: e.zone("example.com"), Other: e.zone("example.net"), Break: e.fail, Secrets: e.secrets}
	})
}
