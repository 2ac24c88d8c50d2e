// SPDX-License-Identifier: Apache-2.0

package report

import "nafuda.io/nafuda/internal/model/zone"

// FlagsView is the name of the one view that flags make, which nobody has named.
const FlagsView = "default"

// Named reports whether a view has a name that a person has given it, so that it means something to who reads it.
func Named(view string) bool { return view != "" && view != FlagsView }

// Seen says who sees a zone: a private one its own networks, and one of a provider whose zones are the world's everybody. Else it depends on who
// is told of the zone's servers, and all that can be said is whose they are.
func Seen(z zone.Zone, world bool) string {
	switch {
	case z.Private:
		return "private"
	case world:
		return "public"
	default:
		return "of the provider " + z.Provider
	}
}
