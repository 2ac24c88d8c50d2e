// SPDX-License-Identifier: Apache-2.0

package parse

import (
	"errors"
	"reflect"
)

// Checker is an options struct that knows its own rules: ranges, what excludes what. Errors that errors.Join put together are
// told one by one. A method that returns []error does as well.
type Checker interface{ Check() error }

// Partial is an options struct of which some fields may not be used, and aren't asked for mistakes then.
type Partial interface{ Counts(field string) bool }

// Check returns the mistakes in a pointer to an options struct, those of the structs in it first: for options whose field has the tag
// check:"-", once they count.
func Check(options any) []error { return unique(checks(reflect.ValueOf(options))) }

// checks asks an options struct, and each struct in it, for its mistakes. A field with the tag check:"-" isn't asked: whether its
// options count depends on others, and the struct around it knows.
func checks(v reflect.Value) []error {
	for v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil
	}
	var errs []error
	counts := func(string) bool { return true }
	if p, ok := addressed(v).(Partial); ok {
		counts = p.Counts
	}
	for i := range v.NumField() {
		if f := v.Type().Field(i); (f.IsExported() || f.Anonymous) && f.Tag.Get("check") != "-" && counts(f.Name) {
			errs = append(errs, checks(v.Field(i))...)
		}
	}
	if c, ok := addressed(v).(Checker); ok {
		errs = append(errs, split(c.Check())...)
	}
	return errs
}

// addressed is a pointer to a value that can have one; else nil.
func addressed(v reflect.Value) any {
	if v.CanAddr() && v.Addr().CanInterface() {
		return v.Addr().Interface()
	}
	return nil
}

func split(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error }) // the outermost error alone: what wraps a joined one has its own text
	if !ok || err.Error() != errors.Join(joined.Unwrap()...).Error() {
		return []error{err}
	}
	var out []error
	for _, e := range joined.Unwrap() {
		out = append(out, split(e)...)
	}
	return out
}
