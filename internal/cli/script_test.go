// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"nafuda.io/nafuda/internal/cli"
)

// TestMain makes two programs for scripts: nafuda, and logged FILE ARGS, which is nafuda with its output in a file, so that a
// script can read it while the program runs.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"nafuda": func() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) },
		"logged": func() {
			f, err := os.Create(os.Args[1])
			if err != nil {
				panic(err)
			}
			os.Exit(run(os.Args[2:], f, f))
		},
	})
}

func run(args []string, out, log io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Main(ctx, cli.IO{Args: args, Env: os.Environ(), In: os.Stdin, Out: out, Err: log})
}

// TestScripts runs the scripts. Beside testscript's own words they have those of words.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"), UpdateScripts: *update, Cmds: words(),
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLES", examples)
			return nil
		},
	})
}
