// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// replay is an account whose zones are what was read of them, so that a plan needn't read them again. It changes nothing.
type replay struct {
	provider.Provider
	zones []content
	err   error // why the zones aren't known
}

// Zones implements provider.Provider.
func (r replay) Zones(context.Context) ([]zone.Zone, error) {
	var out []zone.Zone
	for _, c := range r.zones {
		out = append(out, c.Zone)
	}
	return out, r.err
}

// Records implements provider.Provider: each zone is one page.
func (r replay) Records(_ context.Context, z zone.Zone, _ provider.Cursor) (provider.Page, error) {
	for _, c := range r.zones {
		if c.Zone.Key != z.Key {
			continue
		}
		var page provider.Page
		for _, n := range c.names() {
			page.Sets = append(page.Sets, c.Sets[n]...)
		}
		return page, c.Err
	}
	return provider.Page{}, errors.New("no such zone was read")
}

// Apply implements provider.Provider; nobody calls it.
func (replay) Apply(context.Context, zone.Zone, change.Batch) (provider.Receipt, error) {
	return "", errors.New("doctor changes nothing")
}
