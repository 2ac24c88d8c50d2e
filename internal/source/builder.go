// SPDX-License-Identifier: Apache-2.0

package source

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// Builder gathers what one object asks for. Targets of one name and type come together, and everything carries the attributes
// that the object's annotations give. It is for one goroutine.
type Builder struct {
	from     *endpoint.Origin
	notes    Annotations
	targets  map[record.Key][]string
	holds    map[record.Key]reason.Reason // with an empty type: of all types
	refusals []endpoint.Refusal
	again    map[dnsname.Name]bool // pointed at the same targets more than once
	unsure   reason.Reason
}

// NewBuilder starts the result of an object. The refusals of its annotations are part of it. The origin is the builder's now: what the
// annotations say of all endpoints is entered there.
func NewBuilder(from *endpoint.Origin, notes Annotations) *Builder {
	from.WAN = notes.WAN
	return &Builder{
		from: from, notes: notes, refusals: slices.Clone(notes.Refusals),
		targets: make(map[record.Key][]string), holds: make(map[record.Key]reason.Reason),
		again: make(map[dnsname.Name]bool),
	}
}

// Ask asks for targets at a name: A, AAAA and CNAME, each as its targets have it. The targets are canonical (see ParseTarget).
func (b *Builder) Ask(name dnsname.Name, targets []string) {
	for _, t := range targets {
		b.AskType(name, record.TypeOf(t), t)
	}
}

// AskType asks for one value of a given type at a name, in canonical spelling.
func (b *Builder) AskType(name dnsname.Name, t record.Type, value string) {
	key := record.Key{Name: name, Type: t, ID: b.notes.ID}
	b.targets[key] = append(b.targets[key], value)
}

// Point asks for the same targets at each name. Without targets it holds the names for the reason given.
func (b *Builder) Point(names []dnsname.Name, targets []string, missing reason.Reason) {
	seen := make(map[dnsname.Name]bool, len(names))
	for _, name := range names {
		if len(targets) == 0 {
			b.Hold(name, missing)
			continue
		}
		b.again[name] = b.again[name] || seen[name]
		seen[name] = true
		b.Ask(name, targets)
	}
}

// PointAt points the names at what a field of an object holds. missing is the reason to hold them where that is nothing.
func (b *Builder) PointAt(names []dnsname.Name, ref endpoint.Ref, field string, texts []string, missing reason.Reason) {
	if len(names) == 0 {
		return
	}
	targets := b.Targets(ref, field, texts...)
	if len(targets) == 0 && strings.Join(texts, "") != "" {
		missing = reason.New(reason.BadTarget, "%s has neither an address nor a host name", field)
	}
	b.Point(names, targets, missing)
}

// PointAnnotated points the names at the targets that the object's annotation gives, if it gives any.
func (b *Builder) PointAnnotated(names []dnsname.Name) (given bool) {
	if b.notes.HasTargets {
		b.Point(names, b.notes.Targets, NoTarget())
	}
	return b.notes.HasTargets
}

// NoTarget is the reason to hold a name whose target annotation has nothing that can be used.
func NoTarget() reason.Reason {
	return reason.New(reason.BadTarget, "the target annotation has neither an address nor a host name")
}

// Hold holds a name. The first reason stays.
func (b *Builder) Hold(name dnsname.Name, why reason.Reason) { b.HoldType(name, "", why) }

// HoldType holds one type at a name, where what is known of the others is all there is. The first reason stays.
func (b *Builder) HoldType(name dnsname.Name, t record.Type, why reason.Reason) {
	key := record.Key{Name: name, Type: t, ID: b.notes.ID}
	if _, ok := b.holds[key]; !ok {
		b.holds[key] = why
	}
}

// Asked reports whether anything is asked for at a name.
func (b *Builder) Asked(name dnsname.Name) bool {
	for _, t := range []record.Type{record.A, record.AAAA, record.CNAME} {
		if len(b.targets[record.Key{Name: name, Type: t, ID: b.notes.ID}]) > 0 {
			return true
		}
	}
	return false
}

// Unsure says that the object may ask for names that can't be listed now. The first reason stays.
func (b *Builder) Unsure(why reason.Reason) { b.unsure = cmp.Or(b.unsure, why) }

// Refuse notes a part of an object that can't be used.
func (b *Builder) Refuse(ref endpoint.Ref, field, value string, why reason.Reason) {
	b.refusals = append(b.refusals, endpoint.Refusal{Ref: ref, Field: field, Value: Short(value), Why: why})
}

// Include takes over refusals of another object that was read for this one.
func (b *Builder) Include(refusals []endpoint.Refusal) { b.refusals = append(b.refusals, refusals...) }

// Name reads a host name from a field of an object, and refuses what isn't one.
func (b *Builder) Name(ref endpoint.Ref, field, text string) (dnsname.Name, bool) {
	name, err := dnsname.Parse(text)
	if err != nil {
		b.Refuse(ref, field, text, reason.New(reason.BadName, "%v", err))
	}
	return name, err == nil
}

// Targets reads targets from a field of an object and refuses those that aren't any. Empty texts say nothing.
func (b *Builder) Targets(ref endpoint.Ref, field string, texts ...string) []string {
	var out []string
	for _, text := range texts {
		if text == "" {
			continue
		}
		target, err := ParseTarget(text)
		if err != nil {
			b.Refuse(ref, field, text, reason.New(reason.BadTarget, "%v", err))
			continue
		}
		out = append(out, target)
	}
	return out
}

// Result returns what was gathered, sorted. The builder isn't used any more after it.
func (b *Builder) Result() endpoint.Result {
	var r endpoint.Result
	for key, targets := range b.targets {
		slices.Sort(targets)
		r.Endpoints = append(r.Endpoints, endpoint.Endpoint{
			Name: key.Name, Type: key.Type, ID: key.ID, TTL: b.notes.TTL, Targets: slices.Compact(targets), Props: b.notes.Props, From: b.from,
		})
	}
	for key, why := range b.holds {
		r.Holds = append(r.Holds, endpoint.Hold{Name: key.Name, Type: key.Type, ID: key.ID, TTL: b.notes.TTL, Props: b.notes.Props, From: b.from, Why: why})
	}
	r.Refusals, r.Unsure = b.refusals, b.unsure
	r.Sort()
	for _, e := range r.Endpoints {
		if b.again[e.Name] {
			r.Again = append(r.Again, e)
		}
	}
	r.Refusals = slices.Compact(r.Refusals)
	return r
}

// Unread is the reason to hold a name because a kind that it depends on isn't known.
func Unread(look Lookup, kind string) reason.Reason {
	err := look.Why(kind)
	switch {
	case errors.Is(err, ErrForbidden):
		return reason.New(reason.KindForbidden, "objects of the kind %s can't be read: %v", kind, err)
	case err != nil:
		return reason.New(reason.KindUnknown, "objects of the kind %s haven't been read: %v", kind, err)
	default:
		return reason.New(reason.KindUnknown, "objects of the kind %s haven't been read", kind)
	}
}
