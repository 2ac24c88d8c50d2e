// SPDX-License-Identifier: Apache-2.0

// Package reason holds the reasons that every choice, hold and refusal carries. Logs, Events, metrics, plans and the status
// page print the same one.
package reason

import "fmt"

// Code names a reason for machines: metrics labels, Events, JSON.
type Code string

// Reason is why something was decided. The zero Reason is none.
type Reason struct {
	Code Code   `json:"code"`
	Text string `json:"text"` // what was seen, with names and values
}

// New makes a reason with its text.
func New(c Code, format string, args ...any) Reason {
	return Reason{Code: c, Text: fmt.Sprintf(format, args...)}
}

// Unlearned reports whether a reason is that something outside an object, of which depends what it asks for, couldn't be found out:
// that says nothing about the object, however long it lasts.
func (c Code) Unlearned() bool {
	switch c {
	case KindUnknown, KindForbidden, HostUnknown, FactPending, WANUnknown, WANAbsent, WANDisagree, WANPrivate, WANShared:
		return true
	default:
		return false
	}
}

// None reports whether there is no reason.
func (r Reason) None() bool { return r.Code == "" }

// Fix is what a person can do about it; empty where nothing needs doing.
func (r Reason) Fix() string { return docs[r.Code].Fix }

// Error makes a reason an error, for functions that return why they can't.
func (r Reason) Error() string { return r.Text }

func (r Reason) String() string {
	if fix := r.Fix(); fix != "" {
		return r.Text + "; " + fix
	}
	return r.Text
}
