// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/spelling"
	"nafuda.io/nafuda/internal/model/zone"
)

// Replace gives a running loop other accounts and views in place of those that it has. It returns as soon as that is entered; what
// follows from it goes the way of every change, with its grace and its brake. Where the accounts and views don't fit together the
// error says so, and nothing has changed.
//
// An account stays what it is, with its zones and all that is known of them, where its name and its Provider are the same value. Of
// one that goes, nothing more is sent than what is under way, and its zones are forgotten. A view stays what it is by its name. Where
// its claims are stored otherwise than before, which a Registry that is equal and a Store that is the same value aren't, what
// is ours is looked at anew before anything is planned. A view that goes leaves its record sets as they are, and Left says how many.
func (l *Loop) Replace(ctx context.Context, accounts []Account, views []View) error {
	if err := checkViews(accounts, views); err != nil {
		return fmt.Errorf("replace the views: %w", err)
	}
	accounts, views = slices.Clone(accounts), slices.Clone(views)
	return l.ask(ctx, func(c *core) { c.replace(accounts, views) })
}

// checkViews returns every mistake in how accounts and views fit together.
func checkViews(accounts []Account, views []View) error {
	var errs []error
	known := make(map[string]bool)
	for _, a := range accounts {
		if a.Provider == nil {
			errs = append(errs, fmt.Errorf("account %q has no provider", a.Name))
		}
		if known[a.Name] {
			errs = append(errs, fmt.Errorf("two accounts are called %q: give each its own name", a.Name))
		}
		known[a.Name] = true
	}
	named := make(map[string]bool)
	for _, v := range views {
		name := v.Spec.Name
		if named[name] {
			errs = append(errs, fmt.Errorf("two views are called %q: give each its own name", name))
		}
		named[name] = true
		if (v.Registry == nil) == (v.Store == nil) {
			errs = append(errs, fmt.Errorf("view %q needs a registry or a store, and not both", name))
		}
		for _, a := range v.Accounts {
			if !known[a] {
				errs = append(errs, fmt.Errorf("view %q uses the account %q, which isn't there", name, a))
			}
		}
	}
	return errors.Join(errs...)
}

// replace enters other accounts and views.
func (c *core) replace(accounts []Account, views []View) {
	before, were := c.views, c.accounts
	c.Accounts, c.Views = accounts, views
	c.views = newViewStates(before, views)
	c.replaceAccounts()
	if slices.Equal(before, c.views) && slices.Equal(were, c.accounts) {
		return
	}
	used := make(map[*account][]zone.Zone)
	for _, a := range were {
		used[a] = c.zonesOf(a)
	}
	c.arrange()
	c.forgetViews()
	for _, a := range were {
		now := c.zonesOf(a)
		if !slices.EqualFunc(used[a], now, func(x, y zone.Zone) bool { return x.Key == y.Key }) {
			c.Observe(ZonesListed{Account: a.name, Zones: now, Skipped: a.skipped})
		}
	}
	for _, z := range c.zones {
		if z.flight.recall != nil {
			z.flight.recall() // what waits was planned for the views before
		}
	}
	c.deriveAnew()
	c.dirtyEverything()
}

// zonesOf lists the zones of an account that views use, sorted.
func (c *core) zonesOf(a *account) []zone.Zone {
	var out []zone.Zone
	for _, z := range c.sortedZones() {
		if z.account == a {
			out = append(out, z.Zone)
		}
	}
	return out
}

// replaceAccounts begins with accounts that are new, and ends those that are there no more.
func (c *core) replaceAccounts() {
	before := c.accounts
	c.accounts = nil
	for _, config := range c.Accounts {
		i := slices.IndexFunc(before, func(a *account) bool { return a.name == config.Name && identical(a.provider, config.Provider) })
		if i >= 0 {
			c.accounts = append(c.accounts, before[i])
		} else {
			c.accounts = append(c.accounts, newAccount(c, config))
		}
	}
	for _, a := range before {
		if !slices.Contains(c.accounts, a) {
			a.leave()
		}
	}
}

// forget forgets a zone that no view uses any more. A call under way comes to its end. What its brake has spent is spent.
func (c *core) forget(z *zoneState) {
	z.left = true
	delete(c.zones, z.Key)
	if z.busy {
		c.leaving[z.Key] = z
	}
	if z.flight.recall != nil {
		z.flight.recall()
	}
	z.bisect = bisection{}
	if z.guard != nil {
		if c.keeping.zones == nil {
			c.keeping.zones = make(map[string]guard.State)
		}
		c.keeping.zones[keptAs(z.Key)] = z.guard.State()
	}
	for _, n := range slices.SortedFunc(maps.Keys(z.progress), dnsname.Name.Compare) {
		c.supersede(z.progress[n])
	}
	c.watches.over = slices.DeleteFunc(c.watches.over, func(p *progress) bool { return p.zone == z })
	z.account.receipts = slices.DeleteFunc(z.account.receipts, func(u *unconfirmed) bool { return u.of.zone == z })
}

// over enters that a zone which is forgotten has no call under way any more.
func (c *core) over(z *zoneState) {
	if z != nil && z.left && !z.busy && c.leaving[z.Key] == z {
		delete(c.leaving, z.Key)
	}
}

// forgetViews forgets what was decided for views that aren't there any more.
func (c *core) forgetViews() {
	gone := func(v viewName) bool { return viewNamed(c.views, v.view) == nil }
	keys := slices.SortedFunc(maps.Keys(c.noZone), func(a, b viewName) int {
		return cmp.Or(cmp.Compare(a.view, b.view), a.name.Compare(b.name))
	})
	for _, key := range keys {
		if gone(key) {
			delete(c.noZone, key)
			c.Observe(Decided{View: key.view, Name: key.name})
		}
	}
	maps.DeleteFunc(c.exposed, func(view string, _ bool) bool { return viewNamed(c.views, view) == nil })
}

// tellLeft says how many names the views that a zone had before leave behind: theirs, and now no view's.
func (c *core) tellLeft(z *zoneState, before []*zoneView) {
	if !z.read || z.vanished || c.renewed(z.account) {
		return
	}
	for _, v := range before {
		if slices.Contains(z.views, v) {
			continue
		}
		n := 0
		for name := range z.mirror.Names() {
			if c.ownsAs(z, v, name) && !c.owns(z, name) {
				n++
			}
		}
		if n > 0 {
			why := reason.New(reason.LeftBehind, "the view %s leaves %s of %s behind, which no view has now", v.Spec.Name, spelling.Count(n, "name"), z.Name)
			c.Observe(Left{View: v.Spec.Name, Zone: z.Zone, Names: n, Why: why})
		}
	}
}

// renewed reports whether another account has taken the place of this one: its zones will be listed again.
func (c *core) renewed(a *account) bool {
	return slices.ContainsFunc(c.accounts, func(o *account) bool { return o != a && o.name == a.name })
}

// narrowed tells of the zones above a name that its view leaves out the longest one; false: there is none.
func (c *core) narrowed(v View, name dnsname.Name) (zone.Zone, bool) {
	var out zone.Zone
	found := false
	for _, a := range c.accounts {
		if !v.reaches(a.name) || v.Zones == nil {
			continue
		}
		for _, z := range a.zones {
			if name.In(z.Name) && !v.Zones(z) && (!found || len(z.Name) > len(out.Name)) {
				out, found = z, true
			}
		}
	}
	return out, found
}
