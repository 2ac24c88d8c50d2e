// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"nafuda.io/nafuda/internal/ops/metrics"
	"nafuda.io/nafuda/internal/ops/status"
)

// Options are every option of the controller: each package's own, put together.
type Options struct {
	Log     LogOptions      `embed:""`
	Status  status.Options  `embed:""`
	Metrics metrics.Options `embed:""`
}
