// SPDX-License-Identifier: Apache-2.0

// Package status serves what a running instance says of itself over HTTP: /metrics, /healthz, /readyz and /status.json.
//
// It is read-only, has neither TLS nor a password, and shows what DNS shows anyway plus the names of objects. Where that is too
// much, listen on a loopback address.
package status

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// Handlers are where the pages get their content. A nil one's page isn't there. All may be called from several goroutines.
type Handlers struct {
	Metrics http.Handler
	// Ready returns what is missing until the instance does its work, one short text each; nothing once it is ready.
	Ready func() []string
	// Remark is what is to be known of an instance that is ready, such as who does the work in its place; empty, or nil: nothing.
	Remark func() string
	// Status returns a value for encoding/json, owned by the caller.
	Status func() any
}

const (
	readTimeout  = 10 * time.Second
	writeTimeout = 30 * time.Second
	idleTimeout  = 2 * time.Minute
	stopTimeout  = 5 * time.Second
	maxHeader    = 16 << 10
)

// Serve answers on the listener until the context ends, and then lets open requests finish for a few seconds. It closes the
// listener. It returns nil after the context's end, else why it can't go on.
func Serve(ctx context.Context, l net.Listener, h Handlers) error {
	srv := &http.Server{
		Handler: Mux(h), ReadHeaderTimeout: readTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve status on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	// The context has ended, and open requests still want their answer.
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if err := srv.Shutdown(stopping); err != nil {
		return errors.Join(fmt.Errorf("stop serving status on %s: %w", l.Addr(), err), srv.Close())
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve status on %s: %w", l.Addr(), err)
	}
	return nil
}

// Mux returns the pages.
func Mux(h Handlers) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "OK") })
	if h.Metrics != nil {
		mux.Handle("GET /metrics", h.Metrics)
	}
	if h.Ready != nil {
		mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
			if missing := h.Ready(); len(missing) > 0 {
				text(w, http.StatusServiceUnavailable, "not ready: "+strings.Join(missing, "; "))
				return
			}
			body := "OK"
			if h.Remark != nil {
				body = cmp.Or(h.Remark(), body)
			}
			text(w, http.StatusOK, body)
		})
	}
	if h.Status != nil {
		mux.HandleFunc("GET /status.json", func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, h.Status()) })
	}
	return http.MaxBytesHandler(mux, 0)
}

func text(w http.ResponseWriter, code int, body string) {
	header(w, "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(body)) // a client that went away is no error of ours
}

func writeJSON(w http.ResponseWriter, v any) {
	body, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		text(w, http.StatusInternalServerError, "the status can't be written as JSON")
		return
	}
	header(w, "application/json")
	_, _ = w.Write(append(body, '\n'))
}

func header(w http.ResponseWriter, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
}
