// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"maps"
	"reflect"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/registry"
)

// viewState is a view and what the loop knows of it.
type viewState struct {
	View
	ledgers *ledgers   // nil: its claims are in the zones
	index   zone.Index // of the zones that it uses
}

// newViewStates makes states of views. What is known of a view of the same name stays, as far as that still says how its claims are
// stored.
func newViewStates(before []*viewState, views []View) []*viewState {
	out := make([]*viewState, 0, len(views))
	for _, v := range views {
		s := &viewState{View: v}
		old := viewNamed(before, v.Spec.Name)
		switch {
		case old != nil && sameView(old.View, v):
			s = old
		case v.Store == nil:
		case old != nil && old.ledgers != nil && sameClaims(old.View, v):
			s.ledgers = old.ledgers
		default:
			s.ledgers = newLedgers(v)
		}
		out = append(out, s)
	}
	return out
}

func viewNamed(views []*viewState, name string) *viewState {
	for _, v := range views {
		if v.Spec.Name == name {
			return v
		}
	}
	return nil
}

// sameView reports whether two views are the same. Functions can't be compared, so views that have any differ.
func sameView(a, b View) bool {
	if !identical(a.Store, b.Store) {
		return false
	}
	a.Store, b.Store = nil, nil // it works meanwhile, and is none of our business
	return reflect.DeepEqual(a, b)
}

// sameClaims reports whether two views store their claims in the same way and place, as the same owner.
func sameClaims(a, b View) bool {
	return identical(a.Store, b.Store) && a.Owner == b.Owner && reflect.DeepEqual(a.Registry, b.Registry)
}

// identical reports whether two values of interfaces are one and the same.
func identical(a, b any) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.ValueOf(a).Comparable() && a == b
}

// registry is what the view's names are planned with in a zone which hasn't been surveyed.
func (v *viewState) registry() registry.Registry {
	if v.ledgers != nil {
		return v.ledgers.book
	}
	return v.Registry
}

// zoneView is a view in a zone that it uses.
type zoneView struct {
	*viewState
	claims registry.Registry // as surveyed there
}

// view returns a view by its name, if it uses the zone.
func (z *zoneState) view(name string) *zoneView {
	for _, v := range z.views {
		if v.Spec.Name == name {
			return v
		}
	}
	return nil
}

// survey has the registry look at what forms the zone has.
func (z *zoneState) survey(r registry.Registry) registry.Registry {
	if s, ok := r.(registry.Surveyor); ok {
		return s.Survey(z.Zone, z.mirror.All())
	}
	return r
}

// seat gives the zone the views that use it, and reports whether these aren't the same as before. How a view's claims were found to be
// stored in the zone stays, unless they are stored otherwise now: then it is looked at before anything is planned.
func (z *zoneState) seat(c *core) bool {
	before := z.views
	z.views = nil
	for _, v := range c.views {
		if !v.uses(z) || !slices.Contains(c.accounts, z.account) {
			continue
		}
		seated := &zoneView{viewState: v, claims: v.registry()}
		i := slices.IndexFunc(before, func(o *zoneView) bool { return o.Spec.Name == v.Spec.Name })
		switch {
		case i >= 0 && before[i].viewState == v:
			seated = before[i]
		case i >= 0 && before[i].ledgers == v.ledgers && sameClaims(before[i].View, v.View):
			seated.claims = before[i].claims
		case z.read:
			seated.claims = z.survey(seated.claims)
		}
		z.views = append(z.views, seated)
	}
	if slices.Equal(before, z.views) {
		return false
	}
	c.tellLeft(z, before)
	return true
}

// arrange gives every view the zones that it uses, of those that were listed. Zones that none uses are forgotten. It reports whether
// anything has changed.
func (c *core) arrange() bool {
	different := false
	for _, z := range slices.SortedFunc(maps.Values(c.zones), func(a, b *zoneState) int { return zone.Compare(a.Zone, b.Zone) }) {
		if !z.seat(c) && len(z.views) > 0 {
			continue
		}
		different = true
		if len(z.views) == 0 {
			c.forget(z)
		}
	}
	for _, a := range c.accounts {
		for _, z := range a.zones {
			if c.zones[z.Key] != nil {
				continue
			}
			if s := newZoneState(a, z); s.seat(c) {
				c.zones[z.Key], different = s, true
				if s.prompt {
					c.window.hurry(time.Now())
				}
			}
		}
	}
	c.names = newZoneNames(c)
	return different
}
