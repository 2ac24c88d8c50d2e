// SPDX-License-Identifier: Apache-2.0

// Package given is a feed of objects that somebody hands over, such as those that are written down in the configuration.
package given

import (
	"context"
	"fmt"
	"sync"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
)

// Object is an object in its slim form, which nobody changes any more.
type Object interface{ Ref() endpoint.Ref }

// Feed gives the objects of one kind. It is run once; Replace may be called at any time.
type Feed struct {
	kind    string
	mu      sync.Mutex
	objects []Object
	changed chan struct{} // holds one signal: the objects aren't those that were sent
}

var _ feed.Feed = (*Feed)(nil)

// New returns a feed of the objects of a kind. All of them are of that kind, and no two have one name.
func New(kind string, objects []Object) *Feed {
	return &Feed{kind: kind, objects: objects, changed: make(chan struct{}, 1)}
}

// Replace gives these objects from now on, in place of all others.
func (f *Feed) Replace(objects []Object) {
	f.mu.Lock()
	f.objects = objects
	f.mu.Unlock()
	select {
	case f.changed <- struct{}{}:
	default: // a signal is there already
	}
}

// Run implements feed.Feed.
func (f *Feed) Run(ctx context.Context, want <-chan string, out chan<- feed.Event) error {
	wanted := false
	for {
		var e feed.Event
		select {
		case kind := <-want:
			if kind != f.kind {
				e = feed.Event{Kind: kind, State: feed.Absent, Err: fmt.Errorf("read objects of the kind %s: only those of the kind %s are given", kind, f.kind)}
				break
			}
			wanted, e = true, f.everything()
		case <-f.changed:
			if !wanted {
				continue // they are sent once they are wanted
			}
			e = f.everything()
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case out <- e:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (f *Feed) everything() feed.Event {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := feed.Event{Kind: f.kind, Replace: true, State: feed.Synced}
	for _, o := range f.objects {
		e.Deltas = append(e.Deltas, feed.Delta{Ref: o.Ref(), Object: o})
	}
	return e
}
