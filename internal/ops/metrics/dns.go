// SPDX-License-Identifier: Apache-2.0

package metrics

// dns measures the name server that this process is.
type dns struct {
	answers, limited, transfers, notices *following
	serials                              *table
}

func newDNS(b builder) dns {
	counter := func(name, help string, labels ...string) *following { return follow(b.counter(name, help, labels...)) }
	return dns{
		answers: counter("dns_answers_total", "Questions that our own name server answered, by transport (udp, tcp) and response code.", "transport", "rcode"),
		limited: counter("dns_rate_limited_total", "Answers over UDP that --dns-rate-limit left out (dropped) or sent empty, for the client to come over TCP (truncated).", "action"),
		transfers: counter("dns_transfers_total",
			"Zone transfers, by outcome: axfr (the whole zone), ixfr (what has changed), refused, or broken, which ended before the zone did.", "outcome"),
		notices: counter("dns_notifies_total", "NOTIFY messages to --dns-notify, by outcome: acknowledged, refused, or failed, which each try without an answer is.", "outcome"),
		serials: &table{vec: b.gauge("dns_zone_serial", "The serial of a zone that we serve, as its SOA has it.", "zone")},
	}
}

// DNS is what our own name server has done since the start, and what it serves.
type DNS struct {
	Answers                      map[string]map[string]int // by transport and response code
	Limited, Transfers, Notifies map[string]int            // by what became of it
	Serials                      map[string]uint32         // by zone
}

// DNS replaces what is known of our own name server.
func (m *Metrics) DNS(d DNS) {
	for transport, codes := range d.Answers {
		for code, n := range codes {
			m.dns.answers.reach(n, transport, code)
		}
	}
	for counter, outcomes := range map[*following]map[string]int{m.dns.limited: d.Limited, m.dns.transfers: d.Transfers, m.dns.notices: d.Notifies} {
		for outcome, n := range outcomes {
			counter.reach(n, outcome)
		}
	}
	var serials []series
	for zone, serial := range d.Serials {
		serials = append(serials, series{[]string{zone}, float64(serial)})
	}
	m.dns.serials.replace(serials)
}
