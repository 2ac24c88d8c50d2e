// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery"
	"github.com/aws/aws-sdk-go-v2/service/servicediscovery/types"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// Name is the provider's name, as --provider has it.
const Name = "aws-sd"

// Provider is Cloud Map for one account in one region. Its methods may be called at the same time.
type Provider struct {
	client  *servicediscovery.Client
	opts    Options
	tags    []types.Tag
	filter  provider.Filter
	account awsconf.Account
	known   *known
}

var (
	_ provider.Provider      = (*Provider)(nil)
	_ provider.NameReader    = (*Provider)(nil)
	_ provider.Confirmer     = (*Provider)(nil)
	_ provider.ZoneExplainer = (*Provider)(nil)
)

// New makes the provider of an account, with checked options. It sends nothing.
func New(account awsconf.Account, opts Options, filter provider.Filter) *Provider {
	p := &Provider{client: servicediscovery.NewFromConfig(account.Regional()), opts: opts, filter: filter, account: account, known: newKnown()}
	for _, t := range opts.CreateTags {
		key, value, _ := strings.Cut(t, "=")
		p.tags = append(p.tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	return p
}

// The permissions that calls need ("Actions, resources, and condition keys for AWS Cloud Map", Service Authorization Reference).
const (
	actionNamespaces = "servicediscovery:ListNamespaces"
	actionNamespace  = "servicediscovery:GetNamespace"
	actionServices   = "servicediscovery:ListServices"
	actionService    = "servicediscovery:GetService"
	actionInstances  = "servicediscovery:ListInstances"
	actionCreate     = "servicediscovery:CreateService"
	actionUpdate     = "servicediscovery:UpdateService"
	actionDelete     = "servicediscovery:DeleteService"
	actionRegister   = "servicediscovery:RegisterInstance"
	actionDeregister = "servicediscovery:DeregisterInstance"
	actionOperation  = "servicediscovery:GetOperation"
	actionTag        = "servicediscovery:TagResource"
)

// A call may last ten seconds, and a name takes a few requests, a value one.
const (
	mostChanges = 40
	mostValues  = 400
)

// Describe implements provider.Provider.
func (p *Provider) Describe() provider.Description {
	out := provider.Description{
		Name: Name, Types: []record.Type{record.A, record.AAAA, record.CNAME, record.Note},
		Limits: change.Limits{Changes: mostChanges, Values: mostValues},
		NoApex: true, NoWildcard: true, OneType: true, MaxName: mostName,
		World: true, // the zone of a public namespace is a public one of Route 53
	}
	for _, name := range []string{
		actionNamespaces, actionNamespace, actionServices, actionService, actionInstances, actionCreate, actionUpdate, actionDelete,
		actionRegister, actionDeregister,
	} {
		out.Actions = append(out.Actions, provider.Action{Name: name, Resource: "*"})
	}
	out.Actions = append(out.Actions,
		provider.Action{Name: actionOperation, Resource: "*", Optional: true, Benefit: "tells when an instance has been registered or deregistered"},
		provider.Action{Name: actionTag, Resource: "*", Optional: true, Benefit: "lets --aws-sd-create-tag put tags on services"},
	)
	return out
}
