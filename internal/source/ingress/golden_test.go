// SPDX-License-Identifier: Apache-2.0

package ingress_test

import (
	"errors"
	"testing"

	"github.com/alecthomas/kong"

	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/ingress"
	"nafuda.io/nafuda/internal/source/sourcetest"
)

func TestGolden(t *testing.T) { sourcetest.Golden(t, build) }

// build reads flags as the command line does.
func build(flags []string) (source.Source, source.Options, error) {
	var opts struct {
		Own    ingress.Options `embed:""`
		Shared source.Options  `embed:""`
	}
	parser, err := kong.New(&opts)
	if err == nil {
		_, err = parser.Parse(flags)
	}
	err = errors.Join(err, opts.Own.Check(), opts.Shared.Check())
	return ingress.New(opts.Own, opts.Shared), opts.Shared, err
}
