// SPDX-License-Identifier: Apache-2.0

// Command nafuda publishes what runs on a Kubernetes cluster into DNS.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	_ = ctx
	return 0
}
