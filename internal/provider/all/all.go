// SPDX-License-Identifier: Apache-2.0

// Package all lists the providers: one line each.
package all

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/provider/awssd"
	"nafuda.io/nafuda/internal/provider/local"
	"nafuda.io/nafuda/internal/provider/rfc2136"
	"nafuda.io/nafuda/internal/provider/route53"
)

// Options are the flags of all providers.
type Options struct {
	AWS     awsconf.Options `embed:""`
	Route53 route53.Options `embed:""`
	AWSSD   awssd.Options   `embed:""`
	RFC2136 rfc2136.Options `embed:""`

	// Local and Served are the zones that the process serves, for all its views; without Served, Open reads them as they were written
	// last, for who only looks.
	Local  local.Options `kong:"-"`
	Served *local.Served `kong:"-"`
}

// Complete tells what a provider, one of Names, misses among its options.
func (o Options) Complete(provider string) error {
	if provider == rfc2136.Name {
		return o.RFC2136.Complete()
	}
	return nil
}

// Only are the options that one provider reads: what is equal in them is the same account.
func (o Options) Only(name string) Options {
	switch name {
	case route53.Name:
		return Options{AWS: o.AWS, Route53: o.Route53}
	case awssd.Name:
		return Options{AWS: o.AWS, Route53: route53.Options{ZoneType: o.Route53.ZoneType}, AWSSD: o.AWSSD}
	case rfc2136.Name:
		return Options{RFC2136: o.RFC2136}
	case local.Name:
		return Options{}
	default:
		return o
	}
}

// Uses reports which zones of an account that several views share pass the filter of one of them, by the rules of the provider.
func (o Options) Uses(name string, f provider.Filter) func(zone.Zone) bool {
	bare := func(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }
	parents := name != awssd.Name && (name != route53.Name || o.Route53.ZoneMatchParent)
	return func(z zone.Zone) bool {
		named := len(f.IDs) == 0 || slices.ContainsFunc(f.IDs, func(id string) bool { return bare(strings.TrimSpace(id)) == bare(z.ID) })
		return named && (f.Matches(z.Name) || parents && f.Above(z.Name))
	}
}

// Account is a provider opened for one account.
type Account struct {
	Name     string
	Provider provider.Provider
}

// opener opens the accounts that the options name.
type opener func(ctx context.Context, o Options, f provider.Filter) ([]Account, error)

func openers() map[string]opener {
	return map[string]opener{
		route53.Name: openRoute53,
		awssd.Name:   openAWSSD,
		rfc2136.Name: openRFC2136,
		local.Name:   openLocal,
	}
}

// Names lists the providers, sorted, as --provider has them.
func Names() []string { return slices.Sorted(maps.Keys(openers())) }

// Open opens the accounts of a provider, one of Names, for the zones that pass the filter. It sends nothing.
func Open(ctx context.Context, name string, o Options, f provider.Filter) ([]Account, error) {
	return openers()[name](ctx, o, f)
}

// Emulated is Route 53 at an address of this machine, for the sandbox: nothing of files and environment is read.
func Emulated(endpoint string, o Options, f provider.Filter) []Account {
	a := awsconf.Local(endpoint)
	a.Name += f.Label
	return []Account{{a.Name, route53.New(a, o.Route53, f)}}
}

func openRoute53(ctx context.Context, o Options, f provider.Filter) ([]Account, error) {
	accounts, err := onAWS(ctx, o, f)
	if err != nil {
		return nil, err
	}
	if onlyRoles(accounts, f) {
		accounts = slices.DeleteFunc(accounts, func(a awsconf.Account) bool { return len(a.Zones) == 0 })
	}
	out := make([]Account, 0, len(accounts))
	for i, p := range route53.Open(accounts, o.Route53, f) {
		out = append(out, Account{accounts[i].Name, p})
	}
	return out, nil
}

// onAWS loads the accounts of AWS, under the names that they have here.
func onAWS(ctx context.Context, o Options, f provider.Filter) ([]awsconf.Account, error) {
	accounts, err := awsconf.Load(ctx, o.AWS)
	for i := range accounts {
		accounts[i].Name += f.Label
	}
	return accounts, err
}

func openAWSSD(ctx context.Context, o Options, f provider.Filter) ([]Account, error) {
	accounts, err := onAWS(ctx, o, f)
	if err != nil {
		return nil, err
	}
	opts := o.AWSSD
	opts.ZoneType = o.Route53.ZoneType
	out := make([]Account, 0, len(accounts))
	for _, a := range accounts {
		out = append(out, Account{a.Name, awssd.New(a, opts, f)})
	}
	return out, nil
}

func openRFC2136(_ context.Context, o Options, f provider.Filter) ([]Account, error) {
	p, err := rfc2136.New(o.RFC2136, f)
	if err != nil {
		return nil, err
	}
	return []Account{{rfc2136.Account + f.Label, p}}, nil
}

func openLocal(_ context.Context, o Options, f provider.Filter) ([]Account, error) {
	served := o.Served
	if served == nil {
		var err error
		if served, err = local.Open(o.Local, slog.New(slog.DiscardHandler)); err != nil {
			return nil, err
		}
	}
	return []Account{{local.Account + f.Label, local.New(served, f)}}, nil
}

// onlyRoles reports whether the filter leaves only hosted zones that are used with roles of their own, so that the accounts
// without one, which may not be allowed to list zones at all, have none.
func onlyRoles(accounts []awsconf.Account, f provider.Filter) bool {
	reserved := make(map[string]bool)
	for _, a := range accounts {
		for _, id := range a.Zones {
			reserved[id] = true
		}
	}
	return len(f.IDs) > 0 && !slices.ContainsFunc(f.IDs, func(id string) bool { return !reserved[id[strings.LastIndexByte(id, '/')+1:]] })
}
