// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
)

const (
	mostDescription = 128 << 10 // bytes of a device's description
	mostAnswer      = 16 << 10  // bytes of an answer
	mostDepth       = 8         // of devices in devices
)

// igd asks the router over UPnP: GetExternalIPAddress of WANIPConnection or WANPPPConnection (UPnP IGD 2.0, WANIPConnection:2 section 2.5.18).
type igd struct {
	description string // of the device; empty: it is searched for
	ssdp        string // address of the search

	mu    sync.Mutex
	known []service // where it was found last; asked first
}

// service is where a router is asked.
type service struct{ kind, control string }

func (i *igd) Source() Source {
	return Source{Kind: Router, Operator: routerName, Endpoint: "upnp"}
}

func (i *igd) Ask(ctx context.Context, f Family) ([]netip.Addr, error) {
	if f != V4 {
		return nil, errFamily
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	i.mu.Lock()
	services := i.known
	i.mu.Unlock()
	if a, err := askAny(ctx, services); err == nil {
		return a, nil
	}
	services, err := i.find(ctx)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	i.known = services
	i.mu.Unlock()
	return askAny(ctx, services)
}

// askAny returns the first address that one of the services gives.
func askAny(ctx context.Context, list []service) ([]netip.Addr, error) {
	last := errors.New("the router has no connection that can be asked")
	for _, s := range list {
		a, err := s.external(ctx)
		if err == nil {
			return []netip.Addr{a}, nil
		}
		last = err
	}
	return nil, last
}

func (i *igd) find(ctx context.Context) ([]service, error) {
	var at []*url.URL
	if i.description != "" {
		u, err := url.Parse(i.description)
		if err != nil {
			return nil, fmt.Errorf("read --wan-igd: %w", err)
		}
		at = append(at, u)
	} else {
		var err error
		if at, err = search(ctx, i.ssdp); err != nil {
			return nil, err
		}
	}
	var out []service
	var last error
	for _, u := range at {
		found, err := describe(ctx, u)
		out, last = append(out, found...), err
	}
	if len(out) == 0 && last != nil {
		return nil, last
	}
	return out, nil
}

// device is the part of a description that we read.
type device struct {
	Services []struct {
		Type    string `xml:"serviceType"`
		Control string `xml:"controlURL"`
	} `xml:"serviceList>service"`
	Devices []device `xml:"deviceList>device"`
}

// describe reads the description of a device and returns the services that know an outer address. What it leads to must be on the same host.
func describe(ctx context.Context, at *url.URL) ([]service, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	body, err := fetch(req, V4, nil, mostDescription)
	if err != nil {
		return nil, fmt.Errorf("read the router's description: %w", err)
	}
	var root struct {
		Base   string `xml:"URLBase"`
		Device device `xml:"device"`
	}
	if err := xml.Unmarshal(body, &root); err != nil {
		return nil, errors.New("the router's description can't be read")
	}
	base := at
	if b, err := url.Parse(strings.TrimSpace(root.Base)); err == nil && b.Hostname() == at.Hostname() && b.Scheme == "http" {
		base = b
	}
	return services(root.Device, base, 0), nil
}

func services(d device, base *url.URL, depth int) []service {
	var out []service
	for _, s := range d.Services {
		kind := strings.TrimSpace(s.Type)
		u, err := base.Parse(strings.TrimSpace(s.Control))
		wanted := strings.Contains(kind, ":service:WANIPConnection:") || strings.Contains(kind, ":service:WANPPPConnection:")
		if err == nil && wanted && !strings.ContainsAny(kind, "<>&\"\r\n") && u.Scheme == "http" && u.Hostname() == base.Hostname() && len(out) < mostDevices {
			out = append(out, service{kind, u.String()})
		}
	}
	if depth < mostDepth {
		for _, sub := range d.Devices {
			out = append(out, services(sub, base, depth+1)...)
		}
	}
	return out[:min(len(out), mostDevices)]
}

// external asks a service for the outer address.
func (s service) external(ctx context.Context) (netip.Addr, error) {
	body := `<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">` +
		`<s:Body><u:GetExternalIPAddress xmlns:u="` + s.kind + `"/></s:Body></s:Envelope>`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.control, bytes.NewReader([]byte(body)))
	if err != nil {
		return netip.Addr{}, err
	}
	req.Header.Set("Content-Type", `text/xml; charset="utf-8"`)
	req.Header["SOAPACTION"] = []string{`"` + s.kind + `#GetExternalIPAddress"`} // some routers read it only so
	in, err := fetch(req, V4, nil, mostAnswer)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("ask the router: %w", err)
	}
	var answer struct {
		Address string `xml:"Body>GetExternalIPAddressResponse>NewExternalIPAddress"`
	}
	if err := xml.Unmarshal(in, &answer); err != nil {
		return netip.Addr{}, errors.New("the router's answer can't be read")
	}
	text := strings.TrimSpace(answer.Address)
	if text == "" {
		return netip.Addr{}, errNoLine
	}
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Unmap().Is4() {
		return netip.Addr{}, errors.New("the router's answer has no IPv4 address")
	}
	a, _, err = outer(a.Unmap())
	return a, err
}
