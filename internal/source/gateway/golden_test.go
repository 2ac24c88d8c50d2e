// SPDX-License-Identifier: Apache-2.0

package gateway_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/gateway"
	"nafuda.io/nafuda/internal/source/sourcetest"
)

func TestGolden(t *testing.T) { sourcetest.Golden(t, build) }

// build reads flags as the command line does. --source=NAME chooses one of the sources; without it that of HTTPRoutes is meant.
func build(flags []string) (source.Source, source.Options, error) {
	var opts struct {
		Source string          `default:"gateway-httproute"`
		Own    gateway.Options `embed:""`
		Shared source.Options  `embed:""`
	}
	parser, err := kong.New(&opts)
	if err == nil {
		_, err = parser.Parse(flags)
	}
	list := gateway.Sources(opts.Own, opts.Shared)
	at := slices.IndexFunc(list, func(s source.Source) bool { return s.Name == opts.Source })
	if at < 0 {
		return source.Source{}, opts.Shared, errors.Join(err, errors.New("no source "+strings.TrimSpace(opts.Source)))
	}
	return list[at], opts.Shared, errors.Join(err, opts.Own.Check(), opts.Shared.Check())
}
