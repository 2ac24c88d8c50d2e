// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = time.Minute
	stopTimeout   = time.Second
	maxHeader     = 8 << 10
	maxBody       = 64 << 10
)

// Serve answers on the listeners, none of them included, until the context ends, and closes them. Open requests then get their answer at once. It
// returns nil after the context's end, else why it can't go on.
func Serve(ctx context.Context, listeners []net.Listener, i Instance) error {
	srv := &http.Server{
		Handler: http.MaxBytesHandler(mux(&i), maxBody), ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: log.New(io.Discard, "", 0), // a client's mistakes are told to the client
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	srv.SetKeepAlivesEnabled(false)
	var group errgroup.Group
	failed := make(chan struct{}, len(listeners))
	for _, l := range listeners {
		group.Go(func() error {
			defer func() { failed <- struct{}{} }()
			if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve commands on %s: %w", l.Addr(), err)
			}
			return nil
		})
	}
	select {
	case <-ctx.Done():
	case <-failed:
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if srv.Shutdown(stopping) != nil {
		_ = srv.Close() // those who still wait have had their time
	}
	return group.Wait()
}
