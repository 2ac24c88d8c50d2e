// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"slices"
	"sync"

	"nafuda.io/nafuda/internal/loop/limiter"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// maxPages bounds the pages of one zone, so that a service that never ends a listing ends ours.
const maxPages = 2000

// survey reads the zones of an account, once, for all checks.
type survey struct {
	account *account
	listed  chan struct{} // closed once what follows is there
	used    []zone.Zone
	skipped []provider.SkippedZone
	err     error // why the zones can't be listed

	done chan struct{} // closed once every zone has been read
	mu   sync.Mutex    // guards what follows
	read []content     // in the order of used
}

// content is what a zone holds.
type content struct {
	Zone  zone.Zone
	World bool // the zones of its provider are the world's
	Sets  map[dnsname.Name][]record.Set
	Err   error // why that isn't known
}

func newSurvey(a *account) *survey {
	return &survey{account: a, listed: make(chan struct{}), done: make(chan struct{})}
}

// world reports whether the account's zones that aren't private are the world's.
func (s *survey) world() bool { return s.account.Provider.Describe().World }

func (s *survey) run(ctx context.Context) {
	defer close(s.done)
	s.err = s.account.call(ctx, limiter.Approved, s.list)
	close(s.listed)
	for _, z := range s.used {
		sets, err := s.zone(ctx, z)
		s.mu.Lock()
		s.read = append(s.read, content{Zone: z, World: s.world(), Sets: sets, Err: err})
		s.mu.Unlock()
	}
}

func (s *survey) list(ctx context.Context) (err error) {
	if x, tells := s.account.Provider.(provider.ZoneExplainer); tells {
		s.used, s.skipped, err = x.ExplainZones(ctx)
	} else {
		s.used, err = s.account.Provider.Zones(ctx)
	}
	return err
}

func (s *survey) zone(ctx context.Context, z zone.Zone) (map[dnsname.Name][]record.Set, error) {
	sets := make(map[dnsname.Name][]record.Set)
	var at provider.Cursor
	for range maxPages {
		var page provider.Page
		err := s.account.call(ctx, limiter.Background, func(ctx context.Context) (err error) {
			page, err = s.account.Provider.Records(ctx, z, at)
			return err
		})
		if err != nil {
			return nil, err
		}
		for _, set := range page.Sets {
			sets[set.Name] = append(sets[set.Name], set)
		}
		if at = page.Next; at == "" {
			return sets, nil
		}
	}
	return nil, errors.New("the listing doesn't end")
}

// errUnread is of a zone whose turn hasn't come in time.
var errUnread = errors.New("it wasn't read in time: give the checks longer by --check-timeout")

// zones waits for the zones; the error is why they can't be listed, or not in time.
func (s *survey) zones(ctx context.Context) ([]zone.Zone, error) {
	select {
	case <-s.listed:
		return s.used, s.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// contents waits for what the zones hold, or for the context's end; what isn't read by then has errUnread.
func (s *survey) contents(ctx context.Context) ([]content, error) {
	zones, err := s.zones(ctx)
	if err != nil {
		return nil, err
	}
	select {
	case <-s.done:
	case <-ctx.Done():
	}
	s.mu.Lock()
	out := slices.Clone(s.read)
	s.mu.Unlock()
	for _, z := range zones[len(out):] {
		out = append(out, content{Zone: z, World: s.world(), Err: errUnread})
	}
	return out, nil
}

// notLookedAt is the finding of a check that needs the zones where these can't be listed. What is wrong with them is told by the
// check of the permissions.
func notLookedAt(account string, err error) Finding {
	return warn("see what the checks identity and permissions say", "account %s: not looked at, for its zones aren't known: %v", account, err)
}

// names lists the names of a zone, sorted.
func (c content) names() []dnsname.Name {
	out := make([]dnsname.Name, 0, len(c.Sets))
	for n := range c.Sets {
		out = append(out, n)
	}
	slices.SortFunc(out, dnsname.Name.Compare)
	return out
}

// look returns what stands at a name.
func (c content) look(n dnsname.Name) []record.Set { return c.Sets[n] }

// each calls f for every zone of every account that has been read in time, and collects what it finds.
func (e *exam) each(ctx context.Context, f func(content) []Finding) []Finding {
	wait, cancel := most(ctx)
	defer cancel()
	if e.patient.NoAccounts != nil {
		return e.unopened()
	}
	var out []Finding
	for _, s := range e.surveys {
		list, err := s.contents(wait)
		if err != nil {
			out = append(out, notLookedAt(s.account.Name, err))
		}
		for _, c := range list {
			if c.Err != nil {
				out = append(out, warn("see what the check permissions says", "zone %s (%s): not looked at: %v", c.Zone.Name, c.Zone.ID, c.Err))
				continue
			}
			out = append(out, f(c)...)
		}
	}
	return out
}
