// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/source"
)

// Feed watches an API server. It is run once.
type Feed struct {
	client     *client
	kinds      map[string]source.Kind
	keep       source.Keep
	namespaces []string
	log        *slog.Logger
	retry      time.Duration // of what is denied
}

var _ feed.Feed = (*Feed)(nil)

// New prepares a feed of kinds and asks nothing of the server yet. Without namespaces all are watched; kinds of the cluster
// are watched either way. An error says what is wrong with the options or the kubeconfig.
func New(opts Options, kinds []source.Kind, keep source.Keep, namespaces ...string) (*Feed, error) {
	if err := opts.Check(); err != nil {
		return nil, err
	}
	cfg, err := opts.config()
	if err != nil {
		return nil, err
	}
	return fromConfig(cfg, opts, kinds, keep, namespaces)
}

func fromConfig(cfg *rest.Config, opts Options, kinds []source.Kind, keep source.Keep, namespaces []string) (*Feed, error) {
	c, err := newClient(cfg, opts, kinds)
	if err != nil {
		return nil, err
	}
	namespaces = slices.DeleteFunc(slices.Sorted(slices.Values(namespaces)), func(ns string) bool { return ns == "" })
	f := &Feed{
		client: c, keep: keep, log: opts.log(), retry: deniedRetry,
		kinds: make(map[string]source.Kind, len(kinds)), namespaces: slices.Compact(namespaces),
	}
	for _, k := range kinds {
		f.kinds[k.Name] = k
	}
	return f, nil
}

// URL is the address of the API server, without credentials.
func (f *Feed) URL() string {
	u, err := url.Parse(f.client.base.Host)
	if err != nil {
		return "unknown"
	}
	u.User = nil
	return u.String()
}

// Run implements feed.Feed. A kind that the feed wasn't made with is told as absent.
func (f *Feed) Run(ctx context.Context, want <-chan string, out chan<- feed.Event) error {
	ctx = logged(ctx, f.log)
	var running sync.WaitGroup
	defer running.Wait()
	started := make(map[string]bool)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case name, ok := <-want:
			if !ok {
				want = nil
				continue
			}
			if started[name] {
				continue
			}
			started[name] = true
			if err := f.start(ctx, name, out, &running); err != nil {
				return err
			}
		}
	}
}

func (f *Feed) start(ctx context.Context, name string, out chan<- feed.Event, running *sync.WaitGroup) error {
	kind, ok := f.kinds[name]
	if !ok {
		send(ctx, out, feed.Event{Kind: name, State: feed.Absent, Err: fmt.Errorf("watch %q: no such kind is known", name)})
		return nil
	}
	var versions []served
	for _, k := range kind.Versions() {
		rc, err := f.client.rest(k)
		if err != nil {
			return err
		}
		versions = append(versions, served{rc, slimmer{kind: k, keep: f.keep}})
	}
	namespaces := kind.Watched(f.namespaces)
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	t := newTeller(kind.Name, len(namespaces), out)
	for i, ns := range namespaces {
		s := &shard{teller: t, index: i, namespace: ns, client: f.client, versions: versions, retry: f.retry}
		running.Go(func() { s.run(ctx) })
	}
	return nil
}

// send delivers e unless the context has ended.
func send(ctx context.Context, out chan<- feed.Event, e feed.Event) {
	if ctx.Err() != nil {
		return
	}
	select {
	case out <- e:
	case <-ctx.Done():
	}
}
