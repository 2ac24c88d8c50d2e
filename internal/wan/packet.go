// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

const (
	timeout     = 3 * time.Second // of one question
	mostStrange = 100             // datagrams that answer another question, before we give up
	datagram    = 2048            // read of one datagram, at most
)

// exchange sends a request over a connected socket, again after wait, 2*wait, 4*wait, and returns what read makes of the first datagram that
// it takes for an answer. Datagrams are anybody's: those that read doesn't know are passed over.
func exchange[T any](ctx context.Context, conn net.Conn, request []byte, wait time.Duration, read func([]byte) (T, bool, error)) (T, error) {
	var none T
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	in := make([]byte, datagram)
	strange := 0
	for ; ctx.Err() == nil; wait *= 2 {
		if _, err := conn.Write(request); err != nil {
			return none, fmt.Errorf("send: %w", err)
		}
		until := time.Now().Add(wait)
		if end, ok := ctx.Deadline(); ok && end.Before(until) {
			until = end
		}
		if err := conn.SetReadDeadline(until); err != nil {
			return none, err
		}
		for ctx.Err() == nil {
			n, err := conn.Read(in)
			var late net.Error
			if errors.As(err, &late) && late.Timeout() {
				break
			}
			if err != nil {
				return none, fmt.Errorf("receive: %w", err)
			}
			if out, ok, err := read(in[:n]); ok {
				return out, err
			}
			if strange++; strange > mostStrange {
				return none, errors.New("other datagrams came instead of an answer")
			}
		}
	}
	return none, errNoAnswer
}

var errNoAnswer = errors.New("no answer in time")
