// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// pageSize is how many services a page of ours has: each that has instances costs a request.
const pageSize = 50

// named is a service with the name that it publishes.
type named struct {
	at dnsname.Name
	*service
}

// Records implements provider.Provider. Cloud Map lists services in no order of names, so each page lists them all, a hundred with a
// request, and then asks for the instances of its own fifty. The cursor is the name that the page starts at.
func (p *Provider) Records(ctx context.Context, z zone.Zone, c provider.Cursor) (provider.Page, error) {
	from := dnsname.Name(c)
	all, err := p.services(ctx, z)
	if err != nil {
		return provider.Page{}, err
	}
	all = slices.DeleteFunc(all, func(s named) bool { return s.at.Compare(from) < 0 })
	page := provider.Page{From: from}
	if len(all) > pageSize {
		page.Until = all[pageSize].at
		page.Next = provider.Cursor(page.Until)
		all = all[:pageSize]
	}
	for _, s := range all {
		if s.count > 0 {
			if err := p.instances(ctx, z, s.service); gone(err) {
				continue // since the listing
			} else if err != nil {
				return provider.Page{}, err
			}
		}
		page.Sets = append(page.Sets, s.sets(s.at)...)
	}
	slices.SortFunc(page.Sets, record.Compare)
	return page, nil
}

// Names implements provider.NameReader, with two requests a name, and a listing of the namespace where one isn't known yet.
func (p *Provider) Names(ctx context.Context, z zone.Zone, names []dnsname.Name) ([]record.Set, error) {
	names = slices.Clone(names)
	slices.SortFunc(names, dnsname.Name.Compare)
	var out []record.Set
	listed := false
	for _, n := range slices.Compact(names) {
		s, err := p.find(ctx, z, n, &listed)
		if err != nil {
			return nil, err
		}
		if s != nil {
			out = append(out, s.sets(n)...)
		}
	}
	slices.SortFunc(out, record.Compare)
	return out, nil
}

// services lists the services of a namespace, sorted by name. A namespace that seems empty is asked for by its id: the listing of one
// that is gone looks alike.
func (p *Provider) services(ctx context.Context, z zone.Zone) ([]named, error) {
	doing := fmt.Sprintf("list the services of namespace %s", z.Name)
	var out []named
	ids := make(map[string]string)
	in := &servicediscovery.ListServicesInput{Filters: []types.ServiceFilter{{Name: types.ServiceFilterNameNamespaceId, Values: []string{z.ID}}}}
	err := paged(doing, func(token *string) (*string, error) {
		in.NextToken = token
		page, err := p.client.ListServices(ctx, in)
		if err != nil {
			return nil, provider.Doing(awsconf.Classify(err), actionServices, doing)
		}
		for _, summary := range page.Services {
			s := summarised(summary)
			if n := s.at(z); n != "" {
				out = append(out, named{n, s})
				ids[serviceName(n, z)] = s.id
			}
		}
		return page.NextToken, nil
	})
	if err != nil {
		return nil, err
	}
	if len(out) == 0 {
		if _, err := p.client.GetNamespace(ctx, &servicediscovery.GetNamespaceInput{Id: aws.String(z.ID)}); err != nil {
			return nil, provider.Doing(awsconf.Classify(err), actionNamespace, doing)
		}
	}
	slices.SortFunc(out, func(a, b named) int { return a.at.Compare(b.at) })
	p.known.replace(z.ID, ids)
	return slices.CompactFunc(out, func(a, b named) bool { return a.at == b.at }), nil
}

// instances reads what is registered.
func (p *Provider) instances(ctx context.Context, z zone.Zone, s *service) error {
	doing := fmt.Sprintf("list the instances of service %s of namespace %s", s.name, z.Name)
	s.instances = nil
	return paged(doing, func(token *string) (*string, error) {
		page, err := p.client.ListInstances(ctx, &servicediscovery.ListInstancesInput{ServiceId: aws.String(s.id), NextToken: token})
		if err != nil {
			return nil, provider.Doing(classify(err, awsconf.Classify), actionInstances, doing)
		}
		s.instances = append(s.instances, page.Instances...)
		return page.NextToken, nil
	})
}

// find reads the service of a name and its instances; nil: there is none. listed says whether the namespace has been listed already
// for the same purpose, and is set where it is.
func (p *Provider) find(ctx context.Context, z zone.Zone, n dnsname.Name, listed *bool) (*service, error) {
	name := serviceName(n, z)
	for {
		if id := p.known.get(z.ID, name); id != "" {
			s, err := p.read(ctx, z, id)
			switch {
			case err == nil && s.at(z) == n:
				return s, nil
			case err != nil && !errors.Is(err, errGone):
				return nil, err
			}
			p.known.set(z.ID, name, "")
		}
		if *listed {
			return nil, nil //nolint:nilnil // no service is an answer
		}
		*listed = true
		if _, err := p.services(ctx, z); err != nil {
			return nil, err
		}
	}
}

// read reads a service by its id; errGone: there is none.
func (p *Provider) read(ctx context.Context, z zone.Zone, id string) (*service, error) {
	out, err := p.client.GetService(ctx, &servicediscovery.GetServiceInput{Id: aws.String(id)})
	if err != nil {
		return nil, provider.Doing(classify(err, awsconf.Classify), actionService, fmt.Sprintf("read a service of namespace %s", z.Name))
	}
	s := detailed(out.Service)
	return s, p.instances(ctx, z, s)
}
