// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// killer starts the program and kills it, until it is told to end.
type killer struct {
	t       *testing.T
	program *program
	account *account
	dice    *rand.Rand
	mean    time.Duration // of a life
	kills   atomic.Int64
	last    *child
	crashed []string // logs of those that ended by themselves
}

// run returns once the context has ended; the process that runs then is killed too.
func (k *killer) run(ctx context.Context) error {
	for ctx.Err() == nil {
		n := k.kills.Add(1)
		c, err := k.program.start(k.t, owner, int(n), k.program.alone()...)
		if err != nil {
			return err
		}
		k.last = c
		k.wait(ctx, c)
		if c.ended() {
			k.crashed = append(k.crashed, c.tail())
		}
		c.kill()
	}
	return nil
}

// wait waits for the moment: in half of the lives any one, in the other half one around a batch.
func (k *killer) wait(ctx context.Context, c *child) {
	const around = 50 * time.Millisecond
	longest := time.After(time.Duration(k.dice.Int64N(int64(2 * k.mean))))
	if k.dice.IntN(2) == 0 {
		longest = time.After(3 * k.mean)
		for range 1 + k.dice.IntN(3) {
			select {
			case <-k.account.begun:
			case <-longest:
				return
			case <-c.done:
				return
			case <-ctx.Done():
				return
			}
		}
		longest = time.After(time.Duration(k.dice.Int64N(int64(around))))
	}
	select {
	case <-longest:
	case <-c.done:
	case <-ctx.Done():
	}
}
