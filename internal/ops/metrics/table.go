// SPDX-License-Identifier: Apache-2.0

package metrics

import (
	"slices"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// table is a gauge that is replaced as a whole: series that are no longer named go, and no scrape sees it empty in between.
type table struct {
	mu    sync.Mutex // guards shown
	vec   *prometheus.GaugeVec
	shown [][]string
}

type series struct {
	labels []string
	value  float64
}

func (t *table) replace(now []series) {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := make([][]string, 0, len(now))
	for _, s := range now {
		t.vec.WithLabelValues(s.labels...).Set(s.value)
		next = append(next, s.labels)
	}
	for _, old := range t.shown {
		if !slices.ContainsFunc(next, func(l []string) bool { return slices.Equal(l, old) }) {
			t.vec.DeleteLabelValues(old...)
		}
	}
	t.shown = next
}

// byType makes series of counts by record type, in lower case as ExternalDNS has them.
func byType(counts map[string]int) (list []series, total int) {
	for typ, n := range counts {
		list = append(list, series{[]string{strings.ToLower(typ)}, float64(n)})
		total += n
	}
	return list, total
}
