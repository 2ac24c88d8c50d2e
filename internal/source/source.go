// SPDX-License-Identifier: Apache-2.0

// Package source is the contract of sources: pure functions from an object to what it asks for.
package source

import (
	"errors"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/fact"
	"nafuda.io/nafuda/internal/model/reason"
)

// ErrForbidden is in the chain of Lookup.Why where the service account may not list or watch the kind. Any other error says
// that the kind hasn't been read yet.
var ErrForbidden = errors.New("the service account may not list or watch it")

// Source turns objects of one kind into endpoints.
type Source struct {
	Name string // as --source has it
	Kind string // the kind it iterates over; its Ref.Kind is the start of the resource in markers
	Uses []Use  // the kinds it may look up
	Eval Func
	// Silent tells why an object, in its slimmed form, asks for nothing though Eval refuses and holds nothing either. Nobody asks
	// while objects come and go, so it may take its time. Where it is nil, nothing is known of that.
	Silent func(obj any) reason.Reason
}

// Use is a kind that a source looks up, and when.
type Use struct {
	Kind string
	For  string // which objects need it, for the documentation: "headless services"
}

// Func maps one object, in its slimmed form, to what it asks for. Same object, same lookups: same answer. It doesn't keep or
// change the object, and reads others only through look.
type Func func(obj any, look Lookup) endpoint.Result

// Lookup reads other objects, and facts. What is read is recorded, misses included, so that a change of it evaluates the reader again.
type Lookup interface {
	Objects
	// Fact returns what is known of a value from outside. The first look-up of a fact has it asked for; until the answer it is unknown.
	Fact(key fact.Key) fact.Value
}

// Objects reads other objects.
// known is false while the kind hasn't been read in full, or can't be: the answer is then neither "there" nor "not there",
// and Why tells the reason. The first look-up of a kind starts its watch.
type Objects interface {
	Get(ref endpoint.Ref) (obj any, known bool)
	List(kind, index, value string) (objs []any, known bool)
	Why(kind string) error
}
