// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"fmt"
	"io"
	"net"
	"strings"

	"nafuda.io/nafuda/internal/serve/zonedb"
)

// welcome prints what to type next.
func welcome(out io.Writer, o Options, s sockets, db *zonedb.DB) error {
	host, port, err := net.SplitHostPort(s.tcp.Addr().String())
	if err != nil {
		return err
	}
	var b strings.Builder
	if o.Home {
		return atHome(out, s, host, port)
	}
	fmt.Fprintf(&b, "\nThe sandbox runs: a Route 53 at http://%s, a name server at %s. Nothing leaves this machine.\n\n", s.api.Addr(), s.tcp.Addr())
	fmt.Fprintf(&b, "Ask the name server:\n\n    dig @%s -p %s dev1.%s +short\n\n", host, port, o.Zones[0])
	fmt.Fprintf(&b, "Look into the zones:\n\n")
	for _, z := range db.Zones() {
		fmt.Fprintf(&b, "    AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox AWS_DEFAULT_REGION=us-east-1 \\\n")
		fmt.Fprintf(&b, "        aws --endpoint-url http://%s route53 list-resource-record-sets --hosted-zone-id %s\n\n", s.api.Addr(), z.ID)
	}
	fmt.Fprintf(&b, "Edit a file in %s, and ask again. Ctrl-C ends it.\n\n", strings.Join(o.manifests(), ", "))
	_, err = io.WriteString(out, b.String())
	return err
}

// atHome prints what to type next at home.
func atHome(out io.Writer, s sockets, host, port string) error {
	lanHost, lanPort, err := net.SplitHostPort(s.home.lan)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nA home runs: a Route 53 at http://%s, a name server at %s that answers the world from it,\n", s.api.Addr(), s.tcp.Addr())
	fmt.Fprintf(&b, "the LAN's name server at %s, and a router at http://%s. Nothing leaves this machine.\n\n", s.home.lan, s.home.pages.Addr())
	fmt.Fprintf(&b, "Ask the world, and the LAN:\n\n    dig @%s -p %s +short wiki.home.example.com\n", host, port)
	fmt.Fprintf(&b, "    dig @%s -p %s +short wiki.home.example.com\n\n", lanHost, lanPort)
	fmt.Fprintf(&b, "Give the line another address, or none, and ask again:\n\n    curl -d 198.51.100.8 http://%s/\n", s.home.pages.Addr())
	fmt.Fprintf(&b, "    curl -d down http://%s/\n\nCtrl-C ends it.\n\n", s.home.pages.Addr())
	_, err = io.WriteString(out, b.String())
	return err
}
