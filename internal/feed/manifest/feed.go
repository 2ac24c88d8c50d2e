// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// Kind is the kind of the events that carry refusals of files. It has no objects and no state.
const Kind = "manifest"

// Feed reads objects from files. It is run once.
type Feed struct {
	files   *files
	kinds   []string
	ignored atomic.Int64

	wanted   map[string]bool
	refusals []endpoint.Refusal
	failed   error
}

var _ feed.Feed = (*Feed)(nil)

// New prepares a feed of kinds. A path that doesn't exist is a mistake; one that vanishes later makes all kinds failing, and
// what it gave stays. Without namespaces objects of all namespaces are given; those of no namespace are given either way.
func New(opts Options, kinds []source.Kind, keep source.Keep, namespaces ...string) (*Feed, error) {
	if len(opts.Manifests) == 0 {
		return nil, errors.New("--manifests: name at least one file or folder")
	}
	if err := opts.Check(); err != nil {
		return nil, err
	}
	f := &Feed{files: newFiles(opts.Manifests, newDecoder(opts, kinds, keep, namespaces)), wanted: make(map[string]bool)}
	for _, k := range kinds {
		f.kinds = append(f.kinds, k.Name)
	}
	return f, nil
}

// Ignored is the number of objects in the files whose kinds nobody reads. Safe for concurrent use.
func (f *Feed) Ignored() int { return int(f.ignored.Load()) }

// Run implements feed.Feed. A kind is sent as soon as it is wanted; changes of files follow within 100 ms where the system tells
// of them and within a few seconds elsewhere.
func (f *Feed) Run(ctx context.Context, want <-chan string, out chan<- feed.Event) error {
	w := newWatcher(f.files.roots)
	defer w.close()
	events, lost := w.channels()
	settled := time.NewTimer(time.Hour)
	settled.Stop()
	polls := time.NewTicker(poll)
	defer polls.Stop()
	f.look(ctx, w, nil, out)
	for {
		var wait time.Duration
		select {
		case <-ctx.Done():
			return ctx.Err()
		case kind, ok := <-want:
			if !ok {
				want = nil
				continue
			}
			f.start(ctx, kind, out)
		case e := <-events:
			wait = w.event(e, time.Now())
		case <-lost: //nolint:errcheck // whatever was lost: everything is read again
			wait = w.lost(time.Now())
		case <-settled.C:
			f.look(ctx, w, w.named(), out)
		case <-polls.C:
			f.look(ctx, w, nil, out)
		}
		if wait > 0 {
			settled.Reset(wait)
		}
	}
}

// start sends all that there is of a kind.
func (f *Feed) start(ctx context.Context, kind string, out chan<- feed.Event) {
	switch {
	case f.wanted[kind]:
		return
	case !slices.Contains(f.kinds, kind):
		send(ctx, out, feed.Event{Kind: kind, State: feed.Absent, Err: fmt.Errorf("read %q: no such kind is known", kind)})
		return
	}
	f.wanted[kind] = true
	state, err := f.state()
	send(ctx, out, feed.Event{Kind: kind, Replace: true, Deltas: f.files.index.all(kind), State: state, Err: err})
}

// look looks at the named files, or at all where the names are none or not enough, and sends what changed.
func (f *Feed) look(ctx context.Context, w *watcher, named []string, out chan<- feed.Event) {
	touched := w.take()
	if len(named) == 0 || !f.files.narrow(named) {
		w.parents()
		f.files.scan(touched, w.folder)
	}
	index := f.files.index
	f.ignored.Store(int64(index.ignored))
	deltas, stale := index.take()
	failed := errors.Join(f.files.failed...)
	changed := text(failed) != text(f.failed)
	f.failed = failed
	for _, kind := range slices.Sorted(maps.Keys(f.wanted)) {
		e := feed.Event{Kind: kind, Deltas: deltas[kind]}
		if changed {
			e.State, e.Err = f.state()
		}
		if changed || len(e.Deltas) > 0 {
			send(ctx, out, e)
		}
	}
	if !stale {
		return
	}
	if refusals := index.refusals(); !slices.Equal(refusals, f.refusals) {
		f.refusals = refusals
		send(ctx, out, feed.Event{Kind: Kind, Refusals: slices.Clone(refusals)})
	}
}

func (f *Feed) state() (feed.State, error) {
	if f.failed != nil {
		return feed.Failing, f.failed
	}
	return feed.Synced, nil
}

// same is the comparison that source.Kind.Slim promises to suit.
func same(a, b any) bool { return reflect.DeepEqual(a, b) }

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func send(ctx context.Context, out chan<- feed.Event, e feed.Event) {
	select {
	case out <- e:
	case <-ctx.Done():
	}
}
