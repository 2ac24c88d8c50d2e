// SPDX-License-Identifier: Apache-2.0

package local

import (
	"context"
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/spelling"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// Name is the provider's name, as --provider has it. Account is the name of its one account.
const (
	Name    = "local"
	Account = "local"
)

// Provider publishes to zones that we serve. Its methods may be called at the same time.
type Provider struct {
	served *Served
	filter provider.Filter
}

var (
	_ provider.Provider      = (*Provider)(nil)
	_ provider.NameReader    = (*Provider)(nil)
	_ provider.ZoneExplainer = (*Provider)(nil)
)

// New is a provider of the zones that pass the filter. Several may share what is served.
func New(s *Served, f provider.Filter) *Provider { return &Provider{s, f} }

// Bounds of one batch, so that its entry in the journal stays small.
const (
	mostChanges = 1000
	mostValues  = 4000
	mostChars   = 128000
)

var writable = [...]record.Type{
	record.A, record.AAAA, record.CAA, record.CNAME, record.DNAME, record.MX, record.NAPTR, record.NS, record.PTR, record.SRV, record.TXT,
}

// Describe implements provider.Provider.
func (p *Provider) Describe() provider.Description {
	return provider.Description{
		Name: Name, Types: slices.Clone(writable[:]), Atomic: true, Prompt: true,
		Limits: change.Limits{Changes: mostChanges, Values: mostValues, Chars: mostChars},
	}
}

// Zones implements provider.Provider: those of the options, each with its count.
func (p *Provider) Zones(ctx context.Context) ([]zone.Zone, error) {
	used, _, err := p.ExplainZones(ctx)
	return used, err
}

// ExplainZones implements provider.ZoneExplainer.
func (p *Provider) ExplainZones(ctx context.Context) (used []zone.Zone, skipped []provider.SkippedZone, err error) {
	if err := cancelled(ctx, "list the zones that we serve"); err != nil {
		return nil, nil, err
	}
	for _, n := range p.served.zones {
		z := p.served.zone(n)
		if why := p.filter.Skip(z); !why.None() {
			skipped = append(skipped, provider.SkippedZone{Zone: z, Why: why})
			continue
		}
		if v, ok := p.served.db.Zone(z.ID); ok {
			z.Records = p.served.count(v)
		}
		used = append(used, z)
	}
	return used, skipped, nil
}

// find returns a zone as it is now.
func (p *Provider) find(ctx context.Context, z zone.Zone, doing string) (*zonedb.Zone, error) {
	if err := cancelled(ctx, doing); err != nil {
		return nil, err
	}
	v, ok := p.served.db.Zone(z.ID)
	if !ok {
		return nil, &provider.Error{Class: provider.Rejected, Err: fmt.Errorf("%s: zone %s isn't one of --dns-zone", doing, z.ID)}
	}
	return v, nil
}

func cancelled(ctx context.Context, doing string) error {
	if err := ctx.Err(); err != nil {
		return &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("%s: %w", doing, err)}
	}
	return nil
}

// pageSize is how many record sets a page has, unless one name has more.
const pageSize = 2000

// Records implements provider.Provider. A cursor is the name that its page starts at.
func (p *Provider) Records(ctx context.Context, z zone.Zone, c provider.Cursor) (provider.Page, error) {
	v, err := p.find(ctx, z, "read zone "+z.ID)
	if err != nil {
		return provider.Page{}, err
	}
	page := provider.Page{From: dnsname.Name(c)}
	for s := range v.From(page.From) {
		if len(page.Sets) >= pageSize && s.Name != page.Sets[len(page.Sets)-1].Name {
			page.Until, page.Next = s.Name, provider.Cursor(s.Name)
			break
		}
		if !p.served.hidden(v, s.Key) {
			page.Sets = append(page.Sets, s)
		}
	}
	return page, nil
}

// Names implements provider.NameReader.
func (p *Provider) Names(ctx context.Context, z zone.Zone, names []dnsname.Name) ([]record.Set, error) {
	v, err := p.find(ctx, z, fmt.Sprintf("read %s in zone %s", spelling.Count(len(names), "name"), z.ID))
	if err != nil {
		return nil, err
	}
	names = slices.Clone(names)
	slices.SortFunc(names, dnsname.Name.Compare)
	var out []record.Set
	for _, n := range slices.Compact(names) {
		for _, s := range v.At(n) {
			if !p.served.hidden(v, s.Key) {
				out = append(out, s)
			}
		}
	}
	return out, nil
}

// hidden reports a record set of ours that isn't the apex's SOA or NS, which nobody takes for theirs: without a registry every other one
// would be, and go.
func (s *Served) hidden(z *zonedb.Zone, k record.Key) bool { return s.ours[k] && k.Name != z.Name }

// count is how many record sets Records lists.
func (s *Served) count(z *zonedb.Zone) int {
	n := z.Len()
	for _, set := range s.opts.apex(z.Name) {
		if s.hidden(z, set.Key) {
			n--
		}
	}
	return n
}
