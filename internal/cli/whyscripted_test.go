// SPDX-License-Identifier: Apache-2.0

package cli_test

import "nafuda.io/nafuda/internal/model/reason"

func scriptedScenarios() map[reason.Code]bool { return nil }
