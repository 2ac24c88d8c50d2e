// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"errors"
	"sync"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

// stream is a watch whose objects are slimmed as they arrive. (watch.Filter would leave its goroutine behind when it is stopped
// with an event in hand.)
type stream struct {
	in   watch.Interface
	out  chan watch.Event
	done chan struct{}
	stop func()
}

// errNoWatch says that a watch has ended before it began.
var errNoWatch = errors.New("the connection to the Kubernetes API server broke before the watch began")

// peek takes the event that is there already, if any. client-go gives a watch that has ended, and no error, where the connection was reset or timed out:
// taken for a watch, it would hide that the server can't be reached.
func peek(w watch.Interface) (*watch.Event, error) {
	select {
	case event, more := <-w.ResultChan():
		if !more {
			w.Stop()
			return nil, errNoWatch
		}
		return &event, nil
	default:
		return nil, nil
	}
}

// newStream starts a stream of first, where there is one, and what follows it.
func newStream(in watch.Interface, first *watch.Event, slimmed func(runtime.Object) (*slim, error)) *stream {
	s := &stream{in: in, out: make(chan watch.Event), done: make(chan struct{})}
	s.stop = sync.OnceFunc(func() {
		close(s.done)
		in.Stop()
	})
	go s.run(first, slimmed)
	return s
}

// Stop ends the stream. It may be called more than once.
func (s *stream) Stop() { s.stop() }

// ResultChan gives the events; it is closed when the server ends the stream.
func (s *stream) ResultChan() <-chan watch.Event { return s.out }

func (s *stream) run(first *watch.Event, slimmed func(runtime.Object) (*slim, error)) {
	defer close(s.out)
	if first != nil && !s.pass(*first, slimmed) {
		return
	}
	for event := range s.in.ResultChan() {
		if !s.pass(event, slimmed) {
			return
		}
	}
}

// pass hands on an event, slimmed; false: nobody wants it any more.
func (s *stream) pass(event watch.Event, slimmed func(runtime.Object) (*slim, error)) bool {
	// Bookmarks and errors carry no object of ours.
	if event.Type != watch.Bookmark && event.Type != watch.Error {
		obj, err := slimmed(event.Object)
		if err != nil {
			return true
		}
		event.Object = obj
	}
	select {
	case s.out <- event:
		return true
	case <-s.done:
		return false
	}
}
