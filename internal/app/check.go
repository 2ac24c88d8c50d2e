// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Check opens what checked options name, sends nothing, and returns what a person may not have meant.
func Check(ctx context.Context, o Options) (warnings []string, err error) {
	if _, err := o.publishing(ctx, nil); err != nil {
		return nil, err
	}
	views := o.views()
	for i := range views {
		warnings = append(warnings, views[i].warnings(o.Use)...)
		for j := range views[:i] {
			warnings = append(warnings, views[i].beside(&views[j])...)
		}
	}
	return warnings, nil
}

// warnings are about a view alone.
func (o *ViewOptions) warnings(use []string) []string {
	var out []string
	watched := func(name string) bool { return slices.Contains(use, name) }
	if list := o.View.Sources; len(list) > 0 && !slices.ContainsFunc(list, watched) {
		out = append(out, fmt.Sprintf("view %s selects nothing: of its sources none is watched: add %s to source at the top of the file", o.Name, strings.Join(list, " or ")))
	}
	gateway := func(name string) bool { return strings.HasPrefix(name, "gateway-") }
	if len(o.View.Gateways) > 0 && !slices.ContainsFunc(use, gateway) {
		out = append(out, fmt.Sprintf("view %s has gateway-name, and no source of the Gateway API is watched: add gateway-httproute to source at the top of the file", o.Name))
	}
	return out
}

// beside are about a view and one that stands before it.
func (o *ViewOptions) beside(other *ViewOptions) []string {
	if o.Provider != other.Provider || !same(o.Publish.Only(o.Provider), other.Publish.Only(o.Provider)) || !o.zonesOf(other) {
		return nil
	}
	if o.Registry == noopName || other.Registry == noopName || o.TXT.Owner != other.TXT.Owner {
		return []string{fmt.Sprintf("the views %s and %s publish to the same zones with different owners, so neither touches what the other has: give them one owner, or zones of their own", other.Name, o.Name)}
	}
	return nil
}

// zonesOf reports whether two views choose their zones in the same way.
func (o *ViewOptions) zonesOf(other *ViewOptions) bool {
	equal := func(a, b []string) bool { return slices.Equal(names(a), names(b)) }
	a, b := o.View, other.View
	return equal(a.DomainFilter, b.DomainFilter) && equal(a.ZoneIDs, b.ZoneIDs) && equal(a.ExcludeDomains, b.ExcludeDomains) &&
		a.RegexFilter == b.RegexFilter && a.RegexExclusion == b.RegexExclusion
}
