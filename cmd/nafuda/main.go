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
	return cli.Main(ctx, cli.IO{Args: os.Args[1:], Env: os.Environ(), Out: os.Stdout, Err: os.Stderr, Colour: colours()})
}

// colours reports whether standard output is a terminal whose user hasn't said no to colours (no-color.org).
func colours() bool {
	info, err := os.Stdout.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
}
