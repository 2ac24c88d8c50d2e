// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"cmp"
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
	sent     map[endpoint.Ref]any // of all kinds, wanted or not
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
	f.look(ctx, w, out)
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
			f.look(ctx, w, out)
		case <-polls.C:
			f.look(ctx, w, out)
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
	deltas := diff(nil, only(f.sent, kind), same)
	send(ctx, out, feed.Event{Kind: kind, Replace: true, Deltas: deltas, State: state, Err: err})
}

// look scans the files and sends what changed.
func (f *Feed) look(ctx context.Context, w *watcher, out chan<- feed.Event) {
	w.parents()
	if !f.files.scan(w.take(), w.folder) {
		return
	}
	objects, refusals, ignored, failed := f.files.all()
	f.ignored.Store(int64(ignored))
	deltas := make(map[string][]feed.Delta)
	for _, d := range diff(f.sent, objects, same) {
		deltas[d.Ref.Kind] = append(deltas[d.Ref.Kind], d)
	}
	changed := text(failed) != text(f.failed)
	f.sent, f.failed = objects, failed
	for _, kind := range sorted(f.wanted) {
		e := feed.Event{Kind: kind, Deltas: deltas[kind]}
		if changed {
			e.State, e.Err = f.state()
		}
		if changed || len(e.Deltas) > 0 {
			send(ctx, out, e)
		}
	}
	if !slices.Equal(refusals, f.refusals) {
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

func only(objects map[endpoint.Ref]any, kind string) map[endpoint.Ref]any {
	out := maps.Clone(objects)
	maps.DeleteFunc(out, func(ref endpoint.Ref, _ any) bool { return ref.Kind != kind })
	return out
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

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
