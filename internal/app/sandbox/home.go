// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/app"
	"nafuda.io/nafuda/internal/serve/homeemu"
)

// firstAddress is what the world sees of the line at the start.
const firstAddress = "198.51.100.7"

// home is the line to the Internet: its router, and a page outside that tells who asks. Both are at one address.
type home struct {
	line  *homeemu.Line
	pages net.Listener
	pmp   net.PacketConn
	lan   string // where the LAN's name server is to listen
}

// atHome are the controller's arguments that only a home has. The ranges for documentation (RFC 5737) stand for public ones; nobody
// outside is asked, and nothing is written.
func (o *Options) atHome() []string {
	return []string{
		"--config=" + o.Config, "--state-dir=", "--wan-method=router", "--wan-method=https", "--no-wan-ipv6",
		"--wan-allow-range=192.0.2.0/24", "--wan-allow-range=198.51.100.0/24", "--wan-allow-range=203.0.113.0/24",
	}
}

func listenAtHome(ctx context.Context, o Options) (h home, err error) {
	h.line, h.lan = homeemu.New(netip.MustParseAddr(firstAddress)), o.LAN
	var l net.ListenConfig
	if h.pages, err = l.Listen(ctx, "tcp", o.Router); err != nil {
		return h, fmt.Errorf("listen on --router-listen=%s: %w; is another sandbox running?", o.Router, err)
	}
	if h.pmp, err = l.ListenPacket(ctx, "udp", h.pages.Addr().String()); err != nil {
		return h, fmt.Errorf("listen on --router-listen=%s: %w", o.Router, err)
	}
	return h, nil
}

func (h home) serve(ctx context.Context, group *errgroup.Group) {
	group.Go(func() error { return h.line.Router(ctx, h.pmp) })
	group.Go(func() error { return serveHTTP(ctx, h.pages, h.line.Pages()) })
}

// adjust points the controller at the line.
func (h home) adjust(c *app.Options) {
	router := h.pages.Addr().String()
	c.WAN.Gateway, c.WAN.HTTPS = router, []string{"page=http://" + router + "/whoami"}
	c.WAN.SSDP = router // which doesn't answer there, and no router elsewhere is searched for
	c.Own.Server.Addresses = []string{h.lan}
}
