// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/crash"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/ops/report"
)

// mux are the requests. Those that change something, or show what a change would do, want the replica that has the turn; so does why, for a standby reads no
// zones.
func mux(i *Instance) http.Handler {
	m := http.NewServeMux()
	m.Handle("GET /v1/status", answer(i.status))
	m.Handle("GET /v1/journal", answer(i.journal))
	m.Handle("GET /v1/why", answer(i.leading(i.why)))
	m.Handle("GET /v1/held", answer(i.leading(i.held)))
	m.Handle("POST /v1/approve", answer(i.leading(i.approve)))
	m.Handle("POST /v1/undo/plan", answer(i.leading(i.planUndo)))
	m.Handle("POST /v1/undo", answer(i.leading(i.undo)))
	return m
}

// asked answers one request with a value for encoding/json.
type asked func(ctx context.Context, r *http.Request) (any, error)

func answer(f asked) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), handleTimeout)
		defer cancel()
		var v any
		var err error
		if trouble := crash.Catch("answer "+r.URL.Path, func() { v, err = f(ctx, r) }); trouble != nil {
			err = fmt.Errorf("%w; please report it, with what was asked: %s", trouble, trouble.Stack)
		}
		status := http.StatusOK
		if err != nil {
			v, status = failureOf(err)
		}
		body, err := json.Marshal(v)
		if err != nil {
			status, body = http.StatusInternalServerError, []byte(`{"code":"error","error":"the answer can't be written as JSON"}`)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(append(body, '\n')) // a client that went away is no error of ours
	})
}

// leading refuses a request where another replica has the turn.
func (i *Instance) leading(f asked) asked {
	return func(ctx context.Context, r *http.Request) (any, error) {
		holder, standby := i.standby()
		switch {
		case standby && holder == "":
			return nil, fmt.Errorf("%w, and nobody is known to have the lease: ask again in a few seconds", ErrStandby)
		case standby:
			return nil, fmt.Errorf("%w; %s has the lease: kubectl exec into it", ErrStandby, holder)
		}
		return f(ctx, r)
	}
}

func (i *Instance) status(ctx context.Context, _ *http.Request) (any, error) {
	s, err := i.Loop.Status(ctx)
	if err != nil {
		return nil, err
	}
	braked, err := i.Loop.Braked(ctx)
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return nil, err
	}
	out := statusOf(s, braked)
	out.Version = i.Version
	if i.Config != nil {
		out.Config = i.Config()
	}
	holder, standby := i.standby()
	out.Leader, out.Standby = holder, standby
	if i.WAN != nil {
		out.WAN = wanOf(i.WAN())
	}
	return out, nil
}

func (i *Instance) journal(_ context.Context, r *http.Request) (any, error) {
	if i.Journal == nil {
		return nil, fmt.Errorf("read the journal: this instance keeps none: %w", errors.ErrUnsupported)
	}
	q, err := journalRequest(r.URL.Query().Get)
	if err != nil {
		return nil, err
	}
	return q.Collect(i.Journal.Entries(q.Filter())), nil
}

func journalRequest(get func(string) string) (q JournalRequest, err error) {
	if name := get("name"); name != "" {
		if q.Name, err = dnsname.Parse(name); err != nil {
			return q, fmt.Errorf("%w: name: %w", ErrBadRequest, err)
		}
	}
	if since := get("since"); since != "" {
		if q.Since, err = time.Parse(time.RFC3339Nano, since); err != nil {
			return q, fmt.Errorf("%w: since isn't a time of RFC 3339", ErrBadRequest)
		}
	}
	if limit := get("limit"); limit != "" {
		if q.Limit, err = strconv.Atoi(limit); err != nil || q.Limit < 1 || q.Limit > mostEntries {
			return q, fmt.Errorf("%w: limit must be from 1 to %d", ErrBadRequest, mostEntries)
		}
	}
	return q, nil
}

func (i *Instance) why(ctx context.Context, r *http.Request) (any, error) {
	if i.Why == nil {
		return nil, fmt.Errorf("explain: this instance can't: %w", errors.ErrUnsupported)
	}
	q := r.URL.Query()
	return i.Why(ctx, q.Get("of"), q.Get("view"))
}

func (i *Instance) held(ctx context.Context, _ *http.Request) (any, error) {
	braked, err := i.Loop.Braked(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]report.Held, 0, len(braked))
	for _, b := range braked {
		out = append(out, heldOf(b))
	}
	return out, nil
}

// approval says what is released.
type approval struct {
	Hash string `json:"hash"`
}

func (i *Instance) approve(ctx context.Context, r *http.Request) (any, error) {
	var a approval
	if err := read(r, &a); err != nil {
		return nil, err
	}
	if err := checkHash(a.Hash); err != nil {
		return nil, err
	}
	b, err := i.Loop.Approve(ctx, a.Hash)
	if err != nil {
		return nil, err
	}
	return heldOf(b), nil
}

// readUndo reads what is to be undone, and checks it.
func readUndo(r *http.Request) (w undoWire, q reconcile.UndoRequest, err error) {
	if err = read(r, &w); err == nil {
		q, err = w.request()
	}
	return w, q, err
}

func (i *Instance) planUndo(ctx context.Context, r *http.Request) (any, error) {
	_, q, err := readUndo(r)
	if err != nil {
		return nil, err
	}
	u, err := i.Loop.PlanUndo(ctx, q)
	if err != nil {
		return nil, err
	}
	return UndoOf(u), nil
}

func (i *Instance) undo(ctx context.Context, r *http.Request) (any, error) {
	w, q, err := readUndo(r)
	if err != nil {
		return nil, err
	}
	if err := checkHash(w.Hash); err != nil {
		return nil, err
	}
	u, err := i.Loop.Undo(ctx, q, w.Hash)
	if err != nil {
		return nil, err
	}
	return UndoOf(u), nil
}

// read reads the one JSON value that a request has.
func read(r *http.Request, into any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if _, after := d.Token(); err == nil && !errors.Is(after, io.EOF) {
		err = errors.New("something follows the JSON value")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBadRequest, err)
	}
	return nil
}
