// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/probe"
)

// Found is what was seen of one subject from here.
type Found struct {
	Servers   []Said        // each server's answer, in the order in which the zone names them
	Unasked   reason.Reason // why the servers weren't asked; none: they were
	Resolver  probe.Seen
	Resolvers string       // whom that was asked of, for people; empty: nobody
	Ends      []probe.Seen // of a CNAME: which addresses the resolver gives for the name, by type
	Apex      probe.Seen   // the resolver's NS record set of the zone's apex
	Nobody    probe.Seen   // what an address said at which nobody is; no answer where it wasn't asked
	Reached   []Reached    // connections that were tried
	Inside    bool         // this machine has only private IPv4 addresses
	apexAsked bool         // Apex was asked for
	asked     dnsname.Name // instead of a wildcard, a name below it
}

// Said is what one server answered.
type Said struct {
	probe.Server
	probe.Seen
}

// Reached says whether a connection to an address came about.
type Reached struct {
	Address string `json:"address"`
	Port    int    `json:"port,omitempty"`    // the first that answered; 0: none
	Skipped bool   `json:"skipped,omitempty"` // this machine has no way to addresses of the family
	Why     string `json:"why,omitempty"`
}

// suspect reports that somebody may answer in place of the servers.
func (f Found) suspect(s Subject) bool {
	for _, said := range f.Servers {
		if said.Answered() && (compare(s.There, said.Seen) != same || said.Server.Authority && !said.Seen.Authority) {
			return true
		}
	}
	return false
}
