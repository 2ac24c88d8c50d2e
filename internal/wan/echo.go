// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
)

const mostEcho = 4 << 10 // bytes of a page

// echo asks for a page that says who asks.
type echo struct {
	operator, url string
	roots         *x509.CertPool
}

func (e echo) Source() Source {
	return Source{Kind: HTTPS, Operator: e.operator, Endpoint: unkeyed(e.url)}
}

func (e echo) Ask(ctx context.Context, f Family) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "text/plain")
	req.Header.Set("User-Agent", "nafuda")
	body, err := fetch(req, f, e.roots, mostEcho)
	if err != nil {
		return nil, err
	}
	return readEcho(f, string(body))
}

// readEcho reads a page: an address alone, a JSON object with one under "ip", or lines of which one is "ip=" and an address.
func readEcho(f Family, body string) ([]netip.Addr, error) {
	found := make(map[netip.Addr]bool)
	add := func(text string) {
		if a, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil {
			if a = a.Unmap().WithZone(""); f.has(a) {
				found[a] = true
			}
		}
	}
	add(body)
	var object struct {
		IP string `json:"ip"`
	}
	if json.Unmarshal([]byte(body), &object) == nil {
		add(object.IP)
	}
	for line := range strings.Lines(body) {
		if text, ok := strings.CutPrefix(line, "ip="); ok {
			add(text)
		}
	}
	return only(found)
}
