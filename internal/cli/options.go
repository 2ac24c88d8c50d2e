// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"nafuda.io/nafuda/internal/ops/status"
)

// Options stand in for the controller's until the loop is wired.
type Options struct {
	LogLevel string         `name:"log-level" enum:"panic,fatal,error,warning,info,debug,trace" default:"info" help:"Least level that is logged."`
	Status   status.Options `embed:""`
}
