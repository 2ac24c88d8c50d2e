// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
)

func addrs(text string) []netip.Addr {
	var out []netip.Addr
	for _, f := range strings.Fields(text) {
		out = append(out, netip.MustParseAddr(f))
	}
	return out
}

func show(v fact.Value) string {
	family := func(f fact.Family) string {
		if !f.Known {
			return string(f.Why.Code)
		}
		return fmt.Sprint(f.Addrs)
	}
	return family(v.V4) + " " + family(v.V6)
}

func many(n int) []netip.Addr {
	var out []netip.Addr
	for i := range n {
		out = append(out, netip.AddrFrom4([4]byte{192, 0, byte(2 + i/256), byte(i)}))
	}
	return out
}

func TestJudge(t *testing.T) {
	notFound := &net.DNSError{Err: "no such host", IsNotFound: true}
	servfail := &net.DNSError{Err: "server misbehaving", IsTemporary: true}
	const unknown, missing = string(reason.HostUnknown), string(reason.HostNotFound)
	for name, tc := range map[string]struct {
		why        string
		four, six  []netip.Addr
		err4, err6 error
		want       string
	}{
		"both":                 {why: "sorted, each once", four: addrs("192.0.2.2 192.0.2.1 192.0.2.2"), six: addrs("2001:db8::1"), want: "[192.0.2.1 192.0.2.2] [2001:db8::1]"},
		"only IPv4":            {why: "the name is there, so it has no IPv6", four: addrs("192.0.2.1"), err6: notFound, want: "[192.0.2.1] []"},
		"only IPv6":            {why: "the same the other way", err4: notFound, six: addrs("2001:db8::1"), want: "[] [2001:db8::1]"},
		"NXDOMAIN":             {why: "unknown, not none", err4: notFound, err6: notFound, want: missing + " " + missing},
		"empty":                {why: "the same", want: missing + " " + missing},
		"one fails":            {why: "that family alone", four: addrs("192.0.2.1"), err6: servfail, want: "[192.0.2.1] " + unknown},
		"one fails, one empty": {why: "whether the name is there isn't known", err4: notFound, err6: servfail, want: unknown + " " + unknown},
		"both fail":            {why: "nothing is known", err4: servfail, err6: errors.New("no"), want: unknown + " " + unknown},
		"not found for now":    {why: "a resolver that can't be reached may say so", err4: &net.DNSError{IsNotFound: true, IsTemporary: true}, err6: notFound, want: unknown + " " + unknown},
		"only in hosts":        {why: "Go says so of a file's line of the other family", four: addrs("192.0.2.1"), err6: &net.AddrError{Err: "no suitable address found"}, want: "[192.0.2.1] []"},
		"mapped":               {why: "an address is of the family that it is of", four: addrs("::ffff:192.0.2.1"), six: addrs("::ffff:192.0.2.1 fe80::1%eth0"), want: "[192.0.2.1] [fe80::1]"},
		"invalid":              {why: "it is no address", four: []netip.Addr{{}}, six: addrs("2001:db8::1"), want: "[] [2001:db8::1]"},
		"a hundred":            {why: "as many as may be", four: many(100), err6: notFound, want: fmt.Sprint(many(100)) + " []"},
		"too many":             {why: "a part of them would be wrong", four: many(101), six: addrs("2001:db8::1"), want: unknown + " [2001:db8::1]"},
	} {
		t.Run(name, func(t *testing.T) {
			v := judge("lb.example.net", read("ip4", tc.four, tc.err4), read("ip6", tc.six, tc.err6), new(window), new(window))
			if got := show(v); got != tc.want {
				t.Errorf("got %s, want %s (%s)", got, tc.want, tc.why)
			}
		})
	}
}

// TestProofTheReasonStays: a reason that named a port would differ each time, and have its readers evaluated.
func TestProofTheReasonStays(t *testing.T) {
	for name, err := range map[string]error{
		"refused": &net.DNSError{Err: "read udp 127.0.0.1:40001->127.0.0.1:53: read: connection refused", Server: "127.0.0.1:53"},
		"timeout": &net.DNSError{Err: "read udp 127.0.0.1:40001->127.0.0.1:53: i/o timeout", IsTimeout: true, IsNotFound: true},
		"late":    fmt.Errorf("look up: %w", context.DeadlineExceeded),
	} {
		got := failure(err)
		if strings.Contains(got, "127.0.0.1") || strings.Contains(got, "time") != (name != "refused") || read("ip4", nil, err).failure != got {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestWindow(t *testing.T) {
	var w window
	for i, step := range []struct{ answer, want string }{
		{"192.0.2.1 192.0.2.2", "192.0.2.1 192.0.2.2"},
		{"192.0.2.3", "192.0.2.1 192.0.2.2 192.0.2.3"}, // another part of them
		{"192.0.2.1", "192.0.2.1 192.0.2.2 192.0.2.3"},
		{"192.0.2.3", "192.0.2.1 192.0.2.2 192.0.2.3"},
		{"192.0.2.3", "192.0.2.1 192.0.2.2 192.0.2.3"}, // 192.0.2.2 is missing for the fourth time
		{"192.0.2.3", "192.0.2.1 192.0.2.3"},
		{"", "192.0.2.1 192.0.2.3"},
		{"192.0.2.3", "192.0.2.3"},
	} {
		got, ok := w.add(addrs(step.answer))
		if !ok || fmt.Sprint(got) != fmt.Sprint(addrs(step.want)) {
			t.Errorf("step %d: %v, %v; want %s", i, got, ok, step.want)
		}
	}
}

func TestWindowIsBounded(t *testing.T) {
	var w window
	all := many(150)
	if _, ok := w.add(all[:100]); !ok {
		t.Error("a hundred are too many")
	}
	if _, ok := w.add(all[50:]); ok {
		t.Error("150 aren't too many")
	}
	for range mostMissed {
		w.add(all[50:])
	}
	if _, ok := w.add(all[50:]); !ok {
		t.Error("those that are gone still count")
	}
}
