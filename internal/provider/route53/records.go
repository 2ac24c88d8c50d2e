// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

const (
	pageSize = 300 // the most that ListResourceRecordSets returns
	nameSize = 100 // the most sets of one name and type, set identifiers included
	// maxParts bounds how many pages one name may take, so that a service that never ends a listing ends ours.
	maxParts = 100
)

// at is a place in a listing: the set to start with.
type at struct {
	name     string
	kind     types.RRType
	id       *string
	finished bool
}

// Records implements provider.Provider. Its cursor is the name that the page starts at. A name whose sets go on behind a page
// is left to the next one; one that fills a page alone costs further requests.
func (p *Provider) Records(ctx context.Context, z zone.Zone, c provider.Cursor) (provider.Page, error) {
	from := dnsname.Name(c)
	page := provider.Page{From: from}
	var start at
	if from != "" {
		start.name = writeName(from)
	}
	for range maxParts {
		sets, next, err := p.list(ctx, z, start, pageSize)
		if err != nil {
			return provider.Page{}, err
		}
		page.Sets = append(page.Sets, sets...)
		if next.finished {
			page.Sets = tidy(page.Sets)
			return page, nil
		}
		until := readName(next.name)
		if backwards(from, until) {
			return provider.Page{}, unending(z, from)
		}
		whole := slices.DeleteFunc(slices.Clone(page.Sets), func(s record.Set) bool { return s.Name == until })
		if len(whole) > 0 {
			return provider.Page{Sets: tidy(whole), From: from, Until: until, Next: provider.Cursor(until)}, nil
		}
		start = next
	}
	return provider.Page{}, unending(z, from)
}

// Names implements provider.NameReader, with one request a name.
func (p *Provider) Names(ctx context.Context, z zone.Zone, names []dnsname.Name) ([]record.Set, error) {
	names = slices.Clone(names)
	slices.SortFunc(names, dnsname.Name.Compare)
	var out []record.Set
	for _, n := range slices.Compact(names) {
		sets, err := p.name(ctx, z, n)
		if err != nil {
			return nil, err
		}
		out = append(out, sets...)
	}
	return tidy(out), nil
}

// tidy sorts sets and keeps the last of each key: a name that takes several requests may change between them.
func tidy(sets []record.Set) []record.Set {
	slices.Reverse(sets)
	slices.SortStableFunc(sets, record.Compare)
	return slices.CompactFunc(sets, func(a, b record.Set) bool { return a.Key == b.Key })
}

func (p *Provider) name(ctx context.Context, z zone.Zone, n dnsname.Name) ([]record.Set, error) {
	var out []record.Set
	start := at{name: writeName(n)}
	for range maxParts {
		sets, next, err := p.list(ctx, z, start, nameSize)
		if err != nil {
			return nil, err
		}
		for _, s := range sets {
			if s.Name == n {
				out = append(out, s)
			}
		}
		if next.finished || readName(next.name) != n {
			return out, nil
		}
		start = next
	}
	return nil, unending(z, n)
}

// list sends one request. What it returns starts at start, whatever the service says next.
func (p *Provider) list(ctx context.Context, z zone.Zone, start at, size int32) ([]record.Set, at, error) {
	in := &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String(z.ID), MaxItems: aws.Int32(size)}
	if start.name != "" {
		in.StartRecordName = aws.String(start.name)
		in.StartRecordType = start.kind
		in.StartRecordIdentifier = start.id
	}
	out, err := p.of(z.ID).ListResourceRecordSets(ctx, in)
	if err != nil {
		return nil, at{}, provider.Doing(awsconf.Classify(err), actionRecords, fmt.Sprintf("list the records of zone %s", z.Name))
	}
	sets := make([]record.Set, 0, len(out.ResourceRecordSets))
	for _, r := range out.ResourceRecordSets {
		sets = append(sets, read(r, z.ID))
	}
	next := at{name: aws.ToString(out.NextRecordName), kind: out.NextRecordType, id: out.NextRecordIdentifier, finished: !out.IsTruncated}
	if !next.finished && next.name == "" {
		return nil, at{}, unending(z, readName(start.name))
	}
	return sets, next, nil
}

// backwards reports whether a listing that started at from goes on before it, by the order of names or, in case Route 53 orders
// names as it writes them, by that of their escaped form. A name that fills pages goes on at itself.
func backwards(from, until dnsname.Name) bool {
	escaped := func(n dnsname.Name) dnsname.Name {
		return dnsname.Name(strings.ReplaceAll(strings.TrimSuffix(writeName(n), "."), "*", `\052`))
	}
	return until.Compare(from) < 0 && escaped(until).Compare(escaped(from)) < 0
}

func unending(z zone.Zone, n dnsname.Name) error {
	return &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("list the records of zone %s: the listing doesn't get past %q", z.Name, n)}
}
