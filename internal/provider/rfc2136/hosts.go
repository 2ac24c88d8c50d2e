// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"nafuda.io/nafuda/internal/provider"
)

// host is one name server.
type host struct{ name, at string }

// hosts choose which server is asked first. Their methods may be called at the same time.
type hosts struct {
	list     []host
	strategy string

	mu   sync.Mutex
	turn int // the host to begin with; of random the last one that was begun with
}

// order lists all hosts in the order in which a call tries them.
func (h *hosts) order() []host {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := len(h.list)
	first := h.turn
	switch h.strategy {
	case roundRobin:
		h.turn = (h.turn + 1) % n
	case random:
		if n > 1 {
			first = (h.turn + 1 + rand.IntN(n-1)) % n //nolint:gosec // no secret depends on it
		}
		h.turn = first
	}
	return slices.Concat(h.list[first:], h.list[:first])
}

// failed makes calls begin with another host, where they begin with this one.
func (h *hosts) failed(at host) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.strategy != roundRobin && h.strategy != random && h.list[h.turn] == at {
		h.turn = (h.turn + 1) % len(h.list)
	}
}

// ask does something with one host after the other until it is done. Another host is asked where one can't be reached, fails or
// refuses; not where it is for the caller to look again, or an update may have been made.
func (p *Provider) ask(ctx context.Context, doing string, do func(context.Context, *conn) error) error {
	var errs *provider.Error
	for _, h := range p.hosts.order() {
		err := p.askOne(ctx, h, do)
		if err == nil {
			return nil
		}
		e, _ := errors.AsType[*provider.Error](failed(err, "host "+h.at))
		if e.Class != provider.Stale && e.Class != provider.Rejected {
			p.hosts.failed(h)
		}
		switch {
		case e.Class != provider.Unavailable && e.Class != provider.Denied:
			return failed(e, doing)
		case errs == nil:
			errs = e
		case errs.Class == provider.Denied: // a host that comes back may take it
			errs = &provider.Error{Class: e.Class, Err: fmt.Errorf("%w; %w", errs.Err, e.Err)}
		default:
			errs.Err = fmt.Errorf("%w; %w", errs.Err, e.Err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return failed(errs, doing)
}

func (p *Provider) askOne(ctx context.Context, h host, do func(context.Context, *conn) error) error {
	c, err := p.dial(ctx, h)
	if err != nil {
		return err
	}
	defer c.Close()
	return do(ctx, c)
}
