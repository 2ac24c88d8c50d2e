// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
	pion "github.com/pion/stun/v3"
)

// A world is what servers on loopback say of us. It can change while they run.
type world struct {
	mu   sync.Mutex
	addr netip.Addr
	how  string // empty: as it is; or "lies", "silent", "refuses", "garbage"
	nat  func(n int, from uint16) uint16
	seen int
}

func (w *world) set(addr, how string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.addr, w.how = netip.MustParseAddr(addr), how
}

func (w *world) get() (netip.Addr, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.how == "lies" {
		return netip.MustParseAddr("198.51.100.66"), ""
	}
	return w.addr, w.how
}

// behind puts a NAT in between.
func (w *world) behind(nat func(n int, from uint16) uint16) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.nat = nat
}

// port is the outer one of a NAT.
func (w *world) port(from uint16) uint16 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen++
	if w.nat == nil {
		return from
	}
	return w.nat(w.seen-1, from)
}

func worldOf(addr string) *world { return &world{addr: netip.MustParseAddr(addr)} }

// udp answers datagrams until the test ends.
func udp(t *testing.T, w *world, answer func(in []byte, from netip.AddrPort) []byte) (address string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		conn.Close()
		<-done
	})
	go func() {
		defer close(done)
		in := make([]byte, datagram)
		for {
			n, from, err := conn.ReadFrom(in)
			if err != nil {
				return
			}
			ap, _ := netip.ParseAddrPort(from.String())
			var out []byte
			switch _, how := w.get(); how {
			case "silent":
			case "garbage":
				out = []byte("no protocol that we know")
			default:
				out = answer(in[:n], ap)
			}
			if out != nil {
				_, _ = conn.WriteTo(out, from)
			}
		}
	}()
	return conn.LocalAddr().String()
}

// stunServer answers with another implementation of STUN than ours.
func stunServer(t *testing.T, w *world) string {
	return udp(t, w, func(in []byte, from netip.AddrPort) []byte {
		m := &pion.Message{Raw: append([]byte(nil), in...)}
		if err := m.Decode(); err != nil || m.Type != pion.BindingRequest {
			return nil
		}
		addr, how := w.get()
		if how == "refuses" {
			return pion.MustBuild(m, pion.BindingError, pion.CodeServerError, pion.Fingerprint).Raw
		}
		return pion.MustBuild(m, pion.BindingSuccess, pion.NewSoftware("odd"),
			&pion.XORMappedAddress{IP: addr.AsSlice(), Port: int(w.port(from.Port()))}, pion.Fingerprint).Raw
	})
}

// portMapper answers as a router that knows NAT-PMP, and PCP too if it is told to.
func portMapper(t *testing.T, w *world, pcpToo bool) (address string, mapped func() []uint32) {
	var mu sync.Mutex
	var lifetimes []uint32
	address = udp(t, w, func(in []byte, from netip.AddrPort) []byte {
		addr, how := w.get()
		code := byte(0)
		if how == "refuses" {
			code = 2 // not authorized, in both
		}
		switch {
		case len(in) == 2 && in[0] == 0 && in[1] == 0:
			return append([]byte{0, 128, 0, code, 0, 0, 1, 0}, addr.AsSlice()...)
		case in[0] == 2 && !pcpToo:
			return []byte{0, 128 | in[1], 0, 1, 0, 0, 1, 0} // RFC 6887 appendix A: unsupported version
		case len(in) == 60 && in[0] == 2 && in[1] == 1:
			client, ok := netip.AddrFromSlice(in[8:24])
			if !ok || client.Unmap() != from.Addr() || binary.BigEndian.Uint16(in[40:]) != from.Port() {
				code = 12 // ADDRESS_MISMATCH
			}
			mu.Lock()
			lifetimes = append(lifetimes, binary.BigEndian.Uint32(in[4:]))
			mu.Unlock()
			out := append([]byte{2, 0x81, 0, code}, in[4:8]...)
			out = append(out, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
			out = append(out, in[24:44]...)
			outer := addr.As16()
			return append(out, outer[:]...)
		}
		return nil
	})
	return address, func() []uint32 {
		mu.Lock()
		defer mu.Unlock()
		return append([]uint32(nil), lifetimes...)
	}
}

const description = `<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType>
<serviceList><service><serviceType>urn:schemas-upnp-org:service:Layer3Forwarding:1</serviceType><controlURL>/l3</controlURL></service></serviceList>
<deviceList><device><deviceList><device><serviceList><service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>
<controlURL>%s/ctl</controlURL></service></serviceList></device></deviceList></device></deviceList></device></root>`

// igdServer answers as a router's UPnP; elsewhere is put before the control URL.
func igdServer(t *testing.T, w *world, elsewhere string) (ssdp, url string) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /desc.xml", func(out http.ResponseWriter, r *http.Request) {
		if _, how := w.get(); how == "silent" {
			<-r.Context().Done()
		} else if how == "garbage" {
			fmt.Fprint(out, "<root><device>")
			return
		}
		fmt.Fprintf(out, description, elsewhere)
	})
	mux.HandleFunc("POST /ctl", func(out http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		addr, how := w.get()
		switch how {
		case "silent":
			<-r.Context().Done()
			return
		case "garbage":
			fmt.Fprint(out, "<a></b>", strings.Repeat("x", mostAnswer))
			return
		}
		if how == "refuses" || !strings.Contains(string(body), "GetExternalIPAddress") || !strings.HasSuffix(r.Header.Get("Soapaction"), `#GetExternalIPAddress"`) {
			out.WriteHeader(http.StatusInternalServerError)
			return
		}
		fmt.Fprintf(out, `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><u:GetExternalIPAddressResponse xmlns:u="x"><NewExternalIPAddress>%s</NewExternalIPAddress></u:GetExternalIPAddressResponse></s:Body></s:Envelope>`, addr)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	url = s.URL + "/desc.xml"
	ssdp = udp(t, w, func(in []byte, _ netip.AddrPort) []byte {
		if !strings.HasPrefix(string(in), "M-SEARCH * HTTP/1.1\r\n") {
			return nil
		}
		return []byte("HTTP/1.1 200 OK\r\nST: " + igdDevice + "\r\nLOCATION: " + url + "\r\n\r\n")
	})
	return ssdp, url
}

// whoamiHandler answers DNS: TXT or A, as is asked for; garbage is an answer to another question.
func whoamiHandler(w *world) dns.HandlerFunc {
	return func(out dns.ResponseWriter, q *dns.Msg) {
		addr, how := w.get()
		r := new(dns.Msg).SetReply(q)
		name := q.Question[0].Name
		switch {
		case how == "silent":
			return
		case how == "refuses":
			r.Rcode = dns.RcodeRefused
		case how == "garbage":
			r.Question[0].Name = "elsewhere.example.net."
			r.Answer = append(r.Answer, &dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: addr.AsSlice()})
		case q.Question[0].Qtype == dns.TypeTXT:
			r.Answer = append(r.Answer, &dns.TXT{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeTXT, Class: q.Question[0].Qclass}, Txt: []string{addr.String()}},
				&dns.TXT{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeTXT, Class: q.Question[0].Qclass}, Txt: []string{"edns0-client-subnet 192.0.2.0/24"}})
		case q.Question[0].Qtype == dns.TypeA && addr.Is4():
			r.Answer = append(r.Answer, &dns.A{Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET}, A: addr.AsSlice()})
		}
		_ = out.WriteMsg(r)
	}
}

// dnsServer runs a server of DNS on loopback: over UDP, or over a listener.
func dnsServer(t *testing.T, s *dns.Server) {
	started, done := make(chan struct{}), make(chan struct{})
	s.NotifyStartedFunc = func() { close(started) }
	go func() {
		defer close(done)
		_ = s.ActivateAndServe()
	}()
	<-started
	t.Cleanup(func() {
		_ = s.Shutdown()
		<-done
	})
}

func dnsUDP(t *testing.T, w *world) string {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dnsServer(t, &dns.Server{PacketConn: conn, Handler: whoamiHandler(w)})
	return conn.LocalAddr().String()
}

// httpsServer serves pages, and who may have signed its certificate.
func httpsServer(t *testing.T, h http.Handler) (*httptest.Server, *x509.CertPool) {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
	return s, pool
}

// echoHandler writes the address as a form says, with %s for it.
func echoHandler(w *world, form string) http.HandlerFunc {
	return func(out http.ResponseWriter, r *http.Request) {
		addr, how := w.get()
		switch how {
		case "silent":
			<-r.Context().Done()
		case "refuses":
			http.Redirect(out, r, "/elsewhere", http.StatusFound)
		case "garbage":
			fmt.Fprint(out, strings.Repeat("<html>", 2000))
		default:
			fmt.Fprintf(out, form, addr)
		}
	}
}

// dohHandler answers DNS over HTTPS.
func dohHandler(w *world) http.HandlerFunc {
	return func(out http.ResponseWriter, r *http.Request) {
		in, _ := io.ReadAll(r.Body)
		q := new(dns.Msg)
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/dns-message" || q.Unpack(in) != nil {
			out.WriteHeader(http.StatusBadRequest)
			return
		}
		if _, how := w.get(); how == "silent" {
			<-r.Context().Done()
			return
		}
		whoamiHandler(w)(&dohWriter{out: out}, q)
	}
}

// dohWriter is the part of a writer that the handler uses.
type dohWriter struct {
	dns.ResponseWriter
	out http.ResponseWriter
}

func (d *dohWriter) WriteMsg(m *dns.Msg) error {
	b, err := m.Pack()
	if err != nil {
		return err
	}
	_, err = d.out.Write(b)
	return err
}
