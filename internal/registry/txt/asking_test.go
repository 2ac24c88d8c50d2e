// SPDX-License-Identifier: Apache-2.0

package txt_test

import (
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/txt"
	"nafuda.io/nafuda/test/zonetext"
)

const us = zonetext.Owner

var example = zonetext.Zone()

// text writes sets. What the registry attaches has no time to live yet: that is the planner's.
func text(list []record.Set) string {
	list = slices.Clone(list)
	for i := range list {
		list[i].TTL = 300
	}
	return zonetext.Text(list)
}

func nobody(string, dnsname.Name) bool { return false }

// asks reads lines of "resource name".
func asks(t *testing.T, text string) registry.Asks {
	t.Helper()
	known := make(map[string]bool)
	for line := range strings.Lines(text) {
		resource, name, _ := strings.Cut(strings.TrimSpace(line), " ")
		known[resource+" "+string(zonetext.Full(name))] = true
	}
	return func(resource string, n dnsname.Name) bool { return known[resource+" "+string(n)] }
}

func options(o txt.Options) txt.Options {
	o.Owner = us
	if o.Format == "" {
		o.Format = "auto"
	}
	return o
}
