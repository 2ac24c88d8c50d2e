// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/decide/resolve"
	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

// addReverse adds to what an object asks for the PTR record sets of its addresses, as any view may want them. Which of them one view
// publishes is found out when their names are planned.
func (c *core) addReverse(r *endpoint.Result) {
	made := make(map[dnsname.Name]endpoint.Endpoint)
	add := func(addrs []netip.Addr, of dnsname.Name, ttl uint32, from *endpoint.Origin) {
		for _, addr := range addrs {
			name, ok := dnsname.Reverse(addr)
			if !ok {
				continue
			}
			e, known := made[name]
			if !known {
				e = endpoint.Endpoint{Name: name, Type: record.PTR, TTL: ttl, From: from, Reverse: true}
			}
			e.TTL = min(e.TTL, ttl)
			if i, there := slices.BinarySearch(e.Targets, string(of)); !there {
				e.Targets = slices.Insert(e.Targets, i, string(of))
			}
			made[name] = e
		}
	}
	for _, v := range c.Views {
		for _, e := range r.Endpoints {
			add(v.Spec.Reverse(e), e.Name, e.TTL, e.From)
		}
		for _, h := range r.Holds {
			addrs, _ := v.Spec.ReverseHeld(h)
			add(addrs, h.Name, h.TTL, h.From)
		}
	}
	r.Endpoints = slices.AppendSeq(r.Endpoints, maps.Values(made))
}

// deriveAnew finds out which reverse names the views want now, after they were replaced.
func (c *core) deriveAnew() {
	for kind := range c.sources {
		for _, ref := range c.objects.Refs(kind) {
			c.eval(ref)
		}
	}
}

// rewritten is an endpoint as a view publishes it. It may become several, or none, with the reason.
func (c *core) rewritten(spec view.Spec, e endpoint.Endpoint) ([]endpoint.Endpoint, reason.Reason) {
	if e.Reverse {
		return c.reversed(spec, e)
	}
	return spec.Endpoint(e)
}

// derived reports whether what an object asks for at a key is derived from an address.
func derived(eps []endpoint.Endpoint, k record.Key, f *endpoint.Origin) bool {
	return slices.ContainsFunc(eps, func(e endpoint.Endpoint) bool { return e.Reverse && e.Key() == k && e.From == f })
}

// unplaced says of an endpoint that no zone has its name. Most reverse names have none, and nobody is to be warned of that.
func unplaced(e endpoint.Endpoint, why reason.Reason) change.Decision {
	d := change.Decision{Key: e.Key(), Verdict: change.Refused, Resource: e.From.Ref.String(), Why: why}
	if e.Reverse {
		d.Verdict, d.Why.Code = change.Filtered, reason.NoReverse
	}
	return d
}

// ownedBy tells which object a record set is marked for, and whether it is ours.
func ownedBy(ledger registry.Ledger, owner string) func(record.Set) (string, bool) {
	return func(s record.Set) (string, bool) {
		claim, ok, _ := ledger.Claim(s)
		return claim.Resource, ok && claim.Owner == owner
	}
}

// reversed leaves those of a derived endpoint's names that still have its address in the view.
func (c *core) reversed(spec view.Spec, e endpoint.Endpoint) ([]endpoint.Endpoint, reason.Reason) {
	var names []string
	for _, target := range e.Targets {
		if c.points(spec, e.From.Ref, dnsname.Name(target), e.Name) {
			names = append(names, target)
		}
	}
	if len(names) == 0 {
		return nil, reason.New(reason.Filtered, "%s has another address in the view %s", strings.Join(e.Targets, ", "), spec.Name)
	}
	e.Targets = names
	return []endpoint.Endpoint{e}, reason.Reason{}
}

// points reports whether an object asks, in a view, for a name with the address that has a reverse name.
func (c *core) points(spec view.Spec, ref endpoint.Ref, name, reverse dnsname.Name) bool {
	eps, holds := c.catalog.At(name)
	has := func(addr netip.Addr) bool {
		n, ok := dnsname.Reverse(addr)
		return ok && n == reverse
	}
	for _, e := range eps {
		if e.From.Ref == ref && slices.ContainsFunc(spec.Reverse(e), has) {
			return true
		}
	}
	for _, h := range holds {
		if addrs, _ := spec.ReverseHeld(h); h.From.Ref == ref && slices.ContainsFunc(addrs, has) {
			return true
		}
	}
	return false
}

// holdReverse holds the PTR record set at a reverse name of which a value would go though it isn't proven that the name it is has
// another address: an object that has the name doesn't know its address, or one that may have it can't be read. What is found is
// remembered, so that the reverse name is planned again with the name.
func (c *core) holdReverse(spec view.Spec, name dnsname.Name, observed []record.Set, resource func(record.Set) (string, bool), rows []resolve.Row) []resolve.Row {
	if !spec.Manages(record.PTR) || !name.In("arpa") {
		return rows
	}
	for _, s := range observed {
		who, ours := resource(s)
		if s.Type != record.PTR || s.ID != "" || !ours {
			continue
		}
		for _, v := range leaving(s, rows) {
			why, by := c.unknownAddress(spec, name, dnsname.Name(v))
			if why.None() && (who == "" || len(s.Values) > 1) {
				why = c.anyUnsure(spec)
			}
			if !why.None() {
				return heldPTR(rows, why, by)
			}
		}
	}
	return rows
}

// leaving lists the values of a record set that aren't wanted.
func leaving(s record.Set, rows []resolve.Row) []string {
	var wanted []string
	for _, r := range rows {
		for _, w := range r.Wants {
			if w.Set.Key == s.Key {
				wanted = append(wanted, w.Set.Values...)
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(s.Values), func(v string) bool { return slices.Contains(wanted, v) })
}

// unknownAddress tells why the address of a name isn't known to an object that has it, and which that is.
func (c *core) unknownAddress(spec view.Spec, reverse, name dnsname.Name) (why reason.Reason, by string) {
	_, holds := c.catalog.At(name)
	for _, h := range holds {
		crashed := c.look(spec, reverse, h.From, h, func() {
			if !spec.Select(h.From, reverse).None() || !c.expired(h).None() || !family(h.Type, reverse) {
				return
			}
			if _, unknown := spec.ReverseHeld(h); !unknown.None() {
				why, by = unknown, h.From.Ref.String()
			}
		})
		if crashed != nil {
			why, by = crashed.Why, h.From.Ref.String()
		}
		if !why.None() {
			c.reverses.add(name, reverse)
			return why, by
		}
	}
	return why, by
}

// family reports whether a hold of a type concerns the addresses below in-addr.arpa, or those below ip6.arpa.
func family(t record.Type, reverse dnsname.Name) bool {
	return t == "" || (t == record.A) == reverse.In("in-addr.arpa")
}

// unlisted tells why an object may ask for names that can't be listed, so that any value may be its.
func unlisted(r endpoint.Result) reason.Reason {
	for _, f := range r.Refusals {
		if f.Why.Code == reason.Crash {
			return f.Why
		}
	}
	return r.Unsure
}

// anyUnsure tells why it isn't proven of some object that it asks no more: a marker may be for others than the one it names.
func (c *core) anyUnsure(spec view.Spec) reason.Reason {
	if why := c.gone(spec, ""); !why.None() || len(c.unlisted) == 0 {
		return why
	}
	return c.unlisted[slices.SortedFunc(maps.Keys(c.unlisted), endpoint.Ref.Compare)[0]]
}

// heldPTR enters a hold of the PTR record set.
func heldPTR(rows []resolve.Row, why reason.Reason, by string) []resolve.Row {
	i := slices.IndexFunc(rows, func(r resolve.Row) bool { return r.ID == "" })
	if i < 0 {
		rows, i = slices.Insert(rows, 0, resolve.Row{}), 0
	}
	holds := map[record.Type]reason.Reason{record.PTR: why}
	maps.Copy(holds, rows[i].Holds)
	rows[i].Holds = holds
	if at, there := slices.BinarySearch(rows[i].Askers, by); by != "" && !there {
		rows[i].Askers = slices.Insert(slices.Clone(rows[i].Askers), at, by)
	}
	return rows
}
