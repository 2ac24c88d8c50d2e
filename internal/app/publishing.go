// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/provider"
	providers "nafuda.io/nafuda/internal/provider/all"
	"nafuda.io/nafuda/internal/provider/route53"
	"nafuda.io/nafuda/internal/registry"
)

// publishing is where the views publish to.
type publishing struct {
	shared []*shared
	views  []reconcile.View
	asked  []ViewOptions // of views
}

// shared are the accounts of all views whose options of the provider are equal: one limiter, and one worker for a zone. Each view
// narrows the zones by its own filter.
type shared struct {
	provider string
	options  providers.Options // those of the provider alone
	ids      []string          // of the hosted zones that some view uses; none: any
	views    []*ViewOptions
	open     bool
	accounts []reconcile.Account
}

// publishing opens what the views publish to. What is open before and is used by views with the same options stays
// open, as the same values. It sends nothing.
func (o *Options) publishing(ctx context.Context, before *publishing) (*publishing, error) {
	const patience = 2 * time.Minute // of files: a machine that is busy takes a while
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	views := o.views()
	p := &publishing{asked: views}
	users := make([]*shared, len(views))
	for i := range views {
		users[i] = p.join(&views[i])
	}
	taken := make(map[string]bool)
	for _, s := range p.shared {
		s.adopt(before, taken)
	}
	for _, s := range p.shared {
		if err := s.connect(ctx, o, taken); err != nil {
			return nil, err
		}
	}
	for i := range views {
		v, err := views[i].view(ctx, users[i], before.store(&views[i]))
		if err != nil {
			return nil, err
		}
		p.views = append(p.views, v)
	}
	return p, nil
}

// accounts are those of all views.
func (p *publishing) accounts() []reconcile.Account {
	var out []reconcile.Account
	for _, s := range p.shared {
		out = append(out, s.accounts...)
	}
	return out
}

// join has a view share the accounts of one before it, or makes room for its own.
func (p *publishing) join(v *ViewOptions) *shared {
	mine := v.Publish.Only(v.Provider)
	i := slices.IndexFunc(p.shared, func(s *shared) bool { return s.provider == v.Provider && same(s.options, mine) })
	if i < 0 {
		i = len(p.shared)
		p.shared = append(p.shared, &shared{provider: v.Provider, options: mine, ids: v.View.ZoneIDs})
	}
	s := p.shared[i]
	if len(v.View.ZoneIDs) == 0 || len(s.ids) == 0 {
		s.ids = nil
	} else if len(s.views) > 0 {
		s.ids = names(append(slices.Clone(s.ids), v.View.ZoneIDs...))
	}
	s.views = append(s.views, v)
	return s
}

// same compares options; who observes calls isn't one.
func same(a, b providers.Options) bool {
	a.AWS.Observe, b.AWS.Observe = nil, nil
	return reflect.DeepEqual(a, b)
}

// adopt takes over what is open already.
func (s *shared) adopt(before *publishing, taken map[string]bool) {
	if before == nil {
		return
	}
	for _, b := range before.shared {
		if b.provider == s.provider && same(b.options, s.options) && slices.Equal(b.ids, s.ids) {
			s.open, s.accounts = true, b.accounts
			for _, a := range s.accounts {
				taken[a.Name] = true
			}
			return
		}
	}
}

// connect opens the accounts that aren't open. An account whose name is taken has that of its first view behind it, and where an account that
// stays open has been called after a view of that name, a number too.
func (s *shared) connect(ctx context.Context, o *Options, taken map[string]bool) error {
	label := ""
	for n := 1; !s.open; n++ {
		accounts, err := s.opened(ctx, o, label)
		if err != nil {
			return err
		}
		if label = "@" + s.views[0].Name; n > 1 {
			label += "-" + strconv.Itoa(n)
		}
		if slices.ContainsFunc(accounts, func(a providers.Account) bool { return taken[a.Name] }) {
			continue
		}
		s.open = true
		for _, a := range accounts {
			taken[a.Name] = true
			s.accounts = append(s.accounts, reconcile.Account(a))
		}
	}
	return nil
}

// opened opens them under names with a label behind them. The views of a file narrow the zones themselves: their filters change while the
// accounts stay open.
func (s *shared) opened(ctx context.Context, o *Options, label string) ([]providers.Account, error) {
	filter := provider.Filter{IDs: s.ids}
	if o.Config == "" {
		filter = s.views[0].filter()
	}
	filter.Label = label
	if o.Local != "" && s.provider == route53.Name {
		return providers.Emulated(o.Local, s.options, filter), nil
	}
	opts := s.options
	opts.Local, opts.Served = o.own(), o.served
	return providers.Open(ctx, s.provider, opts, filter)
}

// filter says which zones the view uses.
func (o *ViewOptions) filter() provider.Filter {
	domains := o.View.Domains()
	return provider.Filter{IDs: o.View.ZoneIDs, Match: domains.Match, Below: domains.Parents}
}

// store is what is open of the table that a view's ownership is stored in; nil: nothing.
func (p *publishing) store(v *ViewOptions) registry.Store {
	if p == nil {
		return nil
	}
	for i, o := range p.asked {
		if o.Name == v.Name && o.Registry == v.Registry && o.DynamoDB == v.DynamoDB && same(providers.Options{AWS: o.Publish.AWS}, providers.Options{AWS: v.Publish.AWS}) {
			return p.views[i].Store
		}
	}
	return nil
}

// view is the view as the loop has it. Its store, if it has one, may be open already.
func (o *ViewOptions) view(ctx context.Context, s *shared, open registry.Store) (reconcile.View, error) {
	labels, annotations, err := o.selectors()
	if err != nil {
		return reconcile.View{}, err
	}
	v := reconcile.View{Spec: o.View.Spec(o.Name, o.Provider, labels.Matches, annotations.Matches)}
	if open != nil {
		v.Store, v.Owner = open, o.TXT.Owner
	} else if err := o.register(ctx, &v); err != nil {
		return v, err
	}
	for _, a := range s.accounts {
		v.Accounts = append(v.Accounts, a.Name)
	}
	v.Zones = o.Publish.Uses(o.Provider, o.filter())
	return v, nil
}
