// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"
)

// endTime is how long what runs may take to its end once the context has ended: a batch under way 4 s, and the release of the lease
// most of a second. With it the process ends within the five seconds that Run promises.
const endTime = 4800 * time.Millisecond

// waitFor waits for a group to end, and once the context has, no longer than endTime: a program that brings credentials, as kubeconfig
// files and EKS have them, is waited for by client-go until it ends by itself.
func waitFor(ctx context.Context, group *errgroup.Group, log *slog.Logger) error {
	ended := make(chan error, 1)
	go func() { ended <- group.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(endTime):
		log.Warn("stopped without waiting for a call that doesn't end when it is told to; usually the credential plugin of the kubeconfig file hangs")
		return nil
	}
}
