// SPDX-License-Identifier: Apache-2.0

// Command nafuda publishes what runs on a Kubernetes cluster into DNS.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"nafuda.io/nafuda/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	return cli.Main(ctx, cli.IO{Args: os.Args[1:], Env: os.Environ(), In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Colour: colours(), Terminal: terminal(os.Stdin) && terminal(os.Stdout)})
}

// colours reports whether standard output is a terminal whose user hasn't said no to colours (no-color.org).
func colours() bool { return terminal(os.Stdout) && os.Getenv("NO_COLOR") == "" }

func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
