// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// nodes is a feed that listens in on the Nodes that pass, for --wan-method=node. It has them watched whether or not a source reads them; so
// they are watched once for all.
type nodes struct {
	feed.Feed

	mu    sync.Mutex // guards what follows
	state feed.State
	known map[endpoint.Ref][]string // ExternalIP addresses
}

// watched adds Nodes to the kinds that a loop knows.
func (n *nodes) watched(list []source.Kind, all map[string]source.Kind) []source.Kind {
	if n == nil || slices.ContainsFunc(list, func(k source.Kind) bool { return k.Name == kinds.KindNode }) {
		return list
	}
	return append(list, all[kinds.KindNode])
}

// tap returns a feed through which n hears of Nodes; a nil n hears of none.
func (n *nodes) tap(f feed.Feed) feed.Feed {
	if n == nil {
		return f
	}
	n.Feed = f
	return n
}

// addresses returns the ExternalIP addresses of all Nodes.
func (n *nodes) addresses() ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.state != feed.Synced {
		return nil, errors.New("the Nodes aren't read yet, or can't be: the account needs get, list and watch of nodes")
	}
	var out []netip.Addr
	for _, list := range n.known {
		for _, text := range list {
			if a, err := netip.ParseAddr(text); err == nil {
				out = append(out, a)
			}
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return slices.Compact(out), nil
}

// Run implements feed.Feed.
func (n *nodes) Run(ctx context.Context, want <-chan string, out chan<- feed.Event) error {
	group, ctx := errgroup.WithContext(ctx)
	wants, events := make(chan string), make(chan feed.Event)
	group.Go(func() error {
		if err := n.Feed.Run(ctx, wants, events); err != nil {
			return fmt.Errorf("watch objects: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		next, ok := kinds.KindNode, true
		for {
			send := wants
			if !ok {
				send = nil
			}
			select {
			case send <- next:
				ok = false
			case next = <-unless(ok, want):
				ok = next != kinds.KindNode
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	group.Go(func() error {
		for {
			select {
			case e := <-events:
				n.hear(e)
				select {
				case out <- e:
				case <-ctx.Done():
					return ctx.Err()
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	return group.Wait()
}

// unless is the channel, or one from which nothing comes.
func unless(not bool, from <-chan string) <-chan string {
	if not {
		return nil
	}
	return from
}

func (n *nodes) hear(e feed.Event) {
	if e.Kind != kinds.KindNode {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if e.State != feed.Same {
		n.state = e.State
	}
	if e.Replace || n.known == nil {
		n.known = make(map[endpoint.Ref][]string)
	}
	for _, d := range e.Deltas {
		delete(n.known, d.Ref)
		if node, ok := d.Object.(*kinds.Node); ok && len(node.External) > 0 {
			n.known[d.Ref] = node.External
		}
	}
}
