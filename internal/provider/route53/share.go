// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"context"
	"slices"
	"sync"
	"time"

	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// patience is how long an account waits, once, for those before it.
const patience = 5 * time.Second

// share is one account's part of the hosted zones that several accounts may see.
type share struct {
	account string
	all     *shared
	before  []chan struct{} // closed once the accounts before have listed their zones, or couldn't
	listed  chan struct{}
	once    *sync.Once
}

// shared says which account uses which hosted zone.
type shared struct {
	mu       sync.Mutex
	reserved map[string]string // zone id → account, by option
	taken    map[string]string // zone id → account that has listed it first
}

func newShares(accounts []awsconf.Account) []share {
	all := &shared{reserved: make(map[string]string), taken: make(map[string]string)}
	var out []share
	var before []chan struct{}
	for _, a := range accounts {
		for _, id := range a.Zones {
			all.reserved[id] = a.Name
		}
		s := share{account: a.Name, all: all, before: slices.Clone(before), listed: make(chan struct{}), once: &sync.Once{}}
		before = append(before, s.listed)
		out = append(out, s)
	}
	return out
}

// wait returns once the accounts before have listed their zones for the first time, or have taken too long.
func (s share) wait(ctx context.Context) {
	if len(s.before) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for _, b := range s.before {
		select {
		case <-b:
		case <-ctx.Done():
			return
		}
	}
}

// done tells the accounts behind that this one has listed its zones, or couldn't.
func (s share) done() { s.once.Do(func() { close(s.listed) }) }

// take takes what no other account has of the zones that this one sees, gives back what it doesn't see any longer, and returns
// what is its own.
func (s share) take(seen []zone.Zone) []zone.Zone {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	there := make(map[string]bool, len(seen))
	var mine []zone.Zone
	for _, z := range seen {
		there[z.ID] = true
		if by := s.all.holder(z.ID); by == "" || by == s.account {
			s.all.taken[z.ID] = s.account
			mine = append(mine, z)
		}
	}
	for id, by := range s.all.taken {
		if by == s.account && !there[id] {
			delete(s.all.taken, id)
		}
	}
	return mine
}

// holder tells which account uses a zone; empty: none yet.
func (s share) holder(id string) string {
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	return s.all.holder(id)
}

// holder is asked with mu held.
func (s *shared) holder(id string) string {
	if by, ok := s.reserved[id]; ok {
		return by
	}
	return s.taken[id]
}
