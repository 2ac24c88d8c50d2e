// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/miekg/dns"
)

const payload = 1232 // of a datagram that passes any path (RFC 9715)

// whoami asks a name server for a name whose answer is who asks.
type whoami struct {
	operator, shown string
	scheme          string // udp, tls or https
	host, port      string
	path            string // of https
	name            string
	qtype, class    uint16 // qtype 0: A or AAAA, as the family is
	roots           *x509.CertPool
}

func (w whoami) Source() Source { return Source{Kind: DNS, Operator: w.operator, Endpoint: w.shown} }

func (w whoami) Ask(ctx context.Context, f Family) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	q := new(dns.Msg)
	q.SetQuestion(dns.Fqdn(w.name), w.typ(f))
	q.Question[0].Qclass = w.class
	q.SetEdns0(payload, false)
	r, err := w.send(ctx, f, q)
	if err != nil {
		return nil, err
	}
	return readWhoami(f, q, r)
}

func (w whoami) typ(f Family) uint16 {
	switch {
	case w.qtype != 0:
		return w.qtype
	case f == V6:
		return dns.TypeAAAA
	default:
		return dns.TypeA
	}
}

func (w whoami) send(ctx context.Context, f Family, q *dns.Msg) (*dns.Msg, error) {
	if w.scheme == "https" {
		return w.overHTTPS(ctx, f, q)
	}
	address := net.JoinHostPort(w.host, w.port)
	if w.scheme == "tls" {
		c := dns.Client{Net: f.network("tcp") + "-tls", TLSConfig: &tls.Config{ServerName: w.host, RootCAs: w.roots, MinVersion: tls.VersionTLS12}, Timeout: timeout}
		r, _, err := c.ExchangeContext(ctx, q, address)
		return r, err
	}
	conn, err := (&net.Dialer{Timeout: timeout}).DialContext(ctx, f.network("udp"), address)
	if err != nil {
		return nil, fmt.Errorf("reach the server: %w", err)
	}
	defer conn.Close()
	out, err := q.Pack()
	if err != nil {
		return nil, err
	}
	return exchange(ctx, conn, out, stunWait, func(in []byte) (*dns.Msg, bool, error) {
		r := new(dns.Msg)
		return r, r.Unpack(in) == nil && answers(r, q), nil
	})
}

// overHTTPS asks as in RFC 8484 section 4.1.
func (w whoami) overHTTPS(ctx context.Context, f Family, q *dns.Msg) (*dns.Msg, error) {
	q.Id = 0
	out, err := q.Pack()
	if err != nil {
		return nil, err
	}
	url := "https://" + net.JoinHostPort(w.host, w.port) + w.path
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(out))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/dns-message")
	req.Header.Set("Accept", "application/dns-message")
	body, err := fetch(req, f, w.roots, dns.MaxMsgSize)
	if err != nil {
		return nil, err
	}
	r := new(dns.Msg)
	if err := r.Unpack(body); err != nil {
		return nil, errors.New("the answer isn't DNS")
	}
	return r, nil
}

// answers reports whether a message answers a question (RFC 5452 section 9.1).
func answers(r, q *dns.Msg) bool {
	return r.Response && r.Id == q.Id && len(r.Question) == 1 && r.Question[0].Qtype == q.Question[0].Qtype &&
		r.Question[0].Qclass == q.Question[0].Qclass && strings.EqualFold(r.Question[0].Name, q.Question[0].Name)
}

// readWhoami reads the one address of an answer.
func readWhoami(f Family, q, r *dns.Msg) ([]netip.Addr, error) {
	switch {
	case !answers(r, q):
		return nil, errors.New("the answer isn't one to the question")
	case r.Rcode != dns.RcodeSuccess:
		return nil, fmt.Errorf("the server answers %s", dns.RcodeToString[r.Rcode])
	}
	found := make(map[netip.Addr]bool)
	for _, rr := range r.Answer {
		if a := addressOf(rr); f.has(a) && strings.EqualFold(rr.Header().Name, q.Question[0].Name) {
			found[a] = true
		}
	}
	return only(found)
}

// addressOf is the address in a record; the zero address where there is none.
func addressOf(rr dns.RR) netip.Addr {
	var a netip.Addr
	switch rr := rr.(type) {
	case *dns.A:
		a, _ = netip.AddrFromSlice(rr.A)
	case *dns.AAAA:
		a, _ = netip.AddrFromSlice(rr.AAAA)
	case *dns.TXT: // Google adds a second record with text
		a, _ = netip.ParseAddr(strings.Join(rr.Txt, ""))
	}
	return a.Unmap().WithZone("")
}

// only is the one address that was found.
func only(found map[netip.Addr]bool) ([]netip.Addr, error) {
	switch len(found) {
	case 0:
		return nil, errors.New("the answer has no address of the family")
	case 1:
		for a := range found {
			return []netip.Addr{a}, nil
		}
	}
	return nil, fmt.Errorf("the answer has %d addresses", len(found))
}

// fetch sends a request over the family and reads at most so many bytes of an answer of status 200. It follows no redirect and uses no
// proxy, whose address it would be told.
func fetch(req *http.Request, f Family, roots *x509.CertPool, most int64) ([]byte, error) {
	client := http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10,
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, f.network("tcp"), address)
			},
		},
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers with status %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, most+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if int64(len(body)) > most {
		return nil, fmt.Errorf("the answer is longer than %d bytes", most)
	}
	return body, nil
}
