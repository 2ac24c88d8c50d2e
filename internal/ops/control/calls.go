// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/ops/report"
)

// Status asks how the instance is.
func (c *Client) Status(ctx context.Context) (s report.Status, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/status", nil, &s)
	return s, err
}

// Held asks what brakes hold, by zone. A standby fails with ErrStandby.
func (c *Client) Held(ctx context.Context) (list []report.Held, err error) {
	err = c.call(ctx, http.MethodGet, "/v1/held", nil, &list)
	return list, err
}

// Approve releases exactly what the hash is of, and returns it; else it fails with guard.ErrOtherPlan, guard.ErrNothingHeld or
// ErrStandby.
func (c *Client) Approve(ctx context.Context, hash string) (h report.Held, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/approve", approval{hash}, &h)
	return h, err
}

// PlanUndo asks what an undo would do.
func (c *Client) PlanUndo(ctx context.Context, r reconcile.UndoRequest) (u report.Undo, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/undo/plan", wireOf(r, ""), &u)
	return u, err
}

// Undo does what PlanUndo gave the hash for, if it would still do that.
func (c *Client) Undo(ctx context.Context, r reconcile.UndoRequest, hash string) (u report.Undo, err error) {
	err = c.call(ctx, http.MethodPost, "/v1/undo", wireOf(r, hash), &u)
	return u, err
}

// Journal asks for entries of the instance's journal, newest first.
func (c *Client) Journal(ctx context.Context, r JournalRequest) (j report.Journal, err error) {
	q := make(url.Values)
	if r.Name != "" {
		q.Set("name", string(r.Name))
	}
	if !r.Since.IsZero() {
		q.Set("since", r.Since.Format(time.RFC3339Nano))
	}
	if r.Limit > 0 {
		q.Set("limit", strconv.Itoa(r.Limit))
	}
	err = c.call(ctx, http.MethodGet, "/v1/journal?"+q.Encode(), nil, &j)
	return j, err
}

// Why asks for an explanation of a name or KIND/NAMESPACE/NAME in one view, or for an empty name in all of them, in the JSON of what explains it. A
// standby fails with ErrStandby.
func (c *Client) Why(ctx context.Context, of, view string) (text json.RawMessage, err error) {
	q := url.Values{"of": {of}}
	if view != "" {
		q.Set("view", view)
	}
	err = c.call(ctx, http.MethodGet, "/v1/why?"+q.Encode(), nil, &text)
	return text, err
}
