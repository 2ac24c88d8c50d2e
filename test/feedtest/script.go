// SPDX-License-Identifier: Apache-2.0

// Package feedtest has a feed that says what a test tells it to, and an ear that folds what a feed says as the catalog would.
package feedtest

import (
	"context"

	"nafuda.io/nafuda/internal/feed"
)

// Script is a feed that sends what is put into it, in that order. It takes every wish and grants none by itself.
type Script chan feed.Event

// Run implements feed.Feed.
func (s Script) Run(ctx context.Context, want <-chan string, out chan<- feed.Event) error {
	for {
		select {
		case <-want:
		case e := <-s:
			select {
			case out <- e:
			case <-ctx.Done():
				return ctx.Err()
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
