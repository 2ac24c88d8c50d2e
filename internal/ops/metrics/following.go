// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// following is a counter of what is counted elsewhere.
type following struct {
	mu      sync.Mutex // guards last
	counter *prometheus.CounterVec
	last    map[string]int // by the labels
}

func follow(c *prometheus.CounterVec) *following {
	return &following{counter: c, last: make(map[string]int)}
}

// reach brings the counter of some labels to n; one that it has passed already, because another scrape was faster, changes nothing.
func (f *following) reach(n int, labels ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := strings.Join(labels, "\x00")
	c := f.counter.WithLabelValues(labels...) // there from the start, so that a rate sees the first step
	if n > f.last[key] {
		c.Add(float64(n - f.last[key]))
		f.last[key] = n
	}
}
