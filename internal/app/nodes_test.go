// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// told is a feed that a test speaks for.
type told struct {
	wanted chan string
	events chan feed.Event
}

func (f told) Run(ctx context.Context, want <-chan string, out chan<- feed.Event) error {
	for {
		select {
		case k := <-want:
			f.wanted <- k
		case e := <-f.events:
			out <- e
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// TestNodesAreHeard: whether or not a source reads them, and everything passes as it came.
func TestNodesAreHeard(t *testing.T) {
	f := told{make(chan string, 10), make(chan feed.Event)}
	n := new(nodes)
	ctx, cancel := context.WithCancel(t.Context())
	want, out, done := make(chan string), make(chan feed.Event), make(chan error)
	go func() { done <- n.tap(f).Run(ctx, want, out) }()
	if got := <-f.wanted; got != kinds.KindNode {
		t.Errorf("%s is wanted first", got)
	}
	for _, k := range []string{"ingress", kinds.KindNode, "service"} {
		want <- k
	}
	if a, b := <-f.wanted, <-f.wanted; a != "ingress" || b != "service" {
		t.Errorf("then %s and %s are wanted", a, b)
	}
	node := func(name string, external ...string) feed.Delta {
		return feed.Delta{Ref: endpoint.Ref{Kind: kinds.KindNode, Name: name}, Object: &kinds.Node{External: external, Internal: []string{"192.0.2.99"}}}
	}
	gone := feed.Delta{Ref: endpoint.Ref{Kind: kinds.KindNode, Name: "a"}}
	for i, c := range []struct {
		e    feed.Event
		want string
	}{
		{feed.Event{Kind: kinds.KindNode, Deltas: []feed.Delta{node("a", "192.0.2.1")}}, "[] false"},
		{feed.Event{Kind: kinds.KindNode, Replace: true, State: feed.Synced, Deltas: []feed.Delta{node("a", "192.0.2.1", "2001:db8::1"), node("b", "192.0.2.1", "no address"), node("c")}}, "[192.0.2.1 2001:db8::1] true"},
		{feed.Event{Kind: "ingress", Replace: true, State: feed.Failing}, "[192.0.2.1 2001:db8::1] true"},
		{feed.Event{Kind: kinds.KindNode, Deltas: []feed.Delta{gone, node("b", "192.0.2.2")}}, "[192.0.2.2] true"},
		{feed.Event{Kind: kinds.KindNode, State: feed.Forbidden}, "[] false"},
		{feed.Event{Kind: kinds.KindNode, State: feed.Synced, Replace: true}, "[] true"},
	} {
		f.events <- c.e
		if e := <-out; e.Kind != c.e.Kind || e.State != c.e.State || len(e.Deltas) != len(c.e.Deltas) {
			t.Errorf("%d: passed is %+v", i, e)
		}
		got, err := n.addresses()
		if text := fmt.Sprint(got, err == nil); text != c.want {
			t.Errorf("%d: the addresses are %s (%v), want %s", i, text, err, c.want)
		}
	}
	cancel()
	if err := <-done; err == nil {
		t.Error("it ended without the context's error")
	}
}

// TestNodesAreAmongTheKinds once, and only where they are asked.
func TestNodesAreAmongTheKinds(t *testing.T) {
	all := map[string]source.Kind{kinds.KindNode: {Name: kinds.KindNode}, "ingress": {Name: "ingress"}}
	for _, before := range [][]source.Kind{{all["ingress"]}, {all["ingress"], all[kinds.KindNode]}} {
		after := new(nodes).watched(slices.Clone(before), all)
		if len(after) != 2 || after[1].Name != kinds.KindNode {
			t.Errorf("of %d kinds it makes %v", len(before), after)
		}
	}
	var none *nodes
	if f := (told{}); len(none.watched(nil, all)) != 0 || none.tap(f) != feed.Feed(f) {
		t.Error("nobody asks for Nodes, and they are watched")
	}
}
