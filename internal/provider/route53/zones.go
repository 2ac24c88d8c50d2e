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

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// The values of --aws-zone-type.
const (
	public  = "public"
	private = "private"
)

const (
	tagGroup = 10   // the most zones that ListTagsForResources takes
	maxPages = 1000 // of a hundred zones each, so that a service that never ends a listing ends ours
)

// Zones implements provider.Provider.
func (p *Provider) Zones(ctx context.Context) ([]zone.Zone, error) {
	used, _, err := p.ExplainZones(ctx)
	return used, err
}

// ExplainZones implements provider.ZoneExplainer: one request for each hundred zones and, only where --aws-zone-tags or
// --aws-zone-role-tag is set, one for each ten that pass the other filters. The first listing of an account waits for that of the
// accounts before it, for a few seconds at most, so that they share out the zones alike each time.
func (p *Provider) ExplainZones(ctx context.Context) (used []zone.Zone, skipped []provider.SkippedZone, err error) {
	used, skipped, err = p.listed(ctx)
	p.share.wait(ctx)
	defer p.share.done()
	if err != nil {
		return nil, nil, err
	}
	mine := p.share.take(used)
	for _, z := range used {
		if by := p.share.holder(z.ID); by != p.account.Name {
			why := reason.New(reason.Filtered, "hosted zone %s (%s) is used already, with the account %s", z.Name, z.ID, by)
			skipped = append(skipped, provider.SkippedZone{Zone: z, Why: why})
		}
	}
	slices.SortFunc(mine, zone.Compare)
	slices.SortFunc(skipped, func(a, b provider.SkippedZone) int { return zone.Compare(a.Zone, b.Zone) })
	return mine, skipped, nil
}

// listed lists the zones that pass the filters, whoever else uses them.
func (p *Provider) listed(ctx context.Context) (used []zone.Zone, skipped []provider.SkippedZone, err error) {
	var marker *string
	for range maxPages {
		out, err := p.client.ListHostedZones(ctx, &route53.ListHostedZonesInput{Marker: marker})
		if err != nil {
			return nil, nil, provider.Doing(awsconf.Classify(err), actionZones, "list the hosted zones of account "+p.account.Name)
		}
		for _, hz := range out.HostedZones {
			z := p.zone(hz)
			if why := p.skip(hz, z); !why.None() {
				skipped = append(skipped, provider.SkippedZone{Zone: z, Why: why})
			} else {
				used = append(used, z)
			}
		}
		if !out.IsTruncated {
			return p.chooseByTags(ctx, used, skipped)
		}
		if out.NextMarker == nil || marker != nil && *out.NextMarker == *marker {
			break
		}
		marker = out.NextMarker
	}
	return nil, nil, &provider.Error{Class: provider.Unavailable, Err: fmt.Errorf("list the hosted zones of account %s: the listing doesn't end", p.account.Name)}
}

func (p *Provider) zone(hz types.HostedZone) zone.Zone {
	z := zone.Zone{
		Key:     zone.Key{Provider: Name, Account: p.account.Name, ID: bareID(aws.ToString(hz.Id))},
		Place:   aws.ToString(p.client.Options().BaseEndpoint) + "/" + bareID(aws.ToString(hz.Id)), // ids are of all accounts; emulators have their own
		Name:    readName(aws.ToString(hz.Name)),
		Private: hz.Config != nil && hz.Config.PrivateZone,
		Records: -1,
	}
	if hz.ResourceRecordSetCount != nil {
		z.Records = int(*hz.ResourceRecordSetCount)
	}
	return z
}

// skip tells why a zone isn't used, tags apart.
func (p *Provider) skip(hz types.HostedZone, z zone.Zone) reason.Reason {
	kind := public
	if z.Private {
		kind = private
	}
	switch {
	case !zoneID.MatchString(z.ID):
		return reason.New(reason.Filtered, "hosted zone %s: its id %q isn't one", z.Name, z.ID)
	case len(p.account.Zones) > 0 && !slices.Contains(p.account.Zones, z.ID):
		return reason.New(reason.Filtered, "hosted zone %s (%s): --aws-zone-role doesn't give it the role %s", z.Name, z.ID, p.account.Name)
	case len(p.filter.IDs) > 0 && !slices.ContainsFunc(p.filter.IDs, func(id string) bool { return bareID(strings.TrimSpace(id)) == z.ID }):
		return reason.New(reason.Filtered, "hosted zone %s (%s): --zone-id-filter leaves it out", z.Name, z.ID)
	case p.opts.ZoneType != "" && p.opts.ZoneType != kind:
		return reason.New(reason.Filtered, "hosted zone %s (%s) is %s: --aws-zone-type=%s leaves it out", z.Name, z.ID, kind, p.opts.ZoneType)
	case !p.matches(z):
		return reason.New(reason.Filtered, "hosted zone %s (%s): --domain-filter leaves it out", z.Name, z.ID)
	case hz.LinkedService != nil && aws.ToString(hz.LinkedService.ServicePrincipal) != "":
		return reason.New(reason.Filtered, "hosted zone %s (%s) belongs to %s, which alone may change it", z.Name, z.ID, aws.ToString(hz.LinkedService.ServicePrincipal))
	}
	return reason.Reason{}
}

func (p *Provider) matches(z zone.Zone) bool {
	if p.filter.Match == nil || p.filter.Match(z.Name) {
		return true
	}
	return p.opts.ZoneMatchParent && (p.filter.Below == nil || p.filter.Below(z.Name))
}

// chooseByTags fetches the zones' tags and leaves out those without the tags asked for.
func (p *Provider) chooseByTags(ctx context.Context, zones []zone.Zone, skipped []provider.SkippedZone) ([]zone.Zone, []provider.SkippedZone, error) {
	wanted := slices.DeleteFunc(slices.Clone(p.opts.ZoneTags), func(t string) bool { return strings.TrimSpace(t) == "" })
	if len(wanted) == 0 && p.account.RoleTag == "" {
		return zones, skipped, nil
	}
	byZone := make(map[string]string)
	var used []zone.Zone
	for some := range slices.Chunk(zones, tagGroup) {
		tags, err := p.tags(ctx, some)
		if err != nil {
			return nil, nil, err
		}
		for _, z := range some {
			z.Tags = tags[z.ID]
			if i := slices.IndexFunc(wanted, func(t string) bool { return !tagged(z.Tags, t) }); i >= 0 {
				why := reason.New(reason.Filtered, "hosted zone %s (%s): it lacks the tag of --aws-zone-tags=%s", z.Name, z.ID, wanted[i])
				skipped = append(skipped, provider.SkippedZone{Zone: z, Why: why})
				continue
			}
			if role, given := z.Tags[p.account.RoleTag]; given && p.account.RoleTag != "" {
				if !awsconf.IsRole(role) {
					why := reason.New(reason.Filtered, "hosted zone %s (%s): its tag %s isn't the ARN of a role", z.Name, z.ID, p.account.RoleTag)
					skipped = append(skipped, provider.SkippedZone{Zone: z, Why: why})
					continue
				}
				byZone[z.ID] = role
			}
			used = append(used, z)
		}
	}
	p.roles.set(byZone)
	return used, skipped, nil
}

func tagged(tags map[string]string, want string) bool {
	key, value, _ := strings.Cut(want, "=")
	have, ok := tags[strings.TrimSpace(key)]
	return ok && (value == "" || have == value)
}

// tags returns the tags of at most tagGroup zones, by zone id.
func (p *Provider) tags(ctx context.Context, zones []zone.Zone) (map[string]map[string]string, error) {
	ids := make([]string, 0, len(zones))
	for _, z := range zones {
		ids = append(ids, z.ID)
	}
	out, err := p.client.ListTagsForResources(ctx, &route53.ListTagsForResourcesInput{ResourceIds: ids, ResourceType: types.TagResourceTypeHostedzone})
	if err != nil {
		return nil, provider.Doing(awsconf.Classify(err), actionTags, "read the tags of the hosted zones of account "+p.account.Name)
	}
	byZone := make(map[string]map[string]string, len(zones))
	for _, set := range out.ResourceTagSets {
		tags := make(map[string]string, len(set.Tags))
		for _, t := range set.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		byZone[bareID(aws.ToString(set.ResourceId))] = tags
	}
	return byZone, nil
}
