// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/serve/zonedb"
)

// Bounds on telling a secondary (RFC 1996 sections 3.6 and 4.1 leave them to us).
const (
	notifyQuiet   = 50 * time.Millisecond // edits that follow each other are told once
	notifyTimeout = 2 * time.Second       // for the answer to one message
	notifyTries   = 6                     // then the secondary's own refresh has to do
	notifyBackoff = 2 * time.Second       // after the first failure; it doubles
	notifyPort    = "53"
)

// errUnwilling is a secondary that answers, but doesn't want to know.
var errUnwilling = errors.New("the secondary doesn't take it: it needs to know the zone, with this server as its primary")

// parseSecondary reads one --dns-notify: an address with or without a port. A name isn't one: resolving it could depend on us.
func parseSecondary(text string) (string, error) {
	if at, err := netip.ParseAddrPort(text); err == nil && at.Port() != 0 {
		return at.String(), nil
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		return "", fmt.Errorf("%q isn't ADDRESS or ADDRESS:PORT", text)
	}
	return net.JoinHostPort(addr.String(), notifyPort), nil
}

// Announce tells the secondaries of --dns-notify of every zone at the start and of each new version after (RFC 1996), until ctx ends.
// What changes while a secondary is being told is told together, and one that doesn't answer holds up no other.
func (s *Server) Announce(ctx context.Context) {
	var all sync.WaitGroup
	defer all.Wait()
	for _, text := range s.opts.Notify {
		at, err := parseSecondary(text)
		if err != nil {
			continue // Check has told
		}
		all.Go(func() { (&secondary{s: s, at: at, tell: notify, told: make(map[string]uint32)}).follow(ctx) })
	}
}

// secondary is one server that is told.
type secondary struct {
	s    *Server
	at   string
	tell func(ctx context.Context, at string, m *dns.Msg) error // notify
	told map[string]uint32                                      // zone id → SOA serial that it knows of, or that we gave up telling
}

func (n *secondary) follow(ctx context.Context) {
	changed, cancel := n.s.db.Subscribe()
	defer cancel()
	tries := 0
	for {
		err := n.round(ctx)
		if ctx.Err() != nil {
			return
		}
		pause := notifyBackoff << tries
		if err != nil {
			if tries++; tries < notifyTries {
				if wait(ctx, pause) != nil {
					return
				}
				continue
			}
			n.s.opts.Log.Warn("a secondary doesn't answer to NOTIFY; it will see the zones when it looks by itself", "secondary", n.at, "err", err)
			n.forgo()
		}
		tries = 0
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		if wait(ctx, notifyQuiet) != nil {
			return
		}
	}
}

// notice is one zone's news.
type notice struct {
	zone   string // its id
	serial uint32
	msg    *dns.Msg
}

// due returns what the secondary hasn't been told of the zones that are filled, and forgets those that are gone.
func (n *secondary) due() (out []notice) {
	zones := n.s.db.Zones()
	there := make(map[string]uint32, len(zones))
	for _, z := range zones {
		if z.Filling {
			continue // nobody may take it yet
		}
		soa, err := n.s.opts.soa(z)
		if err != nil {
			continue // answering it says so
		}
		serial, known := n.told[z.ID]
		if known {
			there[z.ID] = serial
		}
		if !known || serial != soa.Serial {
			out = append(out, notice{zone: z.ID, serial: soa.Serial, msg: notification(z, soa)})
		}
	}
	n.told = there
	return out
}

// notification says by its answer section which version there is (RFC 1996 section 3.7).
func notification(z *zonedb.Zone, soa *dns.SOA) *dns.Msg {
	m := new(dns.Msg).SetNotify(z.Name.FQDN())
	m.Authoritative = true
	m.Answer = []dns.RR{soa}
	return m
}

// round tells what is due once. It ends at the first zone that the secondary doesn't answer for: it won't answer for the next either.
func (n *secondary) round(ctx context.Context) error {
	for _, news := range n.due() {
		err := n.tell(ctx, n.at, news.msg)
		switch {
		case errors.Is(err, errUnwilling):
			n.s.stats.unwilling.Add(1)
			n.s.opts.Log.Warn("notify a secondary", "secondary", n.at, "zone", news.msg.Question[0].Name, "err", err)
		case err != nil:
			if ctx.Err() == nil {
				n.s.stats.silent.Add(1)
			}
			return err
		default:
			n.s.stats.notified.Add(1)
		}
		n.told[news.zone] = news.serial
	}
	return nil
}

// forgo takes what is due for told.
func (n *secondary) forgo() {
	for _, news := range n.due() {
		n.told[news.zone] = news.serial
	}
}

// notify sends one message and waits for its answer: from the address that was asked, with the message's id, opcode and question.
func notify(ctx context.Context, at string, m *dns.Msg) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "udp", at)
	if err != nil {
		return fmt.Errorf("notify %s: %w", at, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := conn.SetDeadline(time.Now().Add(notifyTimeout)); err != nil {
		return fmt.Errorf("notify %s: %w", at, err)
	}
	out, err := m.Pack()
	if err != nil {
		return fmt.Errorf("notify %s: %w", at, err)
	}
	if _, err := conn.Write(out); err != nil {
		return fmt.Errorf("notify %s: %w", at, err)
	}
	buf := make([]byte, maxQuery)
	for {
		size, err := conn.Read(buf) // a connected socket hears nobody else
		if err != nil {
			return fmt.Errorf("notify %s: %w", at, err)
		}
		r := new(dns.Msg)
		if r.Unpack(buf[:size]) != nil || !acknowledges(r, m) {
			continue
		}
		switch r.Rcode {
		case dns.RcodeSuccess:
			return nil
		case dns.RcodeServerFailure:
			return fmt.Errorf("notify %s: %s", at, dns.RcodeToString[r.Rcode])
		}
		return fmt.Errorf("%w (%s)", errUnwilling, strconv.Quote(dns.RcodeToString[r.Rcode]))
	}
}

func acknowledges(r, m *dns.Msg) bool {
	return r.Response && r.Id == m.Id && r.Opcode == dns.OpcodeNotify &&
		(len(r.Question) == 0 || r.Question[0].Qtype == dns.TypeSOA && fold(r.Question[0].Name) == fold(m.Question[0].Name))
}
