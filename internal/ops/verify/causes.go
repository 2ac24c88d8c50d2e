// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/probe"
)

// fine is the verdict on a place that is as it should be.
func fine() (Mark, reason.Reason) { return OK, reason.Reason{} }

func objects(s Subject) (Mark, reason.Reason) {
	switch {
	case !s.Unasked.None():
		return No, s.Unasked
	case len(s.Objects) == 0:
		return None, reason.Reason{}
	}
	return fine()
}

func providers(s Subject) (Mark, reason.Reason) {
	switch {
	case !s.Differs.None():
		return No, s.Differs
	case !s.LeftOut.None():
		return None, s.LeftOut
	case len(s.There) == 0:
		return None, reason.Reason{}
	}
	return fine()
}

// servers judges the zone's servers.
func servers(s Subject, f Found) (Mark, reason.Reason) {
	if !f.Unasked.None() || !s.Known {
		return None, f.Unasked
	}
	var silentOnes []string
	for _, said := range f.Servers {
		if !said.Answered() {
			silentOnes = append(silentOnes, said.Name)
		} else if why := server(s, f, said); !why.None() {
			return No, why
		}
	}
	switch list := strings.Join(silentOnes, ", "); {
	case len(silentOnes) == len(f.Servers):
		return No, reason.New(reason.DNSUnreachable, "no answer from %s", list)
	case list != "":
		return No, reason.New(reason.AnswersDiffer, "no answer from %s; the other servers answer as they should", list)
	}
	return fine()
}

// server judges the answer of one of the zone's servers.
func server(s Subject, f Found, said Said) reason.Reason {
	d, lacks := compare(s.There, said.Seen), said.Server.Authority && !said.Seen.Authority
	switch {
	case f.Nobody.Answered() && f.suspect(s):
		return reason.New(reason.Intercepted, "%s answers, and nobody is there: so the answer of %s isn't its own", f.Nobody.At, said.Name)
	case lacks && said.Recursion && d != referred:
		return reason.New(reason.Intercepted, "the answer of %s comes without authority and offers recursion: it isn't its own", said.Name)
	case d != same:
		return serverDiffers(s, said, d)
	case lacks:
		return reason.New(reason.AnswersDiffer, "%s answers without authority", said.Name)
	}
	return reason.Reason{}
}

func serverDiffers(s Subject, said Said, d difference) reason.Reason {
	switch {
	case d == referred:
		return reason.New(reason.Delegated, "%s says that other servers answer for %s", said.Name, said.Referred)
	case d == absent && flexible(s.There):
		return reason.New(reason.TargetAbsent, "%s has nothing for the target of %s", said.Name, targetOf(s))
	case d == longer:
		return reason.New(reason.AnswersDiffer, "%s answers with a TTL of %d s, and the provider has %d s", said.Name, said.TTL, ttl(s.There))
	}
	return reason.New(reason.AnswersDiffer, "%s %s, and the provider has %s", said.Name, says(said.Seen), shown(values(s.There)))
}

// resolver judges the resolver.
func resolver(s Subject, f Found) (Mark, reason.Reason) {
	if f.Resolvers == "" {
		return None, reason.New(reason.NoResolver, "the system names no resolver")
	}
	if !s.Known {
		return None, reason.Reason{}
	}
	switch d := compare(s.There, f.Resolver); d {
	case same:
		return ends(s, f)
	case longer:
		return OK, reason.New(reason.LongerTTL, "%s keeps the answer for another %d s, and its TTL is %d s", f.Resolver.At, f.Resolver.TTL, ttl(s.There))
	case silent:
		return No, reason.New(reason.ResolverFails, "no answer from %s", f.Resolvers)
	default:
		return resolverDiffers(s, f, d)
	}
}

// resolverDiffers finds out why the resolver answers otherwise, by the signs that doc.go lists.
func resolverDiffers(s Subject, f Found, d difference) (Mark, reason.Reason) {
	at, was := f.Resolver.At, says(f.Resolver)
	if why := elsewhere(s, f, d); !why.None() {
		return None, why
	}
	if why := delegation(s, f); !why.None() {
		return No, why
	}
	switch {
	case s.Zone.Private && (d == absent || d == failed):
		return No, reason.New(reason.PrivateUnseen, "%s %s, and the zone %s (%s) is private", at, was, s.Zone.Name, s.Zone.ID)
	case stripped(s, f, d):
		return No, reason.New(reason.Rebinding, "%s %s, and the zone has the private %s", at, was, shown(missing(s, f)))
	case madeUp(f.Resolver, d):
		return No, reason.New(reason.LocalAnswer, "%s %s by itself, and the zone has %s", at, was, shown(values(s.There)))
	case d == failed:
		return No, reason.New(reason.ResolverFails, "%s %s", at, was)
	case d == absent:
		return No, absence(s, f)
	default:
		return No, reason.New(reason.StaleCache, "%s %s, for another %d s, and the zone has %s", at, was, f.Resolver.TTL, shown(values(s.There)))
	}
}

// elsewhere tells that another zone answers instead, which may be as it should.
func elsewhere(s Subject, f Found, d difference) reason.Reason {
	if len(s.Twins) > 0 && compare(s.Twins, f.Resolver) == same {
		return reason.New(reason.OtherZone, "%s answers from another zone: %s", f.Resolver.At, shown(f.Resolver.Values))
	}
	twin := s
	if twin.There = s.Twins; d == absent && !stripped(s, f, d) && stripped(twin, f, d) {
		return reason.New(reason.OtherZone, "%s answers from another zone, and leaves out its private %s", f.Resolver.At, shown(missing(twin, f)))
	}
	return reason.Reason{}
}

// ends judges where a CNAME or an alias leads to.
func ends(s Subject, f Found) (Mark, reason.Reason) {
	empty, left := len(f.Ends) > 0, false
	for _, e := range f.Ends {
		empty = empty && e.Answered() && len(e.Values) == 0 && (e.Code == noError || e.Code == nxDomain)
		left = left || silentlyEmpty(e)
	}
	if !empty {
		return fine()
	}
	last := targetOf(s)
	if chain := f.Ends[0].Chain; len(chain) > 0 {
		last = string(chain[len(chain)-1])
	}
	if left {
		return No, reason.New(reason.Rebinding, "%s gives no address for %s, at which %s ends, and doesn't say that there is none", f.Resolver.At, last, s.Name)
	}
	return No, reason.New(reason.TargetAbsent, "%s gives no address for %s, at which %s ends", f.Resolver.At, last, s.Name)
}

// delegation compares the servers that the resolver finds for the zone with the zone's own.
func delegation(s Subject, f Found) reason.Reason {
	have := probe.Canonical(record.NS, s.Servers)
	among := func(list []string) bool {
		return slices.ContainsFunc(f.Apex.Values, func(v string) bool { return slices.Contains(list, v) })
	}
	switch {
	case !f.apexAsked || s.Zone.Private || len(s.Servers) == 0 || f.Resolver.Authority: // a resolver with a zone of its own
		return reason.Reason{}
	case among(have):
		return reason.Reason{}
	case among(probe.Canonical(record.NS, s.Others)):
		return reason.New(reason.OtherZone, "%s asks %s, whose zone %s is another one", f.Apex.At, shown(f.Apex.Values), s.Zone.Name)
	case !s.World:
		return forwarding(s, f, have)
	case f.Apex.Code == nxDomain:
		return reason.New(reason.NotDelegated, "%s says that %s isn't there: nobody delegates the zone", f.Apex.At, s.Zone.Name)
	case len(f.Apex.Values) == 0:
		return reason.Reason{}
	}
	return reason.New(reason.NotDelegated, "the world asks %s for %s, and the zone's servers are %s", shown(f.Apex.Values), s.Zone.Name, shown(have))
}

// forwarding tells that the resolver doesn't ask the servers of a zone that no parent has to name. One that does would say which they are; that it
// has nothing to say doesn't prove it where it has been told to say nothing, or fails.
func forwarding(s Subject, f Found, have []string) reason.Reason {
	a := f.Apex
	switch {
	case a.Blocked || a.Code != nxDomain && a.Code != noError:
		return reason.Reason{}
	case len(a.Values) == 0:
		return reason.New(reason.NotForwarded, "%s knows no servers of %s: it doesn't ask %s", a.At, s.Zone.Name, shown(have))
	}
	return reason.New(reason.NotForwarded, "%s asks %s about %s, and the zone's servers are %s", a.At, shown(a.Values), s.Zone.Name, shown(have))
}

// stripped reports that private addresses are left out, and not because the resolver remembers that nothing was there.
func stripped(s Subject, f Found, d difference) bool {
	left := missing(s, f)
	all := len(left) > 0 && !slices.ContainsFunc(left, func(v string) bool { return !private(v) })
	return all && (d == partial || d == failed || d == absent && silentlyEmpty(f.Resolver))
}

// silentlyEmpty reports an answer without data that doesn't say, as one about nothing does, how long that may be remembered.
func silentlyEmpty(s probe.Seen) bool {
	return s.Code == noError && len(s.Values) == 0 && (s.Absent == nil || s.Blocked)
}

// madeUp reports that an answer isn't the zone's but the resolver's own: it says so, is one of block lists, or has authority.
func madeUp(s probe.Seen, d difference) bool {
	own := s.Authority && (d == other || d == still || d == absent && s.Absent != nil)
	return s.Blocked || own || slices.ContainsFunc(s.Values, blocked)
}

// missing are the values of the zone that the resolver doesn't give.
func missing(s Subject, f Found) []string {
	if flexible(s.There) {
		if i := informed(f.Servers); i >= 0 {
			return f.Servers[i].Values
		}
		return nil
	}
	return slices.DeleteFunc(values(s.There), func(v string) bool { return slices.Contains(f.Resolver.Values, v) })
}

func absence(s Subject, f Found) reason.Reason {
	text := "without saying for how long"
	if f.Resolver.Absent != nil {
		text = fmt.Sprintf("and may remember that for another %d s", *f.Resolver.Absent)
	}
	return reason.New(reason.AbsenceCached, "%s %s, %s; the zone has %s", f.Resolver.At, says(f.Resolver), text, shown(values(s.There)))
}

func connection(s Subject, f Found) (Mark, reason.Reason) {
	skipped := true
	for _, r := range f.Reached {
		skipped = skipped && r.Skipped
		switch {
		case r.Port > 0 || r.Skipped:
		case f.Inside && !private(r.Address) && !strings.Contains(r.Address, ":"):
			return No, reason.New(reason.NoHairpin, "no connection to %s (%s), from a machine with private addresses only", r.Address, r.Why)
		default:
			return No, reason.New(reason.NoConnection, "no connection to %s (%s)", r.Address, r.Why)
		}
	}
	if skipped {
		return None, reason.Reason{}
	}
	return fine()
}

// says is an answer in words.
func says(s probe.Seen) string {
	switch {
	case s.Code == nxDomain:
		return "says that the name isn't there"
	case s.Code != noError:
		return "answers " + s.Code
	case len(s.Values) == 0:
		return "says that there is no such record set"
	}
	return "answers " + shown(s.Values)
}

func targetOf(s Subject) string {
	for _, set := range s.There {
		if set.Alias != nil {
			return string(set.Alias.Target)
		}
		if len(set.Values) > 0 {
			return set.Values[0]
		}
	}
	return string(s.Name)
}

// shown is a list of values for people, cut where it is long.
func shown(list []string) string {
	const most, length = 4, 60
	var out []string
	for i, v := range list {
		if i == most {
			out = append(out, fmt.Sprintf("and %d more", len(list)-most))
			break
		}
		if len(v) > length {
			v = v[:length] + "…"
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.ToValidUTF8(strings.Join(out, ", "), "?")
}
