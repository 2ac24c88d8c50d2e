// SPDX-License-Identifier: Apache-2.0

// Package route53 publishes to the hosted zones of one AWS account.
//
// Every write is conditional: what it replaces is deleted with its exact content, which Route 53 refuses where the content is
// another, in the same atomic batch that creates what comes instead (ChangeResourceRecordSets in the API reference).
package route53

import (
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/route53"

	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// Name is the provider's name, as --provider has it.
const Name = "aws"

// Provider is Route 53 for one account. Its methods may be called at the same time.
type Provider struct {
	client  *route53.Client // for all but the record sets of zones with a role of their own
	roles   *roles
	share   share
	opts    Options
	filter  provider.Filter
	account awsconf.Account
}

var (
	_ provider.Provider      = (*Provider)(nil)
	_ provider.NameReader    = (*Provider)(nil)
	_ provider.Confirmer     = (*Provider)(nil)
	_ provider.QuotaReader   = (*Provider)(nil)
	_ provider.Router        = (*Provider)(nil)
	_ provider.ZoneExplainer = (*Provider)(nil)
)

// New makes the provider of an account. It sends nothing.
func New(account awsconf.Account, opts Options, filter provider.Filter) *Provider {
	return Open([]awsconf.Account{account}, opts, filter)[0]
}

// Open makes the providers of several accounts. A hosted zone that more than one of them sees is used by one: that which it is
// reserved for (Account.Zones), else the first that has listed it, where they are called in their order. It sends nothing.
func Open(accounts []awsconf.Account, opts Options, filter provider.Filter) []*Provider {
	shares := newShares(accounts)
	out := make([]*Provider, 0, len(accounts))
	for i, a := range accounts {
		out = append(out, &Provider{client: route53.NewFromConfig(a.Config), roles: newRoles(a), share: shares[i], opts: opts, filter: filter, account: a})
	}
	return out
}

// The permissions that calls need.
const (
	actionChange    = "route53:ChangeResourceRecordSets"
	actionGetChange = "route53:GetChange"
	actionZones     = "route53:ListHostedZones"
	actionQuota     = "route53:GetHostedZoneLimit"
	actionRecords   = "route53:ListResourceRecordSets"
	actionTags      = "route53:ListTagsForResources"
)

// Describe implements provider.Provider.
func (p *Provider) Describe() provider.Description {
	const zones = "arn:aws:route53:::hostedzone/*"
	return provider.Description{
		Name: Name, Types: slices.Clone(writable), Limits: p.opts.limits(), Atomic: true, World: true,
		Actions: []provider.Action{
			{Name: actionChange, Resource: zones},
			{Name: actionZones, Resource: "*"},
			{Name: actionRecords, Resource: zones},
			{Name: actionGetChange, Resource: "arn:aws:route53:::change/*", Optional: true, Benefit: "tells when a change has reached every name server"},
			{Name: actionQuota, Resource: zones, Optional: true, Benefit: "tells how many record sets a hosted zone may have, so that what it has no room for is held back and said before Route 53 refuses whole batches"},
			{Name: actionTags, Resource: zones, Optional: true, Benefit: "lets --aws-zone-tags choose hosted zones, and --aws-zone-role-tag their roles"},
		},
	}
}

// zoneID matches the id of a hosted zone.
var zoneID = regexp.MustCompile(`^[A-Z0-9]{1,32}$`)

// bareID is a hosted zone's or a change's id without the path before it.
func bareID(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }
