// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// Name is the provider's name, as --provider has it. Account is the name of its one account.
const (
	Name    = "rfc2136"
	Account = "default"
)

// Provider is a set of name servers that take updates of the same zones. Its methods may be called at the same time.
type Provider struct {
	hosts  *hosts
	key    *key
	tls    *tls.Config // nil: no TLS
	zones  []dnsname.Name
	filter provider.Filter
	minTTL uint32 // seconds
	limits change.Limits

	serials serials
}

var (
	_ provider.Provider      = (*Provider)(nil)
	_ provider.NameReader    = (*Provider)(nil)
	_ provider.ZoneExplainer = (*Provider)(nil)
)

// New makes the provider of options that Check and Complete find nothing wrong with. It reads the files they name and sends nothing.
func New(o Options, f provider.Filter) (*Provider, error) {
	p := &Provider{
		hosts: &hosts{strategy: o.Strategy}, key: newKey(o), zones: o.zones(), filter: f, minTTL: uint32(o.MinTTL / time.Second),
		limits: change.Limits{Changes: o.batchSize(), Values: mostValues, Chars: mostChars},
	}
	if o.MinTTL%time.Second > 0 {
		p.minTTL++
	}
	for _, h := range o.Hosts {
		parsed, err := parseHost(h, o)
		if err != nil {
			return nil, fmt.Errorf("--rfc2136-host=%s: %w", h, err)
		}
		p.hosts.list = append(p.hosts.list, parsed)
	}
	if len(p.hosts.list) == 0 {
		return nil, o.Complete()
	}
	var err error
	p.tls, err = o.tlsConfig()
	return p, err
}

// mostFile bounds the files of certificates, in bytes.
const mostFile = 1 << 20

func (o Options) tlsConfig() (*tls.Config, error) {
	if !o.TLS {
		return nil, nil //nolint:nilnil // no TLS is no failure
	}
	out := &tls.Config{
		MinVersion:         tls.VersionTLS13,
		NextProtos:         []string{"dot"}, // RFC 9103 section 7.1: a transfer needs it
		InsecureSkipVerify: o.SkipTLSVerify, //nolint:gosec // the flag asks for it
	}
	if o.CA != "" {
		pem, err := readFile(o.CA)
		if err != nil {
			return nil, fmt.Errorf("--tls-ca: %w", err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--tls-ca=%s: there is no certificate in it: give a file with PEM", o.CA)
		}
	}
	if o.Cert == "" {
		return out, nil
	}
	cert, err := readFile(o.Cert)
	if err != nil {
		return nil, fmt.Errorf("--tls-client-cert: %w", err)
	}
	private, err := readFile(o.CertKey)
	if err != nil {
		return nil, fmt.Errorf("--tls-client-cert-key: %w", err)
	}
	pair, err := tls.X509KeyPair(cert, private)
	if err != nil {
		return nil, fmt.Errorf("--tls-client-cert=%s: use it with its key: %w", o.Cert, err)
	}
	out.Certificates = []tls.Certificate{pair}
	return out, nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, mostFile))
}

// Describe implements provider.Provider.
func (p *Provider) Describe() provider.Description {
	return provider.Description{Name: Name, Types: slices.Clone(writable[:]), Limits: p.limits, Atomic: true}
}

// Zones implements provider.Provider: those that the options name. How many record sets they hold isn't told; of those that have been
// read it is told whether somebody else has changed them since.
func (p *Provider) Zones(ctx context.Context) ([]zone.Zone, error) {
	used, _, err := p.ExplainZones(ctx)
	return used, err
}

// ExplainZones implements provider.ZoneExplainer.
func (p *Provider) ExplainZones(ctx context.Context) (used []zone.Zone, skipped []provider.SkippedZone, err error) {
	if ctx.Err() != nil {
		return nil, nil, failed(ctx.Err(), "list the zones")
	}
	for _, n := range p.zones {
		z := zone.Zone{Key: zone.Key{Provider: Name, Account: Account + p.filter.Label, ID: string(n)}, Name: n, Place: p.place(n), Records: -1}
		if why := p.filter.Skip(z); !why.None() {
			skipped = append(skipped, provider.SkippedZone{Zone: z, Why: why})
		} else {
			used = append(used, z)
		}
	}
	p.compare(ctx, used)
	return used, skipped, nil
}

// place is where a zone is: the same name at the same hosts, for who comes with the same key, since servers choose by the key what they show.
func (p *Provider) place(n dnsname.Name) string {
	var at []string
	for _, h := range p.hosts.list {
		at = append(at, h.at)
	}
	slices.Sort(at)
	if p.key != nil {
		at = append(at, p.key.name)
	}
	return string(n) + " at " + strings.Join(at, " ")
}

// known refuses a zone that the options don't name.
func (p *Provider) known(z zone.Zone) error {
	if string(z.Name) != z.ID || !slices.Contains(p.zones, z.Name) {
		return &provider.Error{Class: provider.Rejected, Err: fmt.Errorf("zone %s isn't one of --rfc2136-zone", z.ID)}
	}
	return nil
}

// readable are the types that we see. What else a zone holds is left alone.
func readable() []record.Type { return append([]record.Type{record.SOA}, writable[:]...) }
