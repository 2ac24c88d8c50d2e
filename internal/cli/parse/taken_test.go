// SPDX-License-Identifier: Apache-2.0

package parse_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/app/flags"
	"nafuda.io/nafuda/internal/cli/parse"
)

// quoting has a command with a flag whose value is a command line.
type quoting struct {
	Run struct {
		Source []string `name:"source" help:"A source."`
		Once   bool     `name:"once" negatable:"" help:"Once."`
	} `cmd:"" default:"withargs" help:"Run."`
	Look struct {
		Of    string `name:"of" verbatim:"" help:"A command line."`
		Other string `name:"other" help:"Any text."`
	} `cmd:"" help:"Look."`
}

func TestFlags(t *testing.T) {
	list, errs := parse.Flags(parse.Spec{
		Name: "x", Grammar: new(quoting), Table: flags.All(),
		Args: []string{"run", "--source=a", "--source", "b", "--no-once", "--events", "--banana", "secret", "--pdns-api-key=x", "stray"},
	})
	want := []parse.Argument{
		{Name: "source", Value: "a", Origin: "--source"},
		{Name: "source", Value: "b", Origin: "--source"},
		{Name: "once", Value: "false", Origin: "--no-once"},
		{Name: "events", Value: "true", Origin: "--events"},
		{Name: "pdns-api-key", Value: "x", Origin: "--pdns-api-key"},
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var texts []string
	for _, err := range errs {
		texts = append(texts, err.Error())
	}
	if diff := cmp.Diff([]string{"unknown flag --banana", `unexpected argument "stray": flags are written --name=value`}, texts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestVerbatim(t *testing.T) {
	tests := map[string]struct {
		args []string
		of   string
		errs int
		why  string
	}{
		"dashes":     {args: []string{"look", "--of", "--source=a --once"}, of: "--source=a --once", why: "it is the value, not a flag"},
		"with equal": {args: []string{"look", "--of=--source=a"}, of: "--source=a", why: "as for any flag"},
		"missing":    {args: []string{"look", "--of"}, errs: 1, why: "there is no value"},
		"others":     {args: []string{"look", "--other", "--of=a"}, of: "a", errs: 1, why: "only with the tag"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			g := new(quoting)
			_, errs := parse.Parse(parse.Spec{Name: "x", Grammar: g, Args: tt.args})
			if g.Look.Of != tt.of || len(errs) != tt.errs {
				t.Errorf("%q and %v, want %q: %s", g.Look.Of, errs, tt.of, tt.why)
			}
		})
	}
}
