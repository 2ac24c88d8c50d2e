// SPDX-License-Identifier: Apache-2.0

package probe

import (
	"errors"
	"fmt"
	"net"
	"strconv"
)

// Options say whether and whom to ask.
type Options struct {
	Verify  bool     `name:"verify" default:"true" negatable:"" help:"Ask the zone's servers over DNS whether they answer as planned. It delays and holds nothing."`
	Servers []string `name:"verify-server" sep:"none" placeholder:"HOST:PORT" help:"A DNS server to ask instead of the zone's own. Repeatable."`
	Rate    float64  `name:"verify-rate" default:"50" help:"DNS questions a second, at most."`
}

// Check returns every mistake in the options.
func (o Options) Check() error {
	const most = 16
	var errs []error
	for _, s := range o.Servers {
		host, port, err := net.SplitHostPort(s)
		n, bad := strconv.ParseUint(port, 10, 16)
		if err != nil || host == "" || bad != nil || n == 0 {
			errs = append(errs, fmt.Errorf("--verify-server=%s: must be a host and a port, such as 192.0.2.53:53", s))
		}
	}
	if len(o.Servers) > most {
		errs = append(errs, fmt.Errorf("--verify-server: %d servers are given, more than %d", len(o.Servers), most))
	}
	if o.Rate < 0.1 || o.Rate > 1000 {
		errs = append(errs, fmt.Errorf("--verify-rate=%g: must be from 0.1 to 1000", o.Rate))
	}
	return errors.Join(errs...)
}
