// SPDX-License-Identifier: Apache-2.0

package txt

import (
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// Places lists the names in a zone at which the marker of a record set, an alias or not, may be written or read in any --txt-format
// of the configured affix.
func (r *Registry) Places(n dnsname.Name, t record.Type, z zone.Zone) []dnsname.Name {
	var out []dnsname.Name
	for _, p := range r.places(n, t, true, z) {
		if !p.moved {
			out = append(out, p.at)
		}
	}
	return out
}
