// SPDX-License-Identifier: Apache-2.0

package parse_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/cli/parse"
)

// asking has commands with arguments that aren't flags.
type asking struct {
	Run  struct{}    `cmd:"" default:"withargs" help:"Run."`
	Show showCommand `cmd:"" help:"Show."`
	Drop struct {
		Entries []string `arg:"" name:"entry" help:"What to drop."`
	} `cmd:"" help:"Drop."`
}

type showCommand struct {
	Name string `arg:"" optional:"" name:"name" help:"What to show."`
	Yes  bool   `help:"Don't ask."`
}

func (showCommand) Help() string { return "Exit status 2: something waits." }

func TestArguments(t *testing.T) {
	tests := map[string]struct {
		args  []string
		name  string
		yes   bool
		drops []string
		errs  []string
		why   string
	}{
		"none":           {args: []string{"show"}, why: "it is optional"},
		"one":            {args: []string{"show", "a"}, name: "a", why: "the first word is the command"},
		"between flags":  {args: []string{"--yes", "show", "a", "--no-yes"}, errs: []string{"--yes is given 2 times, and takes one value"}, name: "a", why: "flags may stand anywhere"},
		"like a command": {args: []string{"show", "run", "--yes"}, name: "run", yes: true, why: "only the first word is a command"},
		"after dashes":   {args: []string{"show", "--", "--yes"}, name: "--yes", why: "what follows -- is no flag"},
		"too many":       {args: []string{"show", "a", "b"}, name: "a", errs: []string{`unexpected argument "b": flags are written --name=value`}, why: "one is taken"},
		"several":        {args: []string{"drop", "1", "2"}, drops: []string{"1", "2"}, why: "a list takes all"},
		"missing":        {args: []string{"drop"}, errs: []string{"ENTRY is missing: What to drop."}, why: "it is required"},
		"of run":         {args: []string{"run", "a"}, errs: []string{`unexpected argument "a": flags are written --name=value`}, why: "run takes none"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var g asking
			_, errs := parse.Parse(parse.Spec{Name: "nafuda", Grammar: &g, Args: tt.args})
			var texts []string
			for _, err := range errs {
				texts = append(texts, err.Error())
			}
			if diff := cmp.Diff(tt.errs, texts); diff != "" {
				t.Errorf("%s: errors (-want +got):\n%s", tt.why, diff)
			}
			if g.Show.Name != tt.name || g.Show.Yes != tt.yes || !cmp.Equal(g.Drop.Entries, tt.drops) {
				t.Errorf("%s: %+v", tt.why, g)
			}
		})
	}
}

func TestHelpOfArguments(t *testing.T) {
	var g asking
	for args, want := range map[string]string{
		"show": "Usage: nafuda show [NAME] [flags]\n\nShow.\n\nExit status 2: something waits.\n\nArguments:\n  NAME       What to show.\n",
		"drop": "Usage: nafuda drop ENTRY... [flags]\n",
	} {
		res, _ := parse.Parse(parse.Spec{Name: "nafuda", Grammar: &g, Args: []string{args, "--help"}})
		if !strings.HasPrefix(res.Help, want) {
			t.Errorf("%s, want %q first:\n%s", args, want, res.Help)
		}
	}
}
