// SPDX-License-Identifier: Apache-2.0

package storetest_test

import (
	"testing"

	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/storetest"
)

func TestMemory(t *testing.T) {
	storetest.Run(t, func(*testing.T) registry.Store { return storetest.NewMemory() })
}
