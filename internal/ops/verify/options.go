// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// Options say whom to ask beside the provider, and how much.
type Options struct {
	Resolver string `name:"resolver" env:"-" placeholder:"ADDRESS" help:"The resolver to compare with, as an address with or without a port; by default those of /etc/resolv.conf, the first that answers."`
	Limit    int    `name:"limit" env:"-" default:"100" help:"How many names are asked about, at most."`
	Connect  bool   `name:"connect" env:"-" help:"Try a TCP connection to each published address, too."`
	Ports    []int  `name:"connect-port" env:"-" sep:"none" placeholder:"PORT" help:"A port to try with --connect. Repeatable; by default 443 and 80, of which one has to answer."`
	Nobody   string `name:"interception-check" env:"-" default:"192.0.2.53:53" help:"An address at which nobody answers, asked where somebody seems to answer in place of the zone's servers; none asks nobody."`
}

// The bounds of the options.
const (
	mostNames = 10000
	mostPorts = 8
)

// Check returns every mistake in the options.
func (o Options) Check() error {
	var errs []error
	if _, err := address(o.Resolver); o.Resolver != "" && err != nil {
		errs = append(errs, fmt.Errorf("--resolver=%.60s: must be an address, such as 192.0.2.53, or with a port 192.0.2.53:53", o.Resolver))
	}
	if o.Limit < 1 || o.Limit > mostNames {
		errs = append(errs, fmt.Errorf("--limit=%d: must be from 1 to %d", o.Limit, mostNames))
	}
	if len(o.Ports) > mostPorts {
		errs = append(errs, fmt.Errorf("--connect-port: %d ports are given, more than %d", len(o.Ports), mostPorts))
	}
	for _, p := range o.Ports {
		if p < 1 || p > 65535 {
			errs = append(errs, fmt.Errorf("--connect-port=%d: must be from 1 to 65535", p))
		}
	}
	if _, err := address(o.Nobody); o.Nobody != none && err != nil {
		errs = append(errs, fmt.Errorf("--interception-check=%.60s: must be an address, such as 192.0.2.53:53, or none", o.Nobody))
	}
	return errors.Join(errs...)
}

const none = "none"

// address completes an address with DNS's port.
func address(text string) (string, error) {
	const dns = "53"
	if ip, err := netip.ParseAddr(text); err == nil {
		return net.JoinHostPort(ip.String(), dns), nil
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil {
		return "", fmt.Errorf("read %.60q: it isn't an address", text)
	}
	if _, err := netip.ParseAddr(host); err != nil {
		return "", fmt.Errorf("read %.60q: it isn't an address", text)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", fmt.Errorf("read %.60q: its port isn't one", text)
	}
	return text, nil
}
