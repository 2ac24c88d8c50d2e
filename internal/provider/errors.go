// SPDX-License-Identifier: Apache-2.0

package provider

import (
	"errors"
	"fmt"

	"nafuda.io/nafuda/internal/model/record"
)

// Class tells the loop what to do about an error.
type Class string

// The classes. An error without one is treated as Unavailable.
const (
	Throttled   Class = "throttled"   // slow down and try again
	Stale       Class = "stale"       // what we took for stored isn't: read the names again, plan again
	Rejected    Class = "rejected"    // the content is refused; Keys says which, if the service told
	Full        Class = "full"        // the zone can't have so many record sets; nothing was changed, and what adds none may go on
	Denied      Class = "denied"      // the credentials don't allow it
	Unavailable Class = "unavailable" // nothing was changed; try again later
	Uncertain   Class = "uncertain"   // may have been applied: read, don't resend
	Partial     Class = "partial"     // Applied says what was done
)

// Error is an error with its class. Its text has no credential and no request id.
type Error struct {
	Class     Class
	Keys      []record.Key // the culprits of a Rejected, Stale or Partial error, where known
	Applied   []record.Key // of a Partial error
	Action    string       // of a Denied error: the permission that is missing, where known
	Guardrail bool         // of a Rejected error: not the content, but a rule that someone set forbids the change
	Err       error
}

func (e *Error) Error() string { return fmt.Sprintf("%s (%s)", e.Err, e.Class) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ActionOf returns the permission that a Denied error misses; empty where it isn't known.
func ActionOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Action
	}
	return ""
}

// ClassOf returns an error's class.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Unavailable
}

// Doing puts what was being done before an error and keeps its class. Where a call was denied without a word about which permission it
// needs, that is action.
func Doing(err error, action, doing string) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return fmt.Errorf("%s: %w", doing, err)
	}
	out := *e
	out.Err = fmt.Errorf("%s: %w", doing, e.Err)
	if out.Class == Denied && out.Action == "" {
		out.Action = action
	}
	return &out
}
