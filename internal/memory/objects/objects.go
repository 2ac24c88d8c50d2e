// SPDX-License-Identifier: Apache-2.0

// Package objects remembers the watched objects, in their slim forms, and who has read which of them.
package objects

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// Store holds objects by kind. It isn't safe for use by several goroutines: one owns it.
type Store struct {
	kinds   map[string]*kind
	readers map[read]map[endpoint.Ref]bool // who has read what
	reads   map[endpoint.Ref][]read        // what each has read
	wanted  []string                       // kinds looked up for the first time
}

type kind struct {
	desc    source.Kind
	objects map[endpoint.Ref]any
	indexes map[indexKey]map[endpoint.Ref]bool
	state   feed.State
	err     error
	want    bool
	full    bool // has been read in full, and could be looked at since
}

type indexKey struct{ index, value string }

// read is one look-up: an object by its name, an index's value, or with an empty index and value the kind as such.
type read struct{ kind, index, value string }

// byName is the index of reads by name; no kind may declare an index of that name.
const byName = "\x00name"

// New returns an empty store for kinds.
func New(kinds []source.Kind) *Store {
	s := &Store{kinds: make(map[string]*kind), readers: make(map[read]map[endpoint.Ref]bool), reads: make(map[endpoint.Ref][]read)}
	for _, k := range kinds {
		s.kinds[k.Name] = &kind{desc: k, objects: make(map[endpoint.Ref]any), indexes: make(map[indexKey]map[endpoint.Ref]bool)}
	}
	return s
}

// Put stores an object, or forgets it where obj is nil. changed is false where the store had the same already; readers are those
// whose look-ups are concerned, sorted.
func (s *Store) Put(ref endpoint.Ref, obj any) (changed bool, readers []endpoint.Ref) {
	k := s.kinds[ref.Kind]
	if k == nil {
		return false, nil
	}
	old, had := k.objects[ref]
	if !had && obj == nil || had && obj != nil && reflect.DeepEqual(old, obj) {
		return false, nil
	}
	found := make(map[endpoint.Ref]bool)
	s.collect(found, read{ref.Kind, byName, nameOf(ref)})
	if had {
		s.unindex(k, ref, old, found)
		delete(k.objects, ref)
	}
	if obj != nil {
		k.objects[ref] = obj
		s.index(k, ref, obj, found)
	}
	delete(found, ref)
	return true, sorted(found)
}

func nameOf(ref endpoint.Ref) string { return ref.Namespace + "/" + ref.Name }

func (s *Store) index(k *kind, ref endpoint.Ref, obj any, found map[endpoint.Ref]bool) {
	for name, values := range k.desc.Indexes {
		for _, v := range values(obj) {
			key := indexKey{name, v}
			if k.indexes[key] == nil {
				k.indexes[key] = make(map[endpoint.Ref]bool)
			}
			k.indexes[key][ref] = true
			s.collect(found, read{ref.Kind, name, v})
		}
	}
	s.collect(found, read{ref.Kind, "", "*"})
}

func (s *Store) unindex(k *kind, ref endpoint.Ref, obj any, found map[endpoint.Ref]bool) {
	for name, values := range k.desc.Indexes {
		for _, v := range values(obj) {
			key := indexKey{name, v}
			delete(k.indexes[key], ref)
			if len(k.indexes[key]) == 0 {
				delete(k.indexes, key)
			}
			s.collect(found, read{ref.Kind, name, v})
		}
	}
	s.collect(found, read{ref.Kind, "", "*"})
}

func (s *Store) collect(found map[endpoint.Ref]bool, r read) {
	for ref := range s.readers[r] {
		found[ref] = true
	}
}

func sorted(refs map[endpoint.Ref]bool) []endpoint.Ref {
	return slices.SortedFunc(maps.Keys(refs), endpoint.Ref.Compare)
}

// Get returns an object, nil where there is none.
func (s *Store) Get(ref endpoint.Ref) any {
	if k := s.kinds[ref.Kind]; k != nil {
		return k.objects[ref]
	}
	return nil
}

// Refs returns the objects of a kind, sorted.
func (s *Store) Refs(name string) []endpoint.Ref {
	k := s.kinds[name]
	if k == nil {
		return nil
	}
	return slices.SortedFunc(maps.Keys(k.objects), endpoint.Ref.Compare)
}

// Len is the number of objects of a kind.
func (s *Store) Len(name string) int {
	if k := s.kinds[name]; k != nil {
		return len(k.objects)
	}
	return 0
}

// SetState sets what is known of a kind and returns the readers that this concerns, sorted: everybody who looked it up, where it
// becomes known, stops being so, or is unknown for another reason.
func (s *Store) SetState(name string, state feed.State, err error) []endpoint.Ref {
	k := s.kinds[name]
	if k == nil {
		return nil
	}
	was, before := k.known(), fmt.Sprint(k.state, k.err)
	k.state, k.err = state, err
	k.full = state == feed.Synced || state == feed.Failing && k.full
	if was == k.known() && (was || before == fmt.Sprint(state, err)) {
		return nil
	}
	found := make(map[endpoint.Ref]bool)
	s.collect(found, read{name, "", ""})
	return sorted(found)
}

// State returns what is known of a kind.
func (s *Store) State(name string) (feed.State, error) {
	if k := s.kinds[name]; k != nil {
		return k.state, k.err
	}
	return feed.Same, nil
}

// known says that what the store has of a kind is all there is, or was when we last could look. Part of a first list is neither.
func (k *kind) known() bool { return k.full }

// Wanted returns the kinds that were looked up for the first time since the last call.
func (s *Store) Wanted() []string {
	w := s.wanted
	s.wanted = nil
	return w
}

// Reader returns the look-ups of one object and forgets those it made before.
func (s *Store) Reader(ref endpoint.Ref) source.Objects {
	for _, r := range s.reads[ref] {
		delete(s.readers[r], ref)
		if len(s.readers[r]) == 0 {
			delete(s.readers, r)
		}
	}
	delete(s.reads, ref)
	return &lookup{s, ref}
}

type lookup struct {
	s   *Store
	ref endpoint.Ref
}

func (l *lookup) record(r read) {
	if l.s.readers[r] == nil {
		l.s.readers[r] = make(map[endpoint.Ref]bool)
	}
	if !l.s.readers[r][l.ref] {
		l.s.readers[r][l.ref] = true
		l.s.reads[l.ref] = append(l.s.reads[l.ref], r)
	}
}

// kind returns a kind and records that it was needed.
func (l *lookup) kind(name string) *kind {
	l.record(read{name, "", ""})
	k := l.s.kinds[name]
	if k != nil && !k.want {
		k.want = true
		l.s.wanted = append(l.s.wanted, name)
	}
	return k
}

func (l *lookup) Get(ref endpoint.Ref) (any, bool) {
	k := l.kind(ref.Kind)
	l.record(read{ref.Kind, byName, nameOf(ref)})
	if k == nil || !k.known() {
		return nil, false
	}
	return k.objects[ref], true
}

// List returns the objects that have a value in an index, or with an empty index all of the kind, sorted by ref.
func (l *lookup) List(name, index, value string) ([]any, bool) {
	k := l.kind(name)
	if index == "" {
		value = "*"
	}
	l.record(read{name, index, value})
	if k == nil || !k.known() {
		return nil, false
	}
	var refs []endpoint.Ref
	if index == "" {
		refs = slices.Collect(maps.Keys(k.objects))
	} else {
		refs = slices.Collect(maps.Keys(k.indexes[indexKey{index, value}]))
	}
	slices.SortFunc(refs, endpoint.Ref.Compare)
	out := make([]any, 0, len(refs))
	for _, ref := range refs {
		out = append(out, k.objects[ref])
	}
	return out, true
}

func (l *lookup) Why(name string) error {
	k := l.s.kinds[name]
	switch {
	case k == nil:
		return errNotServed
	case k.state == feed.Forbidden:
		return fmt.Errorf("%w: %w", source.ErrForbidden, k.err)
	default:
		return k.err
	}
}
