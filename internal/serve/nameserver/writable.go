// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"fmt"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
)

// mostSet is what the records of one set may take of a message over TCP, in bytes: the question, a SOA and the OPT record need room too.
const mostSet = dns.MaxMsgSize - 2048

// Writable tells why the records of a set, whose values are canonical, couldn't be answered with: a value that is none of its type, or
// more than a message has room for. It is pure.
func Writable(s record.Set) error {
	owner, size := s.Name.FQDN(), 0
	for _, v := range s.Values {
		if len(v) > dns.MaxMsgSize*4 { // an octet may be written with four characters
			return fmt.Errorf("a %s value has %d characters, more than a message has room for", s.Type, len(v))
		}
		rr, err := build(owner, s.Type, s.TTL, v)
		if err != nil {
			return err
		}
		n, err := dns.PackRR(rr, make([]byte, dns.Len(rr)), 0, nil, false)
		if err != nil {
			return fmt.Errorf("%s value %.100q fits no record", s.Type, v)
		}
		size += n
	}
	if size > mostSet {
		return fmt.Errorf("its records take %d bytes, more than the %d that a message has room for: leave some out", size, mostSet)
	}
	return nil
}
