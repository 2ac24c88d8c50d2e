// SPDX-License-Identifier: Apache-2.0

// Package catalog is our memory of the desired side: what each object asks for, found by object and by name.
package catalog

import (
	"iter"
	"maps"
	"reflect"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
)

// Catalog remembers results. It isn't safe for use by several goroutines: one owns it.
type Catalog struct {
	results map[endpoint.Ref]*entry
	names   map[dnsname.Name][]*entry // sorted by ref
}

// entry is what one object asks for: endpoints, and for a few objects more than that.
type entry struct {
	ref       endpoint.Ref
	endpoints []endpoint.Endpoint
	more      *endpoint.Result // without the endpoints; nil: nothing
}

func (e *entry) put(r endpoint.Result) {
	e.endpoints, r.Endpoints = r.Endpoints, nil
	if e.more = nil; !reflect.DeepEqual(r, endpoint.Result{}) {
		e.more = &r
	}
}

func (e *entry) result() endpoint.Result {
	var r endpoint.Result
	if e.more != nil {
		r = *e.more
	}
	r.Endpoints = e.endpoints
	return r
}

func (e *entry) compare(ref endpoint.Ref) int { return e.ref.Compare(ref) }

// New returns an empty catalog.
func New() *Catalog {
	return &Catalog{results: make(map[endpoint.Ref]*entry), names: make(map[dnsname.Name][]*entry)}
}

// Put remembers what an object asks for and returns the names that this concerns, sorted: those it asks for now and those it
// asked for before. An empty result forgets the object. The result is sorted (endpoint.Result.Sort).
func (c *Catalog) Put(ref endpoint.Ref, r endpoint.Result) []dnsname.Name {
	e, had := c.results[ref]
	empty := r.Empty()
	if !had && empty || had && reflect.DeepEqual(e.result(), r) {
		return nil
	}
	if !had {
		e = &entry{ref: ref}
		c.results[ref] = e
	}
	before, after := e.result().Names(), r.Names()
	for _, n := range before {
		if _, stays := slices.BinarySearchFunc(after, n, dnsname.Name.Compare); !stays {
			c.drop(n, ref)
		}
	}
	for _, n := range after {
		c.add(n, e)
	}
	e.put(r)
	if empty {
		delete(c.results, ref)
	}
	dirty := append(before, after...)
	slices.SortFunc(dirty, dnsname.Name.Compare)
	return slices.Compact(dirty)
}

func (c *Catalog) add(n dnsname.Name, e *entry) {
	at := c.names[n]
	if i, found := slices.BinarySearchFunc(at, e.ref, (*entry).compare); !found {
		c.names[n] = slices.Insert(at, i, e)
	}
}

func (c *Catalog) drop(n dnsname.Name, ref endpoint.Ref) {
	at := c.names[n]
	if i, found := slices.BinarySearchFunc(at, ref, (*entry).compare); found {
		at = slices.Delete(at, i, i+1)
	}
	if len(at) == 0 {
		delete(c.names, n)
		return
	}
	c.names[n] = at
}

// At returns what is asked for at a name, ordered by object.
func (c *Catalog) At(n dnsname.Name) (eps []endpoint.Endpoint, holds []endpoint.Hold) {
	for _, e := range c.names[n] {
		eps = append(eps, of(e.endpoints, n, func(e endpoint.Endpoint) dnsname.Name { return e.Name })...)
		if e.more != nil {
			holds = append(holds, of(e.more.Holds, n, func(h endpoint.Hold) dnsname.Name { return h.Name })...)
		}
	}
	return eps, holds
}

// of returns what a sorted list has for a name. An object may have many names, and each is looked up on its own.
func of[T any](list []T, n dnsname.Name, name func(T) dnsname.Name) []T {
	from, _ := slices.BinarySearchFunc(list, n, func(v T, n dnsname.Name) int { return name(v).Compare(n) })
	until := from
	for until < len(list) && name(list[until]) == n {
		until++
	}
	return list[from:until]
}

// Has reports whether any object asks for a name.
func (c *Catalog) Has(n dnsname.Name) bool { return len(c.names[n]) > 0 }

// Asks reports whether an object, by its resource, asks for a name.
func (c *Catalog) Asks(resource string, n dnsname.Name) bool {
	for _, e := range c.names[n] {
		if e.ref.String() == resource {
			return true
		}
	}
	return false
}

// Result returns what an object asks for.
func (c *Catalog) Result(ref endpoint.Ref) (endpoint.Result, bool) {
	if e, ok := c.results[ref]; ok {
		return e.result(), true
	}
	return endpoint.Result{}, false
}

// All yields every object's result, in the order of their refs.
func (c *Catalog) All() iter.Seq2[endpoint.Ref, endpoint.Result] {
	return func(yield func(endpoint.Ref, endpoint.Result) bool) {
		for _, ref := range slices.SortedFunc(maps.Keys(c.results), endpoint.Ref.Compare) {
			if !yield(ref, c.results[ref].result()) {
				return
			}
		}
	}
}

// Names yields every name that is asked for, in no particular order.
func (c *Catalog) Names() iter.Seq[dnsname.Name] { return maps.Keys(c.names) }

// Len is the number of names.
func (c *Catalog) Len() int { return len(c.names) }
