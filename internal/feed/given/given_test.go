// SPDX-License-Identifier: Apache-2.0

package given_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/feed/given"
	"nafuda.io/nafuda/internal/model/endpoint"
)

type thing struct{ name string }

func (t thing) Ref() endpoint.Ref { return endpoint.Ref{Kind: "thing", Name: t.name} }

func event(names ...string) feed.Event {
	e := feed.Event{Kind: "thing", Replace: true, State: feed.Synced}
	for _, n := range names {
		e.Deltas = append(e.Deltas, feed.Delta{Ref: thing{n}.Ref(), Object: thing{n}})
	}
	return e
}

func TestFeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		f := given.New("thing", []given.Object{thing{"a"}, thing{"b"}})
		want, out, ended := make(chan string), make(chan feed.Event), make(chan error, 1)
		go func() { ended <- f.Run(ctx, want, out) }()
		next := func(why string, wanted feed.Event) {
			t.Helper()
			if diff := cmp.Diff(wanted, <-out, cmp.AllowUnexported(thing{}), cmpopts.IgnoreFields(feed.Event{}, "Err")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", why, diff)
			}
		}
		f.Replace([]given.Object{thing{"a"}, thing{"c"}})
		synctest.Wait()
		select {
		case e := <-out:
			t.Errorf("a kind that nobody wants was sent: %v", e)
		default:
		}
		want <- "thing"
		next("what was replaced before it was wanted", event("a", "c"))
		want <- "other"
		next("a kind that isn't given is told to be absent", feed.Event{Kind: "other", State: feed.Absent})
		f.Replace(nil)
		next("nothing is given any more: all is gone, and that is proven", event())
		f.Replace([]given.Object{thing{"d"}})
		f.Replace([]given.Object{thing{"e"}})
		next("of two that come at once the last counts", event("e"))
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Run ends with %v", err)
		}
	})
}
