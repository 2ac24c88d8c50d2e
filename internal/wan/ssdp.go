// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"
)

const (
	ssdpAddress = "239.255.255.250:1900" // UPnP Device Architecture 2.0, section 1.3
	ssdpWait    = time.Second            // for devices to answer
	mostDevices = 4
	igdDevice   = "urn:schemas-upnp-org:device:InternetGatewayDevice:1" // those of version 2 answer too
)

// search asks the network for routers and returns where their descriptions are. A device may only describe itself: the address in
// its answer must be the one that it answers from.
func search(ctx context.Context, address string) ([]*url.URL, error) {
	to, err := net.ResolveUDPAddr("udp4", address)
	if err != nil {
		return nil, fmt.Errorf("read the address of the search: %w", err)
	}
	conn, err := new(net.ListenConfig).ListenPacket(ctx, "udp4", ":0")
	if err != nil {
		return nil, fmt.Errorf("search for a router: %w", err)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	if err := conn.SetDeadline(time.Now().Add(ssdpWait)); err != nil {
		return nil, err
	}
	request := "M-SEARCH * HTTP/1.1\r\nHOST: " + ssdpAddress + "\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: " + igdDevice + "\r\n\r\n"
	if _, err := conn.WriteTo([]byte(request), to); err != nil {
		return nil, fmt.Errorf("search for a router: %w", err)
	}
	out := devices(conn, to.IP.IsMulticast())
	if len(out) == 0 {
		return nil, errors.New("no router answers the search: multicast doesn't reach it from here, or it has no UPnP; --wan-igd says where its description is")
	}
	return out, nil
}

// devices reads answers until the socket's deadline; where one alone was asked, until the first.
func devices(conn net.PacketConn, several bool) []*url.URL {
	var out []*url.URL
	in := make([]byte, datagram)
	for range mostStrange {
		n, from, err := conn.ReadFrom(in)
		if err != nil {
			break
		}
		u := location(in[:n], from)
		if u != nil && !slices.ContainsFunc(out, func(o *url.URL) bool { return *o == *u }) {
			out = append(out, u)
		}
		if u != nil && !several || len(out) == mostDevices {
			break
		}
	}
	return out
}

// location is where a device's description is; nil where the answer isn't one, or leads elsewhere.
func location(in []byte, from net.Addr) *url.URL {
	resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(in)), nil)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	u, err := url.Parse(resp.Header.Get("Location"))
	source, bad := netip.ParseAddrPort(from.String())
	if err != nil || bad != nil || resp.StatusCode != http.StatusOK || u.Scheme != "http" {
		return nil
	}
	if a, err := netip.ParseAddr(u.Hostname()); err != nil || a != source.Addr().Unmap() {
		return nil
	}
	return u
}
