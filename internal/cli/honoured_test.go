// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/app/flags"
	"nafuda.io/nafuda/internal/cli/parse"
)

// What the table promises is there, and what is there under a name of ExternalDNS isn't refused.
func TestHonouredFlagsAreThere(t *testing.T) {
	list, err := parse.Describe(spec(new(grammar)), "run")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range flags.All() {
		i := slices.IndexFunc(list, func(have parse.Flag) bool { return have.Name == f.Name })
		switch {
		case f.Class == flags.Honoured && i < 0:
			t.Errorf("--%s is honoured and isn't there", f.Name)
		case f.Class == flags.Refused && i >= 0:
			t.Errorf("--%s is refused and is there", f.Name)
		case i >= 0 && list[i].Kind != f.Kind:
			t.Errorf("--%s is a %s, and a %s in ExternalDNS", f.Name, list[i].Kind, f.Kind)
		}
	}
}
