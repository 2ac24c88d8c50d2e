// SPDX-License-Identifier: Apache-2.0

package status_test

import (
	"testing"

	"nafuda.io/nafuda/internal/ops/status"
)

func TestAddress(t *testing.T) {
	tests := map[string]struct {
		ok  bool
		why string
	}{
		"":                {true, "turned off"},
		":7979":           {true, "ExternalDNS's default"},
		"127.0.0.1:0":     {true, "any free port"},
		"[2001:db8::1]:1": {true, "IPv6 in brackets"},
		"7979":            {false, "no colon"},
		":http":           {false, "a name isn't a number"},
		":70000":          {false, "too high"},
		"2001:db8::1:1":   {false, "IPv6 without brackets"},
	}
	for address, tt := range tests {
		if err := (&status.Options{Address: address}).Check(); (err == nil) != tt.ok {
			t.Errorf("%q: %v: %s", address, err, tt.why)
		}
	}
}
