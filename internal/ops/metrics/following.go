// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// following is a counter of what is counted elsewhere.
type following struct {
	mu      sync.Mutex // guards last
	counter prometheus.Counter
	last    int
}

// reach brings the counter to n; one that it has passed already, because another scrape was faster, changes nothing.
func (f *following) reach(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n > f.last {
		f.counter.Add(float64(n - f.last))
		f.last = n
	}
}
