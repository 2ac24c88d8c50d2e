// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"math/rand/v2"
	"time"
)

const (
	shortestPause = 5 * time.Second
	longestPause  = 15 * time.Minute
	// onceTries is how often a failing call is made with Once.
	onceTries = 3
)

// backoff grows pauses exponentially, with jitter so that what failed together isn't tried again together.
type backoff struct{ tries int }

func (b *backoff) next() time.Duration {
	pause := shortestPause << min(b.tries, 10)
	b.tries++
	pause = min(pause, longestPause)
	return pause/2 + rand.N(pause/2+1)
}
