// SPDX-License-Identifier: Apache-2.0

package home

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/wan"
)

// party is somebody who can be asked.
type party struct {
	house *house
	by    wan.Source
}

func (p party) Source() wan.Source { return p.by }

// Ask answers as the house is at the moment of the question.
func (p party) Ask(ctx context.Context, f wan.Family) ([]netip.Addr, error) {
	p.house.mu.Lock()
	l, m := p.house.line, p.house.moods[p.by.Endpoint]
	p.house.mu.Unlock()
	switch p.by.Kind {
	case wan.Router:
		return l.byRouter(ctx)
	case wan.Interface:
		if f == wan.V4 || !l.v6.IsValid() {
			return nil, errors.New("no interface has a steady public address")
		}
		return []netip.Addr{under(l.v6, hostPart)}, nil
	}
	if err := m.wait(ctx); err != nil {
		return nil, err
	}
	a := l.v4
	if f == wan.V6 {
		a = under(l.v6, "::f00d:1") // a temporary one
	}
	if !a.IsValid() {
		return nil, hang(ctx)
	}
	if m.says[f].IsValid() {
		a = m.says[f]
	}
	return []netip.Addr{a}, nil
}

// byRouter is what the router says of itself.
func (l line) byRouter(ctx context.Context) ([]netip.Addr, error) {
	pause(ctx, 3*time.Millisecond)
	switch {
	case l.router == "silent":
		return nil, hang(ctx)
	case l.router == "booting", !l.v4.IsValid():
		return nil, errors.New("the router has no line at present")
	case l.nat == cgnat:
		return []netip.Addr{netip.MustParseAddr("100.64.7.8")}, nil
	case l.nat == second:
		return []netip.Addr{netip.MustParseAddr("192.168.100.2")}, nil
	}
	return []netip.Addr{l.v4}, nil
}

// wait takes as long as the mood says, and fails where it does.
func (m mood) wait(ctx context.Context) error {
	switch m.how {
	case "hangs":
		return hang(ctx)
	case "refuses":
		pause(ctx, 10*time.Millisecond)
		return errors.New("refused")
	case "html":
		pause(ctx, 50*time.Millisecond)
		return errors.New("the answer has no address")
	case "slow":
		pause(ctx, 1500*time.Millisecond)
	default:
		pause(ctx, 25*time.Millisecond)
	}
	return ctx.Err()
}

// Ports implements wan.PortLooker.
func (p party) Ports(ctx context.Context) []wan.Mapped {
	addrs, err := p.Ask(ctx, wan.V4)
	if err != nil {
		return nil
	}
	p.house.mu.Lock()
	l, shifty := p.house.line, p.house.shifty
	p.house.mu.Unlock()
	var out []wan.Mapped
	for i := range uint16(16) {
		from := 40000 + i
		seen := from
		switch {
		case l.nat == cgnat:
			seen = 2048 + (i*397)%1024
		case l.nat == mape: // RFC 7597: offset 4, PSID 77 of 8 bits
			seen = (1+i%15)<<12 | 77<<4 | i
		case shifty:
			seen = 1024 + i*3571
		}
		out = append(out, wan.Mapped{From: from, At: netip.AddrPortFrom(addrs[0], seen)})
	}
	return out
}

// plain hides Ports.
type plain struct{ wan.Method }

func hang(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// strangers are those that are asked by default, in the order in which they are.
const strangers = "stun/google dns/cloudflare https/amazon stun/nextcloud dns/opendns https/cloudflare stun/cloudflare dns/google https/identme dns/akamai"

// everybody makes the methods of a house, local ones first.
func (h *house) everybody(router, iface bool) []wan.Method {
	var out []wan.Method
	add := func(kind wan.Kind, operator, endpoint string) {
		p := party{h, wan.Source{Kind: kind, Operator: operator, Endpoint: endpoint}}
		if kind == wan.STUN {
			out = append(out, p)
			return
		}
		out = append(out, plain{p})
	}
	if router {
		for _, protocol := range []string{"nat-pmp", "pcp", "upnp"} {
			add(wan.Router, "router", protocol)
		}
	}
	if iface {
		add(wan.Interface, "host", "all")
	}
	for who := range strings.FieldsSeq(strangers) {
		kind, operator, _ := strings.Cut(who, "/")
		add(wan.Kind(kind), operator, who)
	}
	return slices.Clip(out)
}
