// SPDX-License-Identifier: Apache-2.0

package reconcile

import "time"

const (
	shortestPause = 5 * time.Second
	longestPause  = 15 * time.Minute // of one name
	longestOutage = 30 * time.Second // of a zone or an account: many names wait for its end
	// onceTries is how often a failing call is made with Once.
	onceTries = 3
)

// backoff grows pauses exponentially, with jitter so that what failed together isn't tried again together.
type backoff struct{ tries int }

// next is the next pause, at most longest; jitter is Config's.
func (b *backoff) next(longest time.Duration, jitter func(time.Duration) time.Duration) time.Duration {
	pause := min(shortestPause<<min(b.tries, 10), longest)
	b.tries++
	return pause/2 + jitter(pause/2+1)
}
