// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/doctor"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/provider/rfc2136"
	"nafuda.io/nafuda/internal/provider/route53"
	"nafuda.io/nafuda/internal/registry"
	"nafuda.io/nafuda/internal/registry/rows"
	"nafuda.io/nafuda/internal/registry/txt"
	sources "nafuda.io/nafuda/internal/source/all"
)

// Examine finds out what keeps a run with the options from working, and changes nothing.
// It looks at one view, or for an empty name at all of them side by side.
func Examine(ctx context.Context, o Options, view string, d doctor.Options, v Version) (doctor.Report, error) {
	if err := o.checkView(view); err != nil {
		return doctor.Report{}, err
	}
	views := []string{view}
	if view == "" {
		views = o.viewNames()
	}
	patients := make([]doctor.Patient, len(views))
	cluster, listens := o.cluster(v), false // the same for all views
	for i, name := range views {
		one, err := o.One(name)
		if err != nil {
			return doctor.Report{}, err
		}
		patients[i] = one.patient(ctx, v)
		patients[i].Cluster = cluster
		if listens { // what two open at the same time would seem to be taken
			patients[i].Listen, patients[i].Serves = nil, nil
		}
		listens = listens || len(patients[i].Listen) > 0
	}
	if len(views) == 1 {
		return doctor.Run(ctx, patients[0], d), nil
	}
	reports := make([]doctor.Report, len(views))
	var all sync.WaitGroup
	for i, p := range patients {
		all.Go(func() { reports[i] = doctor.Run(ctx, p, d) })
	}
	all.Wait()
	return doctor.Together(views, reports), nil
}

// namespace is the one that is watched; empty: all, or several.
func (o *Options) namespace() string {
	if list := o.namespaces(); len(list) == 1 {
		return list[0]
	}
	return ""
}

func (o *Options) patient(ctx context.Context, v Version) doctor.Patient {
	p := doctor.Patient{Cluster: o.cluster(v), NoDNS: !o.Probe.Verify}
	o.claims(ctx, &p)
	o.listens(&p)
	for _, d := range o.View.DomainFilter {
		if n, err := dnsname.Parse(strings.TrimPrefix(strings.TrimSpace(d), ".")); err == nil {
			p.Domains = append(p.Domains, n)
		}
	}
	to, err := o.publishing(ctx, nil)
	if err != nil {
		p.NoAccounts = err
		return p
	}
	onAWS, err := awsconf.Load(ctx, o.Publish.AWS)
	if err != nil {
		p.NoAccounts = err
		return p
	}
	for _, a := range to.accounts() {
		account := doctor.Account{Name: a.Name, Provider: a.Provider}
		for i := range onAWS {
			if onAWS[i].Name == a.Name && o.Provider != rfc2136.Name && !o.servesZones() {
				account.AWS, account.Route53 = &onAWS[i], o.Provider == route53.Name
			}
		}
		p.Accounts = append(p.Accounts, account)
	}
	p.Plan = func(ctx context.Context, with []provider.Provider) (report.Plan, bool, error) {
		replace := func(c *reconcile.Config) {
			for i := range c.Accounts {
				c.Accounts[i].Provider = with[i]
			}
		}
		read := true
		plan, whole, err := planWith(ctx, *o, v, slog.New(slog.DiscardHandler), planning{adjust: []func(*reconcile.Config){replace}, look: func(s reconcile.Status) { read = len(o.unread(s)) == 0 }})
		return plan, whole && read, err
	}
	return p
}

// listens says where we answer for which zones.
func (o *Options) listens(p *doctor.Patient) {
	if o.servesZones() {
		p.Listen, p.Serves = o.Own.Addresses(), o.Own.ZoneNames()
	}
}

// claims says how whose the record sets are is read.
func (o *Options) claims(ctx context.Context, p *doctor.Patient) {
	var v reconcile.View
	err := o.register(ctx, &v)
	switch {
	case o.Registry == noopName:
	case err != nil || v.Store != nil:
		p.Kept, p.Table = "row", v.Store
		p.Claims = func(ctx context.Context) (registry.Registry, error) {
			if err != nil {
				return nil, err
			}
			all, err := v.Store.Load(ctx)
			book := rows.New(v.Owner)
			book.Replace(all, func(record.Key) bool { return false })
			return book, err
		}
	default:
		p.Kept, p.Claims = "description", func(context.Context) (registry.Registry, error) { return v.Registry, nil }
		if markers, is := v.Registry.(*txt.Registry); is {
			p.Kept, p.Markers = "marker", markers
		}
	}
}

// cluster says what a run needs of the API server.
func (o *Options) cluster(v Version) doctor.Cluster {
	if len(o.Files.Manifests) > 0 || !o.watches() {
		return doctor.Cluster{}
	}
	opts := o.Kube
	opts.Version = v.Number
	c := doctor.Cluster{Config: opts.Config, Namespace: o.namespace(), Events: o.Kube.Events && !o.Loop.DryRun && !o.Loop.Once}
	kinds := sources.Kinds(o.Sources)
	for _, name := range names(o.Use) {
		s := sources.Sources(o.Sources)[name]
		if !kinds[s.Kind].Served() {
			continue
		}
		c.Needs = append(c.Needs, doctor.Need{Kind: kinds[s.Kind], Source: name})
		for _, u := range s.Uses {
			c.Needs = append(c.Needs, doctor.Need{Kind: kinds[u.Kind], Source: name, For: u.For})
		}
	}
	if l, err := o.lease(v, slog.New(slog.DiscardHandler)); err == nil && l != nil { // what is wrong with the kubeconfig has a check of its own
		c.Lease, c.LeaseMust = l.Name(), o.Lease.Elect == "true"
	}
	return c
}
