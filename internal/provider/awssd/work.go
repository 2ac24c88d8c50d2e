// SPDX-License-Identifier: Apache-2.0

package awssd

import (
	"context"
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
)

// work changes one name.
type work struct {
	*Provider
	edit
	zone       zone.Zone
	listed     *bool // whether the namespace has been listed for the batch
	operations []string
	wrote      bool
}

func (w *work) stale(keys []record.Key, format string, args ...any) error {
	return &provider.Error{Class: provider.Stale, Keys: keys, Err: fmt.Errorf(format, args...)}
}

// run changes the name, or returns why not.
func (w *work) run(ctx context.Context) error {
	if w.creates() {
		s, err := w.create(ctx)
		if err != nil || s == nil {
			return err
		}
		return w.change(ctx, s)
	}
	s, err := w.find(ctx, w.zone, w.at, w.listed)
	if err != nil {
		return err
	}
	return w.change(ctx, s)
}

// create makes the service, on the condition that there is none, and its instances. One that is there is returned: it may be used if
// it is empty, and the group has no description, for then the registry doesn't say by that whose a name is.
func (w *work) create(ctx context.Context) (there *service, err error) {
	s, existing, err := w.createService(ctx)
	if existing == "" {
		if err == nil {
			err = w.register(ctx, s)
		}
		return nil, err
	}
	w.known.set(w.zone.ID, serviceName(w.at, w.zone), existing)
	return w.read(ctx, w.zone, existing)
}

// change brings a service to what the group says, once it is what the group expects.
func (w *work) change(ctx context.Context, s *service) error {
	var main *record.Set
	if s != nil {
		var err error
		if main, err = s.main(w.at); err != nil {
			return rejected(w.keys(), "service %s: %w: delete it, or publish another name", s.name, err)
		}
	}
	if keys := w.expects(s); len(keys) > 0 || w.unmentioned(main) || s == nil {
		return w.stale(keys, "%s isn't what was last read", w.at)
	}
	if w.after == nil && len(w.sets) > 0 || main == nil && w.after == nil {
		return w.empty(ctx, s)
	}
	if w.after == nil {
		w.after = main // the description alone changes
	}
	return w.replace(ctx, s, main)
}

// empty takes the instances away, and the service with its description, where that is to go too.
func (w *work) empty(ctx context.Context, s *service) error {
	if err := w.deregister(ctx, s, nil); err != nil {
		return err
	}
	described := s.description != ""
	if w.note != nil && w.note.After == nil || !described && w.opts.ServiceCleanup {
		return w.deleteService(ctx, s)
	}
	if w.note != nil && noteText(w.note.After) != s.description {
		return w.updateService(ctx, s, uint32(0), false)
	}
	return nil
}

// replace brings a service to the record set that it shall publish. One with other records has to be made anew.
func (w *work) replace(ctx context.Context, s *service, main *record.Set) error {
	have, err := s.shape()
	if err != nil {
		return rejected(w.keys(), "service %s: %w", s.name, err)
	}
	want := shapeFor(*w.after)
	turns := main == nil || main.Type != w.after.Type
	if have.typ != want.typ || have.policy != want.policy && (turns || want.policy != shapeFor(*main).policy) {
		return w.renew(ctx, s)
	}
	if have.ttl != want.ttl || w.note != nil && noteText(w.note.After) != s.description {
		if err := w.updateService(ctx, s, want.ttl, true); err != nil {
			return err
		}
	}
	if err := w.register(ctx, s); err != nil {
		return err
	}
	return w.deregister(ctx, s, w.after)
}

// renew deletes a service and makes it again with other records. Its instances have to be gone, which they aren't at once.
func (w *work) renew(ctx context.Context, s *service) error {
	if err := w.deregister(ctx, s, nil); err != nil {
		return err
	}
	if err := w.deleteService(ctx, s); err != nil {
		return err
	}
	made, _, err := w.createServiceWith(ctx, w.described(s))
	if err != nil {
		return err
	}
	return w.register(ctx, made)
}

// described is the description that the service shall have.
func (w *work) described(s *service) string {
	if w.note != nil {
		return noteText(w.note.After)
	}
	return s.description
}

// register adds the instances that a service misses.
func (w *work) register(ctx context.Context, s *service) error {
	sh, err := s.shape()
	if err != nil {
		return rejected(w.keys(), "service %s: %w", s.name, err)
	}
	for _, v := range w.after.Values {
		there := slices.ContainsFunc(s.instances, func(i instanceSummary) bool { return sh.is(i, *w.after, v) })
		if there {
			continue
		}
		if err := w.registerInstance(ctx, s, v); err != nil {
			return err
		}
	}
	return nil
}

// deregister takes away the instances that aren't for a value of a record set; nil: all.
func (w *work) deregister(ctx context.Context, s *service, keep *record.Set) error {
	for _, i := range s.instances {
		sh, err := s.shape()
		if err != nil {
			return rejected(w.keys(), "service %s: %w", s.name, err)
		}
		if keep != nil && slices.ContainsFunc(keep.Values, func(v string) bool { return sh.is(i, *keep, v) }) {
			continue
		}
		if err := w.deregisterInstance(ctx, s, i); err != nil {
			return err
		}
	}
	return nil
}
