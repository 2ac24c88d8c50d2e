// SPDX-License-Identifier: Apache-2.0

package status

import (
	"fmt"
	"net"
	"strconv"
)

// Options say where the status is served.
type Options struct {
	Address string `name:"metrics-address" default:":7979" help:"Address of /metrics, /healthz, /readyz and /status.json; 127.0.0.1:7979 keeps them to the machine, an empty one turns them off."`
}

// Check reports an address that can't be listened on.
func (o *Options) Check() error {
	if o.Address == "" {
		return nil
	}
	_, port, err := net.SplitHostPort(o.Address)
	if err != nil {
		return fmt.Errorf("--metrics-address=%s: not an address: write it like :7979 or 127.0.0.1:7979", o.Address)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return fmt.Errorf("--metrics-address=%s: the port must be a number from 0 to 65535", o.Address)
	}
	return nil
}
