// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// maxPages bounds a listing, of a hundred entries a page, so that a service that never ends a listing ends ours.
const maxPages = 200

// Zones implements provider.Provider: the DNS namespaces. How many record sets they hold isn't told.
func (p *Provider) Zones(ctx context.Context) ([]zone.Zone, error) {
	used, _, err := p.ExplainZones(ctx)
	return used, err
}

// ExplainZones implements provider.ZoneExplainer, with one request for each hundred namespaces.
func (p *Provider) ExplainZones(ctx context.Context) (used []zone.Zone, skipped []provider.SkippedZone, err error) {
	doing := "list the Cloud Map namespaces of account " + p.account.Name
	err = paged(doing, func(token *string) (*string, error) {
		out, err := p.client.ListNamespaces(ctx, &servicediscovery.ListNamespacesInput{NextToken: token})
		if err != nil {
			return nil, provider.Doing(awsconf.Classify(err), actionNamespaces, doing)
		}
		for _, n := range out.Namespaces {
			z := p.zone(n)
			if why := p.skip(n, z); !why.None() {
				skipped = append(skipped, provider.SkippedZone{Zone: z, Why: why})
			} else {
				used = append(used, z)
			}
		}
		return out.NextToken, nil
	})
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(used, zone.Compare)
	slices.SortFunc(skipped, func(a, b provider.SkippedZone) int { return zone.Compare(a.Zone, b.Zone) })
	return used, skipped, nil
}

// paged asks for one page after another.
func paged(doing string, ask func(token *string) (next *string, err error)) error {
	var token *string
	for range maxPages {
		next, err := ask(token)
		if err != nil {
			return err
		}
		if aws.ToString(next) == "" {
			return nil
		}
		if token != nil && *next == *token {
			break
		}
		token = next
	}
	return &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("%s: %w", doing, errEndless)}
}

var errEndless = errors.New("the listing doesn't end")

func (p *Provider) zone(n types.NamespaceSummary) zone.Zone {
	return zone.Zone{
		Key:     zone.Key{Provider: Name, Account: p.account.Name, ID: aws.ToString(n.Id)},
		Place:   aws.ToString(p.client.Options().BaseEndpoint) + "/" + aws.ToString(n.Id), // ids are of all accounts; emulators have their own
		Name:    dnsname.Name(strings.ToLower(strings.TrimSuffix(aws.ToString(n.Name), "."))),
		Private: n.Type == types.NamespaceTypeDnsPrivate,
		Records: -1,
	}
}

// skip tells why a namespace isn't used.
func (p *Provider) skip(n types.NamespaceSummary, z zone.Zone) reason.Reason {
	kind := "public"
	if z.Private {
		kind = "private"
	}
	listed := func(ids []string) bool {
		return len(ids) == 0 || slices.ContainsFunc(ids, func(id string) bool { return strings.TrimSpace(id) == z.ID })
	}
	if why := unusable(n, z); !why.None() {
		return why
	}
	switch {
	case !listed(p.account.Zones):
		return reason.New(reason.Filtered, "namespace %s (%s): --aws-zone-role doesn't give it the role %s", z.Name, z.ID, p.account.Name)
	case !listed(p.filter.IDs):
		return reason.New(reason.Filtered, "namespace %s (%s): --zone-id-filter leaves it out", z.Name, z.ID)
	case p.opts.ZoneType != "" && p.opts.ZoneType != kind:
		return reason.New(reason.Filtered, "namespace %s (%s) is %s: --aws-zone-type=%s leaves it out", z.Name, z.ID, kind, p.opts.ZoneType)
	case p.filter.Match != nil && !p.filter.Match(z.Name):
		return reason.New(reason.Filtered, "namespace %s (%s): --domain-filter leaves it out", z.Name, z.ID)
	}
	return reason.Reason{}
}

// unusable tells why a namespace can't be used, whatever the options.
func unusable(n types.NamespaceSummary, z zone.Zone) reason.Reason {
	switch _, err := dnsname.Parse(string(z.Name)); {
	case n.Type != types.NamespaceTypeDnsPrivate && n.Type != types.NamespaceTypeDnsPublic:
		return reason.New(reason.Filtered, "namespace %s (%s) is of the type %s, which has no DNS", z.Name, z.ID, n.Type)
	case err != nil || z.ID == "":
		return reason.New(reason.Filtered, "namespace %q (%s): its name isn't one", z.Name, z.ID)
	}
	return reason.Reason{}
}
