// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
)

// deniedRetry is the least time between two tries of a kind that we may not read, or that doesn't exist.
const deniedRetry = 30 * time.Second

// shard keeps one kind in one namespace, or in all, up to date. It is the reflector's store and its lister and watcher; the
// reflector calls it from one goroutine at a time.
//
// What was told stays told while a broken watch is established again at once. The kind is failing from the first request that
// didn't succeed on, be it a list or a watch, and synced again once there are both a list and a watch. What happened in between
// arrives after that; the grace time of deletes covers the moment.
type shard struct {
	teller    *teller
	index     int
	namespace string
	client    *client
	versions  []served      // the newest first
	at        int           // the one that is read
	retry     time.Duration // of what is denied

	ctx      context.Context // run's, for the store's methods, which have none of their own
	listed   bool
	watching bool
	denied   error // why this round can't go on
	refusals []endpoint.Refusal
}

// served is a version that the server may have of a kind.
type served struct {
	*rest.RESTClient
	slimmer slimmer
}

func (s *shard) served() served { return s.versions[s.at] }

func (s *shard) resource() string { return s.served().slimmer.kind.Resource }

// next goes on to another version where the one that was read isn't served; false: none is. Which ones are is asked by reading
// rather than by discovery: a role may forbid that, and it would have to be asked again after each upgrade.
func (s *shard) next(err error, tried int) bool {
	if !apierrors.IsNotFound(err) {
		return false
	}
	if tried+1 >= len(s.versions) {
		s.at = 0
		return false
	}
	s.at = (s.at + 1) % len(s.versions)
	return true
}

// run lists and watches until the context ends.
func (s *shard) run(ctx context.Context) {
	s.ctx = ctx
	reflector := cache.NewReflectorWithOptions(&cache.ListWatch{ListWithContextFunc: s.list, WatchFuncWithContext: s.watch}, nil, s,
		cache.ReflectorOptions{Name: s.served().slimmer.kind.Name, TypeDescription: s.resource(), Backoff: backoff()})
	delay := backoff().DelayWithReset(clock.RealClock{}, 2*time.Minute)
	for tried := 0; ctx.Err() == nil; {
		s.denied = nil
		err := reflector.ListAndWatchWithContext(ctx)
		if s.next(err, tried) {
			tried++
			continue
		}
		tried = 0
		pause := delay()
		if err != nil && ctx.Err() == nil {
			state := s.failed(err)
			if state != feed.Failing {
				pause = s.retry + rand.N(s.retry/4)
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
		}
	}
}

// backoff is client-go's own for reflectors: from 0.8 s to 30 s, doubling, with jitter.
func backoff() *wait.Backoff {
	return &wait.Backoff{Duration: 800 * time.Millisecond, Cap: 30 * time.Second, Steps: 38, Factor: 2, Jitter: 1}
}

// failed tells what a failure means.
func (s *shard) failed(err error) feed.State {
	state, fix := feed.Failing, ""
	switch {
	case apierrors.IsForbidden(err):
		state, fix = feed.Forbidden, "; grant list and watch on it to the service account"
	case apierrors.IsNotFound(err):
		state, fix = feed.Absent, "; install it, or don't use a source that needs it"
	}
	where := "in all namespaces"
	if s.namespace != "" {
		where = "in namespace " + s.namespace
	}
	s.teller.state(s.ctx, s.index, state, fmt.Errorf("watch %s %s: %w%s", s.resource(), where, err, fix))
	return state
}

// list gives a page, slimmed.
func (s *shard) list(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
	if s.denied != nil {
		return nil, s.denied
	}
	s.watching = false
	page, err := s.client.list(ctx, s.served().RESTClient, s.served().slimmer.kind, s.namespace, o)
	if err != nil {
		return nil, err
	}
	out, refusals, err := s.served().slimmer.page(page)
	if err != nil {
		return nil, err
	}
	if o.Continue == "" {
		s.refusals = nil
	}
	s.refusals = append(s.refusals, refusals...)
	return out, nil
}

// watch opens a stream, slimmed. One with initial events is a list as well.
func (s *shard) watch(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
	streamed := o.SendInitialEvents != nil && *o.SendInitialEvents
	if streamed {
		s.listed, s.refusals = false, nil
	}
	w, err := s.client.watch(ctx, s.served().RESTClient, s.served().slimmer.kind, s.namespace, o)
	var first *watch.Event
	if err == nil {
		first, err = peek(w)
	}
	switch {
	case errors.Is(err, errNoWatch):
		s.failed(err)
	case err == nil:
		s.watching = true
		if s.listed {
			s.synced()
		}
		slimmer := s.served().slimmer
		return newStream(w, first, func(obj runtime.Object) (*slim, error) { return slimmer.object(obj) }), nil
	case apierrors.IsForbidden(err), apierrors.IsNotFound(err):
		// A list that can't be watched would be out of date at once, without anyone noticing.
		s.denied = err
	case utilnet.IsConnectionRefused(err), apierrors.IsTooManyRequests(err):
		// The reflector tries these again by itself; every other error ends the round.
		s.failed(err)
	}
	return nil, err
}

func (s *shard) synced() {
	state, err := s.complete()
	s.teller.state(s.ctx, s.index, state, err)
}

// complete is the state of a kind that is listed and watched.
func (s *shard) complete() (feed.State, error) {
	if n := len(s.refusals); n > 0 {
		return feed.Failing, fmt.Errorf("list %s: %d of the objects can't be read; correct or delete them", s.resource(), n)
	}
	return feed.Synced, nil
}

// Replace implements cache.ReflectorStore: a whole list.
func (s *shard) Replace(items []any, _ string) error {
	s.listed = true
	deltas := make([]feed.Delta, 0, len(items))
	for _, item := range items {
		obj, err := slimmed(item)
		if err != nil {
			return err
		}
		if obj.refused != nil { // of a list that came as a watch
			s.refusals = append(s.refusals, *obj.refused)
			continue
		}
		deltas = append(deltas, obj.Delta)
	}
	state, err := feed.Same, error(nil)
	if s.watching {
		state, err = s.complete()
	}
	s.teller.replace(s.ctx, s.index, deltas, s.refusals, state, err)
	return nil
}

// Add implements cache.ReflectorStore: an object that is new.
func (s *shard) Add(item any) error { return s.Update(item) }

// Update implements cache.ReflectorStore: an object that has changed.
func (s *shard) Update(item any) error {
	obj, err := slimmed(item)
	if err != nil {
		return err
	}
	s.refuse(obj.Ref, obj.refused)
	if obj.refused == nil {
		s.teller.delta(s.ctx, s.index, obj.Delta)
	}
	return nil
}

// Delete implements cache.ReflectorStore: an object that is gone.
func (s *shard) Delete(item any) error {
	obj, err := slimmed(item)
	if err == nil {
		s.refuse(obj.Ref, nil)
		s.teller.delta(s.ctx, s.index, feed.Delta{Ref: obj.Ref})
	}
	return err
}

// refuse remembers that an object which the watch brought can't be read, or, with nil, that it is gone or can be read now.
func (s *shard) refuse(ref endpoint.Ref, refused *endpoint.Refusal) {
	i := slices.IndexFunc(s.refusals, func(r endpoint.Refusal) bool { return r.Ref == ref })
	if i < 0 && refused == nil {
		return
	}
	list := slices.DeleteFunc(slices.Clone(s.refusals), func(r endpoint.Refusal) bool { return r.Ref == ref }) // what was told isn't changed
	if refused != nil {
		list = append(list, *refused)
	}
	s.refusals = list
	state, err := feed.Same, error(nil)
	if s.watching && s.listed {
		state, err = s.complete()
	}
	s.teller.refuse(s.ctx, s.index, list, state, err)
}

// Resync implements cache.ReflectorStore; it isn't used.
func (s *shard) Resync() error { return nil }

func slimmed(item any) (*slim, error) {
	obj, ok := item.(*slim)
	if !ok {
		return nil, errors.New("read an object: it isn't a slim one")
	}
	return obj, nil
}
