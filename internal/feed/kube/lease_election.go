// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"fmt"
	"reflect"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Run takes part in the election until the context ends. It doesn't give the lease up then: Release does, once nothing acts any
// more.
func (l *Lease) Run(ctx context.Context) {
	for {
		pause := l.attempt(ctx)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// attempt renews the lease, or takes it if it is free, and tells when to do so again.
func (l *Lease) attempt(ctx context.Context) time.Duration {
	if !l.enter(ctx) {
		return 0
	}
	defer l.leave()
	ctx, cancel := context.WithTimeout(ctx, leaseTimeout)
	defer cancel()
	err := l.elect(ctx)
	if err != nil && ctx.Err() != context.Canceled {
		return l.failed(err)
	}
	if err == nil && l.trouble {
		l.trouble = false
		l.log.Info("the lease can be used", "lease", l.Name())
	}
	if l.leads() {
		return renewEvery
	}
	return max(min(lookEvery, time.Until(l.expires())), 10*time.Millisecond)
}

// enter waits until no other request is under way; leave must follow where it returns true.
func (l *Lease) enter(ctx context.Context) bool {
	select {
	case l.turnstile <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (l *Lease) leave() { <-l.turnstile }

func (l *Lease) elect(ctx context.Context) error {
	if l.last != nil && l.holds(l.last) && l.leads() {
		if err := l.take(ctx, l.last); !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			return err
		}
	}
	if err := l.look(ctx); err != nil {
		return err
	}
	if !l.free(time.Now()) {
		l.worked = true
		l.lost(holder(l.last))
		return nil
	}
	err := l.take(ctx, l.last)
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) {
		return nil // another was faster
	}
	return err
}

// look reads the Lease; one that isn't there is free.
func (l *Lease) look(ctx context.Context) error {
	now, err := l.api.get(ctx)
	if apierrors.IsNotFound(err) {
		now, err = &coordinationv1.Lease{}, nil
	}
	if err != nil {
		return fmt.Errorf("read the lease %s: %w", l.Name(), err)
	}
	if l.last == nil || !reflect.DeepEqual(now.Spec, l.last.Spec) {
		l.seen = time.Now()
	}
	l.last = now
	return nil
}

// holds reports whether a Lease is ours.
func (l *Lease) holds(lease *coordinationv1.Lease) bool { return holder(lease) == l.id }

func holder(lease *coordinationv1.Lease) string {
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

// free reports whether the Lease may be taken.
func (l *Lease) free(now time.Time) bool {
	return holder(l.last) == "" || l.holds(l.last) || !now.Before(l.expires())
}

// expires is when a Lease that nobody renews may be taken.
func (l *Lease) expires() time.Time {
	lasts := leaseDuration
	if s := l.last; s != nil && s.Spec.LeaseDurationSeconds != nil {
		lasts = max(lasts, min(longestLease, time.Duration(*s.Spec.LeaseDurationSeconds)*time.Second))
	}
	return l.seen.Add(lasts)
}

// take writes that the Lease is ours from now on. The server refuses it where anybody else has written since it was read.
func (l *Lease) take(ctx context.Context, lease *coordinationv1.Lease) error {
	lease = lease.DeepCopy()
	now := time.Now()
	at := metav1.NewMicroTime(now)
	seconds, transitions := int32(leaseDuration/time.Second), int32(0)
	s := &lease.Spec
	if s.LeaseTransitions != nil {
		transitions = *s.LeaseTransitions
	}
	if !l.holds(lease) {
		s.AcquireTime = &at
		if lease.ResourceVersion != "" {
			transitions++
		}
	}
	s.HolderIdentity, s.LeaseDurationSeconds, s.RenewTime, s.LeaseTransitions = &l.id, &seconds, &at, &transitions
	written, err := l.api.put(ctx, lease)
	if err != nil {
		return fmt.Errorf("renew the lease %s: %w", l.Name(), err)
	}
	l.last, l.seen, l.worked = written, time.Now(), true
	l.update(func(st *leaseState) {
		if st.alone || !st.leads(now) {
			st.term++
		}
		st.renewed, st.alone, st.holder = now, false, l.id
	})
	return nil
}

// lost enters that another has the lease.
func (l *Lease) lost(holder string) {
	l.update(func(st *leaseState) { st.renewed, st.alone, st.holder = time.Time{}, false, holder })
}

// failed enters that the Lease can't be read or written. Where leases are forbidden, and always were, we act without one.
func (l *Lease) failed(err error) time.Duration {
	forbidden := apierrors.IsForbidden(err)
	alone := forbidden && !l.worked && !l.insist
	l.update(func(st *leaseState) {
		if alone && !st.alone {
			st.alone, st.holder = true, l.id
			st.term++
		}
		if !st.leads(time.Now()) && st.holder == l.id {
			st.holder = ""
		}
	})
	switch {
	case l.trouble:
	case alone:
		l.log.Warn("leases are forbidden, so nothing keeps two replicas from writing at once; run one, or add the rule to the role", "rule", leaseRule, "lease", l.Name(), "err", err)
	case forbidden:
		l.log.Warn("leases are forbidden; waiting until the rule is added to the role", "rule", leaseRule, "lease", l.Name(), "err", err)
	default:
		l.log.Warn("the lease can't be used; it is tried again", "lease", l.Name(), "err", err)
	}
	l.trouble = true
	if forbidden {
		return l.retry
	}
	return lookEvery
}

// leaseRule is what a Role in the Lease's namespace needs.
const leaseRule = "apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update]"

// Release gives the lease up, so that another takes it at once. Nothing may act any more when it is called; Permit gives none after
// it.
func (l *Lease) Release(ctx context.Context) error {
	if !l.enter(ctx) {
		return fmt.Errorf("release the lease %s: %w", l.Name(), ctx.Err())
	}
	defer l.leave()
	if l.last == nil || !l.holds(l.last) {
		l.lost("")
		return nil
	}
	l.lost("")
	const tries = 3 // a renewal that was cancelled may have arrived
	var err error
	for range tries {
		if err = l.look(ctx); err != nil {
			break
		}
		if !l.holds(l.last) {
			return nil
		}
		lease := l.last.DeepCopy()
		nobody, second, now := "", int32(1), metav1.NowMicro()
		lease.Spec.HolderIdentity, lease.Spec.LeaseDurationSeconds, lease.Spec.RenewTime = &nobody, &second, &now
		if _, err = l.api.put(ctx, lease); !apierrors.IsConflict(err) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("release the lease %s: %w; another replica takes it when it has run out", l.Name(), err)
	}
	return nil
}
