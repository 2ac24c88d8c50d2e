// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"crypto/rand"
	"log/slog"
	"os"
	"sync"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"

	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/source"
)

// Lease elects one of several replicas by a Lease of the API server (coordination.k8s.io/v1), as client-go's leaderelection does,
// and with the same meaning of the Lease's fields: who holds it renews it; whoever has seen it unchanged for its duration may
// take it. Run elects; the other methods may be called from several goroutines. It implements reconcile.Permits.
type Lease struct {
	api     leaseStore
	name    string // namespace/name
	id      string
	insist  bool // without permission we wait for it
	log     *slog.Logger
	retry   time.Duration // where leases are forbidden
	changed chan struct{}

	turnstile chan struct{} // whoever fills it may make a request and use what follows
	last      *coordinationv1.Lease
	seen      time.Time // when its spec last changed, by our clock
	worked    bool      // at least once, so that there may be others
	trouble   bool      // has been told

	mu    sync.Mutex // guards what follows
	state leaseState
}

// leaseState is what is known of the election.
type leaseState struct {
	renewed time.Time // when the last renewal that succeeded was begun; zero: the lease isn't ours
	alone   bool      // leases are forbidden, so there is nobody to agree with
	term    uint64
	holder  string
	told    bool // that we lead
}

// The timings. A holder renews every two seconds, makes no call after seven without success, and every call has ended after nine;
// another takes the lease after ten at the soonest, for it can't have seen the renewal before it was begun.
const (
	leaseDuration = 10 * time.Second
	renewWithin   = 7 * time.Second
	leaseMargin   = time.Second
	renewEvery    = 2 * time.Second
	lookEvery     = time.Second // a standby, so that a lease that is given up is taken within two seconds
	leaseTimeout  = 3 * time.Second
	longestLease  = time.Minute // whatever another holder asks for
)

// NewLease prepares the election among the replicas that publish the same scope, and asks nothing of the server yet. It returns nil
// where the options turn it off.
func NewLease(opts Options, o LeaseOptions, owner, scope string) (*Lease, error) {
	if !o.on(opts) {
		return nil, nil //nolint:nilnil // no lease is an answer
	}
	cfg, err := opts.config()
	if err != nil {
		return nil, err
	}
	opts.QPS, opts.Burst = 50, 50 // renewals don't wait for lists
	kind := leaseKind()
	c, err := newClient(cfg, opts, []source.Kind{kind})
	if err != nil {
		return nil, err
	}
	rc, err := c.rest(kind)
	if err != nil {
		return nil, err
	}
	store := leases{rest: rc, namespace: o.namespace(), name: o.name(owner, scope)}
	l := &Lease{
		api: store, name: store.namespace + "/" + store.name, id: identity(), insist: o.Elect == ElectTrue, log: opts.log(),
	}
	return l.prepared(), nil
}

func (l *Lease) prepared() *Lease {
	l.changed, l.turnstile, l.retry = make(chan struct{}, 1), make(chan struct{}, 1), deniedRetry
	return l
}

// identity names this process: the pod's name, and something that no other process of that name has.
func identity() string {
	const few = 8
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "nafuda"
	}
	return host + "_" + rand.Text()[:few]
}

// Name is the Lease's namespace and name.
func (l *Lease) Name() string { return l.name }

// Permit implements reconcile.Permits: one Lease grants all zones.
func (l *Lease) Permit(zone.Key) (until time.Time, term uint64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.state.alone {
		return now.Add(time.Hour), l.state.term, true
	}
	return l.state.renewed.Add(leaseDuration - leaseMargin), l.state.term, l.state.leads(now)
}

// Changed implements reconcile.Permits.
func (l *Lease) Changed() <-chan struct{} { return l.changed }

// Holder implements reconcile.Permits.
func (l *Lease) Holder() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.holder
}

func (s leaseState) leads(now time.Time) bool {
	return s.alone || !s.renewed.IsZero() && now.Before(s.renewed.Add(renewWithin))
}

// leads reports whether we may act.
func (l *Lease) leads() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.leads(time.Now())
}

// update changes the state, and tells who waits for it where that gives or takes the turn.
func (l *Lease) update(change func(*leaseState)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.state
	change(&l.state)
	now := l.state.leads(time.Now())
	if now == l.state.told && before.term == l.state.term && before.holder == l.state.holder {
		return
	}
	l.state.told = now
	select {
	case l.changed <- struct{}{}:
	default: // the last one hasn't been taken yet
	}
}
