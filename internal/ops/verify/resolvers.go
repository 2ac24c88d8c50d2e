// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// resolvConf is where a system says which resolvers it asks (resolv.conf(5)).
const resolvConf = "/etc/resolv.conf"

// Resolvers are the addresses (host:port) of the resolver of the options, or else of the system's. It may be none.
func (o Options) Resolvers() ([]string, error) {
	if o.Resolver != "" {
		at, err := address(o.Resolver)
		return []string{at}, err
	}
	f, err := os.Open(resolvConf)
	if err != nil {
		return nil, fmt.Errorf("find the system's resolver: %w; name one with --resolver", err)
	}
	defer f.Close()
	return nameservers(f), nil
}

// nameservers reads the resolvers of a resolv.conf. The C library asks three at most, and so do we.
func nameservers(r io.Reader) []string {
	const size, most = 64 << 10, 3
	var out []string
	lines := bufio.NewScanner(io.LimitReader(r, size))
	for lines.Scan() && len(out) < most {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		if at, err := address(fields[1]); err == nil {
			out = append(out, at)
		}
	}
	return out
}
