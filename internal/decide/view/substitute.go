// SPDX-License-Identifier: Apache-2.0

package view

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// substitute is what takes the place of private addresses: our public address, addresses of each family, or a host name.
type substitute struct {
	wan    bool
	v4, v6 []netip.Addr
	host   string
}

// substituted reads checked values of --target-from.
func substituted(list []string) substitute {
	var out substitute
	for _, s := range nonEmpty(list) {
		addr, err := netip.ParseAddr(s)
		switch {
		case s == FromWAN:
			out.wan = true
		case err != nil:
			host, _ := dnsname.Parse(s)
			out.host = string(host)
		case addr.Unmap().Is4():
			out.v4 = []netip.Addr{addr.Unmap()}
		default:
			out.v6 = []netip.Addr{addr}
		}
	}
	return out
}

// wanTTL is the TTL, in seconds, of a name that has our public address and isn't told another one: it moves without warning.
const wanTTL = 60

// family is what is known of the addresses to put in the place of others.
type family struct {
	fact.Family
	wan bool
}

// none puts nothing there.
func none() family { return family{Family: fact.Family{Known: true}} }

// substitute is what the rule puts at record sets of a type.
func (r *retargeting) substitute(t record.Type) family {
	switch {
	case r.from.wan:
		return r.ours(t)
	case t == record.AAAA:
		return family{Family: fact.Family{Known: true, Addrs: r.from.v6}}
	default:
		return family{Family: fact.Family{Known: true, Addrs: r.from.v4}}
	}
}

// ours is our public address in record sets of a type.
func (r *retargeting) ours(t record.Type) family {
	p := r.public()
	f := family{Family: p.V4, wan: true}
	if t == record.AAAA {
		f.Family = p.V6
	}
	if i := slices.IndexFunc(f.Addrs, private); i >= 0 && !r.Publishes() {
		f.Family = fact.Family{Since: f.Since, Why: reason.New(reason.WANPrivate, "our public address is said to be %s, which is private, and --private-targets=%s", f.Addrs[i], r.rule)}
	}
	if !f.Known && f.Why.None() {
		f.Why = reason.New(reason.FactPending, "nothing is known yet of our public address")
	}
	return f
}

// put adds addresses to what is left of an endpoint, or holds its type where they aren't known.
func (r *retargeting) put(e endpoint.Endpoint, rule string, f family) {
	switch {
	case !f.Known:
		r.out.Holds = append(r.out.Holds, endpoint.Hold{Name: e.Name, Type: e.Type, ID: e.ID, TTL: e.TTL, Props: e.Props, From: e.From, Why: f.Why})
		r.note(e, "%s asks for our public address, which isn't known%s", rule, since(f.Since))
	case f.wan && len(f.Addrs) > 0:
		r.note(e, "%s asks for our public address, which is %s%s", rule, texts(f.Addrs), since(f.Since))
		e.TTL = cmp.Or(e.TTL, wanTTL)
	case len(f.Addrs) > 0:
		r.note(e, "%s puts %s there", rule, texts(f.Addrs))
	}
	targets := slices.Clone(e.Targets)
	for _, a := range f.Addrs {
		if f.Known {
			targets = append(targets, a.String())
		}
	}
	if len(targets) > 0 {
		slices.Sort(targets)
		e.Targets = slices.Compact(targets)
		r.out.Endpoints = append(r.out.Endpoints, e)
	}
}

func since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + t.UTC().Format(time.DateTime) + " UTC"
}

func texts(addrs []netip.Addr) string {
	out := make([]string, 0, len(addrs))
	for _, a := range addrs {
		out = append(out, a.String())
	}
	return strings.Join(out, ", ")
}

// without returns what a has and b hasn't.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(t string) bool { return slices.Contains(b, t) })
}

func (r *retargeting) leave(e endpoint.Endpoint, text string) {
	why := reason.New(reason.PrivateTarget, "%s has no target for this zone: %s", e.Key(), text)
	r.out.Decisions = append(r.out.Decisions, change.Decision{Key: e.Key(), Verdict: change.Filtered, Resource: e.From.Ref.String(), Why: why})
}

func (r *retargeting) note(e endpoint.Endpoint, format string, args ...any) {
	why := reason.New(reason.TargetReplaced, format, args...)
	r.out.Notes = append(r.out.Notes, change.Decision{Key: e.Key(), Verdict: change.Noted, Resource: e.From.Ref.String(), Why: why})
}
