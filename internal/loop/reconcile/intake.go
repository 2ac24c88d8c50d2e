// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"slices"
	"time"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
)

// take enters what a feed says.
func (c *core) take(e feed.Event) {
	c.takeRefusals(e)
	for _, d := range e.Deltas {
		c.object(d.Ref, d.Object)
	}
	if e.Replace {
		c.forgetOthers(e)
	}
	if e.State != feed.Same {
		c.kindState(e)
	}
}

// takeRefusals remembers what can't be read. As long as something can't, it may be the object that asks for a name.
func (c *core) takeRefusals(e feed.Event) {
	for _, r := range e.Refusals {
		if !slices.Contains(c.broken[e.Kind], r) {
			c.Observe(Refused{r})
		}
	}
	healed := len(c.broken[e.Kind]) > 0 && len(e.Refusals) == 0
	if c.broken[e.Kind] = e.Refusals; healed {
		delete(c.broken, e.Kind)
		c.dirtyEverything()
	}
}

// unread counts the objects and files that can't be read and may be of a kind.
func (c *core) unread(kind string) int {
	n := 0
	for k, list := range c.broken {
		if _, other := c.kinds[k]; k == kind || !other {
			n += len(list)
		}
	}
	return n
}

// forgetOthers forgets the objects of a kind that a full list doesn't have.
func (c *core) forgetOthers(e feed.Event) {
	there := make(map[endpoint.Ref]bool, len(e.Deltas))
	for _, d := range e.Deltas {
		there[d.Ref] = d.Object != nil
	}
	for _, r := range e.Refusals {
		there[r.Ref] = true // it is there, though it can't be read
	}
	for _, ref := range c.objects.Refs(e.Kind) {
		if !there[ref] {
			c.object(ref, nil)
		}
	}
}

func (c *core) kindState(e feed.Event) {
	before, _ := c.objects.State(e.Kind)
	for _, ref := range c.objects.SetState(e.Kind, e.State, e.Err) {
		c.eval(ref)
	}
	if before == e.State {
		return
	}
	if e.State == feed.Failing {
		c.failing[e.Kind] = time.Now()
	} else {
		delete(c.failing, e.Kind)
	}
	if c.Once && c.kinds[e.Kind].source && e.State == feed.Failing { // a kind that we may not read only holds its names
		c.failed = fmt.Errorf("read the objects of the kind %s (%s): %w", e.Kind, e.State, e.Err)
	}
	c.Observe(KindChanged{Kind: e.Kind, State: e.State, Err: e.Err})
	if c.kinds[e.Kind].source {
		c.dirtyEverything() // what a source can prove has changed
	}
}

// object enters one object and evaluates it and those that have read it.
func (c *core) object(ref endpoint.Ref, obj any) {
	changed, readers := c.objects.Put(ref, obj)
	if !changed {
		return
	}
	c.eval(ref)
	for _, r := range readers {
		c.eval(r)
	}
}

// eval asks the source what an object asks for now.
func (c *core) eval(ref endpoint.Ref) {
	src, ok := c.sources[ref.Kind]
	if !ok {
		return
	}
	look := c.reader(ref)
	var result endpoint.Result
	obj := c.objects.Get(ref)
	if obj != nil {
		result = c.evalSafely(ref, func() endpoint.Result {
			r := src.Eval(obj, look)
			c.addReverse(&r)
			r.Sort()
			return r
		})
	}
	before, _ := c.catalog.Result(ref)
	if _, was := unsure(before); was {
		if _, still := unsure(result); !still {
			c.dirtyEverything() // what is marked for the object and isn't among its names can go now
		}
	}
	if why := unlisted(result); why.None() {
		delete(c.unlisted, ref)
	} else {
		c.unlisted[ref] = why
	}
	again := result.Again
	result.Again = nil // for the log alone
	c.holding(ref, before, result)
	names := c.catalog.Put(ref, result)
	c.window.add(names, time.Now(), changed)
	c.takeBack(names)
	c.wantFacts()
	for _, kind := range c.objects.Wanted() {
		if _, asked := c.kinds[kind]; !asked {
			c.kinds[kind] = kindInfo{}
			c.toWant = append(c.toWant, kind)
		}
	}
	if obj != nil && (names != nil || len(result.Endpoints) == 0) {
		result.Again = append(again, c.alike(ref, result.Endpoints)...)
		c.Observe(Evaluated{Source: src.Name, Ref: ref, Result: result})
	}
}

// alike returns the endpoints that another object asks for with the same targets.
func (c *core) alike(ref endpoint.Ref, eps []endpoint.Endpoint) []endpoint.Endpoint {
	var out []endpoint.Endpoint
	for _, e := range eps {
		if e.Reverse {
			continue // nobody has asked for it
		}
		others, _ := c.catalog.At(e.Name)
		if slices.ContainsFunc(others, func(o endpoint.Endpoint) bool {
			return o.From.Ref != ref && o.Key() == e.Key() && slices.Equal(o.Targets, e.Targets)
		}) {
			out = append(out, e)
		}
	}
	return out
}

// gone tells why it isn't proven that an object is gone or asks no more, as far as a view can see; none: it is proven.
func (c *core) gone(spec view.Spec, resource string) reason.Reason {
	if resource == "" {
		for _, s := range c.Sources {
			if why := c.readInFull(s.Kind); !why.None() {
				return why
			}
		}
		return reason.Reason{}
	}
	ref, ok := endpoint.ParseRef(resource)
	src, watched := c.sources[ref.Kind]
	switch {
	case !ok || !watched:
		return reason.New(reason.SourceUnknown, "no source watches %s", resource)
	case !spec.HasNamespace(ref.Namespace):
		return reason.New(reason.SourceUnknown, "the namespace of %s isn't watched", resource)
	case !spec.HasSource(src.Name):
		return reason.New(reason.SourceUnknown, "the source %s of %s isn't one of view %s", src.Name, resource, spec.Name)
	}
	if r, ok := c.catalog.Result(ref); ok {
		if why, is := unsure(r); is {
			return why
		}
	}
	return c.readInFull(ref.Kind)
}

// unsure returns why an object may ask for names that we can't list: its source couldn't read what it needs, such as the names of a
// headless Service's Pods, or it has panicked.
func unsure(r endpoint.Result) (reason.Reason, bool) {
	if !r.Unsure.None() {
		return r.Unsure, true
	}
	for _, h := range r.Holds {
		if h.Why.Code == reason.KindUnknown || h.Why.Code == reason.KindForbidden {
			return h.Why, true
		}
	}
	for _, f := range r.Refusals {
		if f.Why.Code == reason.Crash {
			return f.Why, true
		}
	}
	return reason.Reason{}, false
}

func (c *core) readInFull(kind string) reason.Reason {
	state, err := c.objects.State(kind)
	switch {
	case state == feed.Forbidden:
		return reason.New(reason.KindForbidden, "objects of the kind %s can't be read: %v", kind, err)
	case state != feed.Synced:
		return reason.New(reason.NotSynced, "objects of the kind %s haven't been read in full", kind)
	case c.unread(kind) > 0:
		return reason.New(reason.NotSynced, "of the objects and files that may be of the kind %s, %d can't be read", kind, c.unread(kind))
	default:
		return reason.Reason{}
	}
}
