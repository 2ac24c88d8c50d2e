// SPDX-License-Identifier: Apache-2.0

package local_test

import (
	"log/slog"
	"testing"

	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/local"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/serve/nameserver"
)

func TestConformance(t *testing.T) {
	providertest.Run(t, func(t *testing.T) providertest.Target {
		s, err := local.Open(local.Options{Zones: []string{"example.com", "example.net"}, Server: nameserver.Options{Addresses: []string{"192.0.2.53:53"}}}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		p := local.New(s, provider.Filter{})
		zones, err := p.Zones(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return providertest.Target{Provider: p, Zone: zones[0], Other: zones[1]}
	})
}
