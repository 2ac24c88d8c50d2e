// SPDX-License-Identifier: Apache-2.0

package r53emu

import (
	_ "embed"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
)

//go:embed aliaszones.txt
var aliasZones string

// serviceName tells whether a hosted zone id belongs to an AWS service that aliases may target, and whether a name lies in it.
func serviceName(id string, name dnsname.Name) (inside, known bool) {
	for line := range strings.Lines(aliasZones) {
		zone, suffix, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if zone == id {
			known = true
			inside = inside || name != dnsname.Name(suffix) && name.In(dnsname.Name(suffix))
		}
	}
	return inside, known
}
