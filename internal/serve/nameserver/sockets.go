// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// Sockets are the two of one address.
type Sockets struct {
	UDP net.PacketConn
	TCP net.Listener
}

// Listen opens the sockets of every address of --dns-listen, or none and says what is in the way: all that is, at once.
func (o Options) Listen(ctx context.Context) ([]Sockets, error) {
	var all []Sockets
	var errs []error
	for _, at := range o.Addresses {
		one, err := listenAt(ctx, at)
		if err != nil {
			errs = append(errs, fmt.Errorf("--dns-listen=%s: %w", at, err))
			continue
		}
		all = append(all, one)
	}
	if len(errs) == 0 {
		return all, nil
	}
	for _, one := range all {
		errs = append(errs, one.UDP.Close(), one.TCP.Close())
	}
	return nil, errors.Join(errs...)
}

// listenAt opens TCP first, for the port that port 0 stands for.
func listenAt(ctx context.Context, at string) (Sockets, error) {
	var c net.ListenConfig
	tcp, err := c.Listen(ctx, "tcp", at)
	if err != nil {
		return Sockets{}, err
	}
	host, _, err := net.SplitHostPort(at)
	if err != nil {
		return Sockets{}, errors.Join(err, tcp.Close())
	}
	_, port, err := net.SplitHostPort(tcp.Addr().String())
	if err != nil {
		return Sockets{}, errors.Join(err, tcp.Close())
	}
	udp, err := c.ListenPacket(ctx, "udp", net.JoinHostPort(host, port))
	if err != nil {
		return Sockets{}, errors.Join(err, tcp.Close())
	}
	return Sockets{UDP: udp, TCP: tcp}, nil
}
