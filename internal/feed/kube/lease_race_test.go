// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"nafuda.io/nafuda/internal/model/zone"
)

// hostile is a store of one Lease that is slow, loses questions and answers, and is now and then not there at all: what a real
// server can't be made to do a thousand times in a second.
type hostile struct {
	mu      sync.Mutex // guards what follows
	rand    *rand.Rand
	lease   *coordinationv1.Lease
	version int
	kind    bool // nothing is slow or lost
}

// holder is who has the lease; a request that was given up may still be under way.
func (h *hostile) holder() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return holder(h.lease)
}

// path is one replica's way to the store.
type path struct {
	*hostile
	down time.Time // until then nothing passes; guarded by the store's mutex
}

var errLost = errors.New("no answer came")

// travel takes a while, and reports whether the message arrives. A question may arrive long after nobody waits for it any more.
func (h *path) travel() (took time.Duration, arrives bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.kind {
		return 0, true
	}
	took = time.Duration(h.rand.Int64N(int64(50 * time.Millisecond)))
	switch h.rand.IntN(20) {
	case 0:
		took = time.Duration(h.rand.Int64N(int64(20 * time.Second)))
	case 1, 2, 3:
		took = time.Duration(h.rand.Int64N(int64(leaseTimeout)))
	}
	return took + max(0, time.Until(h.down)), h.rand.IntN(20) > 0
}

// ask makes a request as a network does: what is given up by who asked may still be done.
func (h *path) ask(ctx context.Context, do func() (*coordinationv1.Lease, error)) (*coordinationv1.Lease, error) {
	type answer struct {
		lease *coordinationv1.Lease
		err   error
	}
	out := make(chan answer, 1)
	go func() {
		there, arrives := h.travel()
		time.Sleep(there)
		if !arrives {
			return
		}
		h.mu.Lock()
		lease, err := do()
		h.mu.Unlock()
		back, arrives := h.travel()
		time.Sleep(back)
		if arrives {
			out <- answer{lease, err}
		}
	}()
	select {
	case a := <-out:
		return a.lease, a.err
	case <-ctx.Done():
		return nil, errLost
	}
}

var leaseGroup = schema.GroupResource{Group: coordinationv1.GroupName, Resource: leaseResource}

func (h *path) get(ctx context.Context) (*coordinationv1.Lease, error) {
	return h.ask(ctx, func() (*coordinationv1.Lease, error) {
		if h.lease == nil {
			return nil, apierrors.NewNotFound(leaseGroup, "x")
		}
		return h.lease.DeepCopy(), nil
	})
}

func (h *path) put(ctx context.Context, l *coordinationv1.Lease) (*coordinationv1.Lease, error) {
	l = l.DeepCopy()
	return h.ask(ctx, func() (*coordinationv1.Lease, error) {
		switch {
		case l.ResourceVersion == "" && h.lease != nil:
			return nil, apierrors.NewAlreadyExists(leaseGroup, "x")
		case l.ResourceVersion != "" && (h.lease == nil || h.lease.ResourceVersion != l.ResourceVersion):
			return nil, apierrors.NewConflict(leaseGroup, "x", errors.New("another version"))
		}
		h.version++
		h.lease = l.DeepCopy()
		h.lease.ResourceVersion = strconv.Itoa(h.version)
		return h.lease.DeepCopy(), nil
	})
}

// replica is one that takes part, and is started, stopped and killed.
type replica struct {
	path  *path
	lease *Lease
	stop  context.CancelFunc
	ended chan struct{}
}

func (h *hostile) replica(name string) *replica {
	p := &path{hostile: h}
	l := &Lease{api: p, name: "x", id: name, log: slog.New(slog.DiscardHandler)}
	r := &replica{path: p, lease: l.prepared(), ended: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.lease.Run(ctx); close(r.ended) }()
	return r
}

// TestOneWriterRandomSchedules has replicas come and go over a network that loses and delays, and their permits never overlap: a call
// may last until its permit ends, whoever leads by then.
func TestOneWriterRandomSchedules(t *testing.T) {
	led := make(map[string]int)
	for seed := range uint64(150) {
		synctest.Test(t, func(t *testing.T) { schedule(t, seed, led) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if led["terms"] < 1000 || led["released"] < 100 || led["killed"] < 100 {
		t.Errorf("too little happened: %v", led)
	}
}

func schedule(t *testing.T, seed uint64, led map[string]int) {
	r := rand.New(rand.NewPCG(seed, 1))                 //nolint:gosec // schedules, to be repeated
	h := &hostile{rand: rand.New(rand.NewPCG(seed, 2))} //nolint:gosec // the same
	var replicas []*replica
	w := watcher{t: t, terms: make(map[string]uint64)}
	for i := range 3000 {
		time.Sleep(100 * time.Millisecond)
		w.look(replicas)
		switch n := r.IntN(400); {
		case n < 10 && len(replicas) < 3:
			replicas = append(replicas, h.replica("replica-"+strconv.Itoa(i)))
		case n < 14 && len(replicas) > 0:
			gone := replicas[0]
			replicas = replicas[1:]
			gone.stop()
			<-gone.ended
			if n < 12 {
				led["killed"]++
				break
			}
			led["released"]++
			if w.writer == gone.lease.id {
				w.until = time.Time{} // it has ended all
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			_ = gone.lease.Release(ctx) // it may fail: then the lease runs out
			cancel()
		case n < 18 && len(replicas) > 0:
			p := replicas[r.IntN(len(replicas))].path
			h.mu.Lock()
			p.down = time.Now().Add(time.Duration(r.Int64N(int64(30 * time.Second))))
			h.mu.Unlock()
		}
	}
	for _, p := range replicas {
		p.stop()
		<-p.ended
	}
	time.Sleep(2 * time.Minute) // what is under way arrives
	led["terms"] += w.count
}

// watcher sees who may write.
type watcher struct {
	t      *testing.T
	writer string    // who was last permitted to
	until  time.Time // and until when
	terms  map[string]uint64
	count  int
}

func (w *watcher) look(replicas []*replica) {
	for _, p := range replicas {
		name := p.lease.id
		end, term, ok := p.lease.Permit(zone.Key{})
		if !ok {
			continue
		}
		if name != w.writer && time.Now().Before(w.until) {
			w.t.Errorf("%s may write though %s may for another %s", name, w.writer, time.Until(w.until))
		}
		if w.terms[name] != term {
			w.terms[name] = term
			w.count++
		} else if w.writer != name {
			w.t.Errorf("%s leads again after %s and takes it for the same term", name, w.writer)
		}
		w.writer, w.until = name, end
	}
}

// What we took for our lease and another has taken since isn't given up by us.
func TestOneWriterReleasesNothingOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hostile{kind: true}
		a := h.replica("a")
		synctest.Wait()
		a.stop()
		<-a.ended
		b := h.replica("b")
		time.Sleep(time.Minute)
		if _, _, ok := b.lease.Permit(zone.Key{}); !ok || b.lease.Holder() != "b" {
			t.Fatal("b hasn't taken the lease")
		}
		if err := a.lease.Release(t.Context()); err != nil || h.holder() != "b" {
			t.Errorf("a left the lease to %q: %v", h.holder(), err)
		}
		b.stop()
		<-b.ended
		if err := b.lease.Release(t.Context()); err != nil || h.holder() != "" {
			t.Errorf("b left the lease to %q: %v", h.holder(), err)
		}
		if _, _, ok := b.lease.Permit(zone.Key{}); ok {
			t.Error("b has a permit after its release")
		}
	})
}
