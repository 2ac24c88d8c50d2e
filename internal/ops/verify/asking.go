// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/probe"
)

// Asker asks over DNS. A probe.Probe is one. Its methods are called from several goroutines.
type Asker interface {
	// Servers finds whom to ask for a zone, or why there is nobody.
	Servers(ctx context.Context, q probe.Question) ([]probe.Server, reason.Reason)
	// Look asks the first address that answers.
	Look(ctx context.Context, addresses []string, a probe.Ask) probe.Seen
}

var _ Asker = (*probe.Probe)(nil)

// Whom says which servers are asked with authority.
type Whom int

// Whom to ask.
const (
	OwnServers   Whom = iota // those of the zone; not for a private zone, whose servers answer in its networks only
	NamedServers             // those that the options of the probe name, for every zone
	NoServers                // none
)

// sideBySide is how many names are asked about at a time; the probe bounds questions, too.
const sideBySide = 8

// Asking is whom to ask, and how.
type Asking struct {
	Asker     Asker
	Options   Options
	Resolvers []string // host:port
	Whom      Whom
	Inside    bool // see Inside
}

// Ask asks about subjects, side by side, and returns what was found of each. It ends soon after the context does.
func (a Asking) Ask(ctx context.Context, subjects []Subject) []Found {
	a.Asker = &impatient{Asker: a.Asker, silent: make(map[string]int)}
	apexes := a.apexes(ctx, subjects)
	out := make([]Found, len(subjects))
	var g errgroup.Group
	g.SetLimit(sideBySide)
	for i, s := range subjects {
		g.Go(func() error {
			out[i] = a.about(ctx, s)
			out[i].Apex, out[i].apexAsked = apexes[s.Zone.Name]
			return nil
		})
	}
	_ = g.Wait() // nothing in it fails
	a.askNobody(ctx, subjects, out)
	return out
}

// apexes asks the resolver for the NS record sets of public zones, one question each.
func (a Asking) apexes(ctx context.Context, subjects []Subject) map[dnsname.Name]probe.Seen {
	out := make(map[dnsname.Name]probe.Seen)
	if len(a.Resolvers) == 0 {
		return out
	}
	for _, s := range subjects {
		if _, done := out[s.Zone.Name]; !done && s.Zone.ID != "" && !s.Zone.Private {
			out[s.Zone.Name] = a.Asker.Look(ctx, a.Resolvers, probe.Ask{Name: s.Zone.Name, Type: record.NS, Recurse: true})
		}
	}
	return out
}

// about asks everybody about one subject.
func (a Asking) about(ctx context.Context, s Subject) Found {
	f := Found{Resolvers: strings.Join(a.Resolvers, ", "), Inside: a.Inside, asked: s.Name}
	if s.Name.IsWildcard() { // RFC 4592: it answers for a name below it that isn't there
		f.asked = dnsname.Name(fmt.Sprintf("nafuda-%016x.%s", rand.Uint64(), s.Name.Parent()))
	}
	a.servers(ctx, s, &f)
	if len(a.Resolvers) > 0 {
		f.Resolver = a.Asker.Look(ctx, a.Resolvers, probe.Ask{Name: f.asked, Type: s.Type, Recurse: true})
		if s.Type == record.CNAME && len(f.Resolver.Values) > 0 {
			for _, t := range []record.Type{record.A, record.AAAA} {
				f.Ends = append(f.Ends, a.Asker.Look(ctx, a.Resolvers, probe.Ask{Name: f.asked, Type: t, Recurse: true}))
			}
		}
	}
	if a.Options.Connect {
		f.Reached = a.connect(ctx, targets(s, f))
	}
	return f
}

func (a Asking) servers(ctx context.Context, s Subject, f *Found) {
	switch {
	case s.Zone.ID == "":
		f.Unasked = reason.New(reason.NoZone, "no zone holds %s", s.Name)
		return
	case a.Whom == NoServers:
		f.Unasked = reason.New(reason.NotVerified, "the servers of %s aren't asked", s.Zone.Name)
		return
	case a.Whom == OwnServers && s.Zone.Private:
		f.Unasked = reason.New(reason.PrivateZone, "the zone %s (%s) is private", s.Zone.Name, s.Zone.ID)
		return
	}
	var list []probe.Server
	if list, f.Unasked = a.Asker.Servers(ctx, probe.Question{Zone: s.Zone, Servers: s.Servers, Name: s.Name}); !f.Unasked.None() {
		return
	}
	for _, one := range list {
		f.Servers = append(f.Servers, Said{one, a.Asker.Look(ctx, one.Addresses, probe.Ask{Zone: s.Zone.Name, Name: f.asked, Type: s.Type})})
	}
}

// askNobody asks an address at which nobody is, once, if somebody seems to answer in place of the servers.
func (a Asking) askNobody(ctx context.Context, subjects []Subject, found []Found) {
	if a.Options.Nobody == none {
		return
	}
	var answer *probe.Seen
	for i, s := range subjects {
		if !found[i].suspect(s) {
			continue
		}
		if answer == nil {
			at, err := address(a.Options.Nobody)
			if err != nil { // Check has refused it
				return
			}
			seen := a.Asker.Look(ctx, []string{at}, probe.Ask{Name: s.Zone.Name, Type: record.NS, Recurse: true})
			answer = &seen
		}
		found[i].Nobody = *answer
	}
}
