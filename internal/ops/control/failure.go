// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"nafuda.io/nafuda/internal/decide/guard"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/ops/report"
)

// Errors of requests, beside guard's of approvals, reconcile's of an undo and errors.ErrUnsupported for what the instance doesn't have.
var (
	ErrStandby    = errors.New("this replica stands by")
	ErrBadRequest = errors.New("the request can't be used")
	ErrBusy       = errors.New("the instance didn't answer in time: ask again")
)

// failure is an error as it is sent.
type failure struct {
	Code string `json:"code"`
	Text string `json:"error"`
}

// class is an error with its code and its HTTP status.
type class struct {
	err    error
	code   string
	status int
}

// known lists what clients can tell apart.
func known() []class {
	return []class{
		{ErrStandby, "standby", http.StatusConflict},
		{guard.ErrOtherPlan, "other-plan", http.StatusConflict},
		{guard.ErrNothingHeld, "nothing-held", http.StatusConflict},
		{reconcile.ErrNothingToUndo, "nothing-to-undo", http.StatusConflict},
		{reconcile.ErrManyUndone, "many-undone", http.StatusConflict},
		{reconcile.ErrNotRead, "not-read", http.StatusServiceUnavailable},
		{ErrBadRequest, "bad-request", http.StatusBadRequest},
		{errors.ErrUnsupported, "unsupported", http.StatusNotImplemented},
		{ErrBusy, "busy", http.StatusServiceUnavailable},
	}
}

// failureOf tells how an error is sent.
func failureOf(err error) (failure, int) {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		err = ErrBusy
	}
	for _, k := range known() {
		if errors.Is(err, k.err) {
			return failure{k.code, err.Error()}, k.status
		}
	}
	return failure{"error", err.Error()}, http.StatusInternalServerError
}

// remote is an error of the instance, for its client.
type remote struct {
	text string
	kind error
}

func (r *remote) Error() string { return r.text }
func (r *remote) Unwrap() error { return r.kind }

// received is what failureOf has made of an error.
func received(f failure, status int) error {
	f.Text = report.Clean(f.Text)
	for _, k := range known() {
		if k.code == f.Code {
			return &remote{f.Text, k.err}
		}
	}
	if f.Text == "" {
		return fmt.Errorf("the instance answered with HTTP status %d: is it of the same version?", status)
	}
	return errors.New(f.Text)
}
