// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/provider"
	providers "nafuda.io/nafuda/internal/provider/all"
)

// publishing is where the views publish to.
type publishing struct {
	shared []*shared
	views  []reconcile.View
}

// shared are the accounts of all views whose options of the provider are equal: one limiter, and one worker for a zone. Each view
// narrows the zones by its own filter.
type shared struct {
	provider string
	options  providers.Options // those of the provider alone
	ids      []string          // of the hosted zones that some view uses; none: any
	names    []string          // of the views
	passes   []provider.Filter // of the views
	now      *atomic.Pointer[[]provider.Filter]
	accounts []reconcile.Account
}

// publishing opens what the views publish to; use then puts it into use. What is open before and is used by views with the same options stays
// open, as the same values. It sends nothing.
func (o *Options) publishing(ctx context.Context, before *publishing) (*publishing, error) {
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	views := o.views()
	p := &publishing{}
	users := make([]*shared, len(views))
	for i := range views {
		users[i] = p.join(&views[i])
	}
	taken := make(map[string]bool)
	for _, s := range p.shared {
		s.adopt(before, taken)
	}
	for _, s := range p.shared {
		if err := s.open(ctx, o.Local, taken); err != nil {
			return nil, err
		}
	}
	for i := range views {
		v, err := views[i].view(ctx, users[i])
		if err != nil {
			return nil, err
		}
		p.views = append(p.views, v)
	}
	return p, nil
}

// use has the accounts list the zones of these views from now on.
func (p *publishing) use() {
	for _, s := range p.shared {
		s.now.Store(&s.passes)
	}
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
	} else if len(s.names) > 0 {
		s.ids = names(append(slices.Clone(s.ids), v.View.ZoneIDs...))
	}
	s.names = append(s.names, v.Name)
	s.passes = append(s.passes, v.filter())
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
			s.now, s.accounts = b.now, b.accounts
			for _, a := range s.accounts {
				taken[a.Name] = true
			}
			return
		}
	}
}

// open opens the accounts that aren't. An account whose name is taken by another view's has that of its first view behind it.
func (s *shared) open(ctx context.Context, local string, taken map[string]bool) error {
	if s.now != nil {
		return nil
	}
	s.now = new(atomic.Pointer[[]provider.Filter])
	s.now.Store(&s.passes)
	filter := provider.Filter{IDs: s.ids, Match: s.some(provider.Filter.Matches), Below: s.some(provider.Filter.Above)}
	for _, label := range []string{"", "@" + s.names[0]} {
		filter.Label = label
		accounts, err := s.opened(ctx, local, filter)
		if err != nil {
			return err
		}
		if label == "" && slices.ContainsFunc(accounts, func(a providers.Account) bool { return taken[a.Name] }) {
			continue
		}
		for _, a := range accounts {
			taken[a.Name] = true
			s.accounts = append(s.accounts, reconcile.Account(a))
		}
		return nil
	}
	return nil
}

func (s *shared) opened(ctx context.Context, local string, f provider.Filter) ([]providers.Account, error) {
	if local != "" {
		return providers.Emulated(local, s.options, f), nil
	}
	return providers.Open(ctx, s.provider, s.options, f)
}

// some reports whether a name passes the filter of one of the views.
func (s *shared) some(pass func(provider.Filter, dnsname.Name) bool) func(dnsname.Name) bool {
	now := s.now
	return func(n dnsname.Name) bool {
		return slices.ContainsFunc(*now.Load(), func(f provider.Filter) bool { return pass(f, n) })
	}
}

// filter says which zones the view uses.
func (o *ViewOptions) filter() provider.Filter {
	domains := o.View.Domains()
	return provider.Filter{IDs: o.View.ZoneIDs, Match: domains.Match, Below: domains.Parents}
}

// view is the view as the loop has it.
func (o *ViewOptions) view(ctx context.Context, s *shared) (reconcile.View, error) {
	labels, annotations, err := o.selectors()
	if err != nil {
		return reconcile.View{}, err
	}
	v := reconcile.View{Spec: o.View.Spec(o.Name, o.Provider, labels.Matches, annotations.Matches)}
	if err := o.register(ctx, &v); err != nil {
		return v, err
	}
	for _, a := range s.accounts {
		v.Accounts = append(v.Accounts, a.Name)
	}
	v.Zones = o.Publish.Uses(o.Provider, o.filter())
	return v, nil
}
