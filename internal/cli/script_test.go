// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"nafuda.io/nafuda/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"nafuda": func() {
		os.Exit(cli.Main(context.Background(), cli.IO{Args: os.Args[1:], Env: os.Environ(), Out: os.Stdout, Err: os.Stderr}))
	}})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", UpdateScripts: *update})
}
