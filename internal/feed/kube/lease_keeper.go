// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"errors"
	"fmt"
	"unicode/utf8"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// StateAnnotation is where a Lease keeps what must outlive the process.
const StateAnnotation = "nafuda.io/state"

// maxKept bounds the state: all annotations of an object may have 256 KiB.
const maxKept = 200 << 10

// errNotHeld says that what is to be kept is the holder's alone.
var errNotHeld = errors.New("another replica has the lease, or may have it")

// LeaseKeeper keeps state in an annotation of the Lease, which only its holder writes. It implements reconcile.Keeper. Where leases
// are forbidden it keeps nothing, and says that all is well: Load finds nothing then, as after the first start.
type LeaseKeeper struct{ lease *Lease }

// Keeper returns the keeper of the Lease's annotations.
func (l *Lease) Keeper() LeaseKeeper { return LeaseKeeper{l} }

// Load returns what was saved last, by whichever replica.
func (k LeaseKeeper) Load(ctx context.Context) ([]byte, error) {
	l := k.lease
	if !l.enter(ctx) {
		return nil, fmt.Errorf("read the state in the lease %s: %w", l.Name(), ctx.Err())
	}
	defer l.leave()
	ctx, cancel := context.WithTimeout(ctx, leaseTimeout)
	defer cancel()
	lease, err := l.api.get(ctx)
	switch {
	case apierrors.IsNotFound(err), apierrors.IsForbidden(err) && l.alone():
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the state in the lease %s: %w", l.Name(), err)
	}
	state := lease.Annotations[StateAnnotation]
	if len(state) > maxKept {
		return nil, fmt.Errorf("read the state in the lease %s: it has %d bytes, which we never write: remove the annotation %s", l.Name(), len(state), StateAnnotation)
	}
	return []byte(state), nil
}

// Save writes the state, which must be text, and renews the lease by that. It fails where we don't hold it.
func (k LeaseKeeper) Save(ctx context.Context, state []byte) error {
	l := k.lease
	if len(state) > maxKept || !utf8.Valid(state) {
		return fmt.Errorf("keep %d bytes in the lease %s: it takes text of at most %d", len(state), l.Name(), maxKept)
	}
	if !l.enter(ctx) {
		return fmt.Errorf("keep the state in the lease %s: %w", l.Name(), ctx.Err())
	}
	defer l.leave()
	if l.alone() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, leaseTimeout)
	defer cancel()
	err := l.annotate(ctx, string(state))
	if apierrors.IsConflict(err) { // somebody has edited it
		if err = l.look(ctx); err == nil {
			err = l.annotate(ctx, string(state))
		}
	}
	if err != nil {
		return fmt.Errorf("keep the state in the lease %s: %w", l.Name(), err)
	}
	return nil
}

func (l *Lease) annotate(ctx context.Context, state string) error {
	if l.last == nil || !l.holds(l.last) || !l.leads() {
		return errNotHeld
	}
	lease := l.last.DeepCopy()
	if lease.Annotations == nil {
		lease.Annotations = make(map[string]string)
	}
	lease.Annotations[StateAnnotation] = state
	return l.take(ctx, lease)
}

func (l *Lease) alone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state.alone
}
