// SPDX-License-Identifier: Apache-2.0

package provider_test

import (
	"errors"
	"fmt"
	"testing"

	"nafuda.io/nafuda/internal/provider"
)

func TestClassOf(t *testing.T) {
	cause := errors.New("rate exceeded")
	throttled := &provider.Error{Class: provider.Throttled, Err: cause}
	for why, tc := range map[string]struct {
		err  error
		want provider.Class
	}{
		"its own":                       {throttled, provider.Throttled},
		"wrapped":                       {fmt.Errorf("read a page: %w", throttled), provider.Throttled},
		"none, so it is tried again":    {cause, provider.Unavailable},
		"one of several that is joined": {errors.Join(cause, throttled), provider.Throttled},
	} {
		t.Run(why, func(t *testing.T) {
			if got := provider.ClassOf(tc.err); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
		})
	}
	if !errors.Is(throttled, cause) || throttled.Error() != "rate exceeded (throttled)" {
		t.Errorf("%v", throttled)
	}
}
