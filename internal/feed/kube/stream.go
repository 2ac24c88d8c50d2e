// SPDX-License-Identifier: Apache-2.0

package kube

import (
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

func newStream(in watch.Interface, slimmed func(runtime.Object) (*slim, error)) *stream {
	s := &stream{in: in, out: make(chan watch.Event), done: make(chan struct{})}
	s.stop = sync.OnceFunc(func() {
		close(s.done)
		in.Stop()
	})
	go s.run(slimmed)
	return s
}

// Stop ends the stream. It may be called more than once.
func (s *stream) Stop() { s.stop() }

// ResultChan gives the events; it is closed when the server ends the stream.
func (s *stream) ResultChan() <-chan watch.Event { return s.out }

func (s *stream) run(slimmed func(runtime.Object) (*slim, error)) {
	defer close(s.out)
	for event := range s.in.ResultChan() {
		// Bookmarks and errors carry no object of ours.
		if event.Type != watch.Bookmark && event.Type != watch.Error {
			obj, err := slimmed(event.Object)
			if err != nil {
				continue
			}
			event.Object = obj
		}
		select {
		case s.out <- event:
		case <-s.done:
			return
		}
	}
}
