// SPDX-License-Identifier: Apache-2.0

package metrics

// WAN is what is known of the public address.
type WAN struct {
	Known   map[string]bool           // by family, of those that are looked for
	Changes map[string]int            // by family, since the start
	Asks    map[string]map[string]int // by method and outcome, since the start
}

// WAN replaces what is known of the public address.
func (m *Metrics) WAN(w WAN) {
	var known []series
	for family, is := range w.Known {
		value := 0.
		if is {
			value = 1
		}
		known = append(known, series{[]string{family}, value})
		m.moved.reach(w.Changes[family], family)
	}
	m.known.replace(known)
	for method, outcomes := range w.Asks {
		for outcome, n := range outcomes {
			m.asks.reach(n, method, outcome)
		}
	}
}
