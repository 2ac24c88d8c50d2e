// SPDX-License-Identifier: Apache-2.0

package cli

import "nafuda.io/nafuda/internal/cli/parse"

// Spec is what Main has parsed, with arguments and an environment.
func Spec(args, env []string) parse.Spec {
	s := spec(new(grammar))
	s.Args, s.Env = args, env
	return s
}
