// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"net"
	"net/netip"
	"testing"

	"github.com/miekg/dns"
	pion "github.com/pion/stun/v3"
)

// FuzzReadSTUN: no datagram breaks us, and of what another implementation understands too, we read the same.
func FuzzReadSTUN(f *testing.F) {
	id := [12]byte{1, 2, 3}
	for _, ip := range []string{"192.0.2.1", "2001:db8::1"} {
		f.Add(pion.MustBuild(pion.NewTransactionIDSetter(id), pion.BindingSuccess, pion.NewSoftware("x"), &pion.XORMappedAddress{IP: net.ParseIP(ip), Port: 4711}).Raw)
	}
	f.Add(pion.MustBuild(pion.NewTransactionIDSetter(id), pion.BindingError, pion.CodeServerError).Raw)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, in []byte) {
		got, ok, err := readSTUN(in, id)
		if !ok || err != nil {
			return
		}
		m := &pion.Message{Raw: append([]byte(nil), in...)}
		var a pion.XORMappedAddress
		if m.Decode() != nil || a.GetFrom(m) != nil {
			return
		}
		if want, _ := netip.AddrFromSlice(a.IP); got.Addr().Unmap() != want.Unmap() || int(got.Port()) != a.Port {
			t.Errorf("we read %v, the other %v", got, a)
		}
	})
}

// FuzzReaders: nothing that comes from outside breaks a reader, or makes it give an address of the other family or none without an error.
func FuzzReaders(f *testing.F) {
	f.Add([]byte("192.0.2.1"))
	f.Add([]byte(`{"ip":"192.0.2.1"}`))
	f.Add([]byte{0, 128, 0, 0, 0, 0, 0, 1, 192, 0, 2, 1})
	f.Add([]byte{0, 128, 0, 0, 0, 0})
	f.Add([]byte{2, 0x81, 0, 0})
	f.Add(append([]byte{2, 0x81, 0, 0}, make([]byte, 56)...))
	f.Add([]byte("HTTP/1.1 200 OK\r\nLocation: http://192.0.2.1/\r\n\r\n"))
	f.Add([]byte("eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0"))
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, family := range []Family{V4, V6} {
			if got, err := readEcho(family, string(in)); err == nil && (len(got) != 1 || !family.has(got[0])) {
				t.Errorf("an echo: %v", got)
			}
		}
		if a, ok, err := readNATPMP(in); ok && err == nil && !a.Is4() {
			t.Errorf("NAT-PMP: %v", a)
		}
		if a, ok, err := readPCP(in, [12]byte{}); ok && err == nil && !a.Is4() {
			t.Errorf("PCP: %v", a)
		}
		if u := location(in, &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1)}); u != nil && u.Hostname() != "192.0.2.1" {
			t.Errorf("SSDP leads to %s", u)
		}
		if a, err := readRoutes(string(in)); err == nil && !a.Is4() {
			t.Errorf("routes: %v", a)
		}
		fleetingAddrs(string(in))
		q, r := new(dns.Msg).SetQuestion("whoami.example.com.", dns.TypeA), new(dns.Msg)
		if r.Unpack(in) == nil {
			r.Id = q.Id
			if got, err := readWhoami(V4, q, r); err == nil && (len(got) != 1 || !got[0].Is4()) {
				t.Errorf("DNS: %v", got)
			}
		}
	})
}
