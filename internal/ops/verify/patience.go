// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"context"
	"strings"
	"sync"

	"nafuda.io/nafuda/internal/ops/probe"
)

// mostSilent is after how many questions in a row without an answer somebody isn't asked any more: each takes seconds.
const mostSilent = 3

// impatient is an Asker that gives up on who stays silent. Its methods may be called from several goroutines.
type impatient struct {
	Asker
	mu     sync.Mutex     // guards what follows
	silent map[string]int // questions in a row without an answer, by addresses
}

// Look asks, unless nobody has answered at the addresses for long.
func (i *impatient) Look(ctx context.Context, addresses []string, a probe.Ask) probe.Seen {
	key := strings.Join(addresses, " ")
	i.mu.Lock()
	given := i.silent[key] >= mostSilent
	i.mu.Unlock()
	if given {
		return probe.Seen{}
	}
	s := i.Asker.Look(ctx, addresses, a)
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.silent[key]++; s.Answered() {
		i.silent[key] = 0
	}
	return s
}
