// SPDX-License-Identifier: Apache-2.0

package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"
)

// Client asks a running instance. Its methods may be called from several goroutines.
type Client struct {
	at   Address
	http *http.Client
}

const (
	askTimeout = time.Minute // more than an instance takes
	maxAnswer  = 256 << 20
)

// ErrNobody means that no instance listens there.
var ErrNobody = errors.New("no instance listens there")

// NewClient returns a client of the instance at an address, by the rules of Find; it doesn't connect yet.
func NewClient(o Options, stateDir string) (*Client, error) {
	at, err := o.Find(stateDir)
	if err != nil {
		return nil, err
	}
	c := &Client{at: at}
	guessed := o.Socket == "" && stateDir == ""
	c.http = &http.Client{Timeout: askTimeout, Transport: &http.Transport{
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: maxHeader,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, at, guessed) },
	}}
	return c, nil
}

// dial connects, and makes sure that the one who listens is this user, or root: anyone may take an abstract name that is free.
// Root may ask those of others, where it names them.
func dial(ctx context.Context, at Address, guessed bool) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", string(at))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
			err = ErrNobody
		}
		return nil, err
	}
	uid, err := peer(conn.(*net.UnixConn))
	own := os.Getuid()
	switch {
	case err != nil:
	case uid != own && uid != 0 && (own != 0 || guessed):
		err = fmt.Errorf("user %d listens there, and this is user %d: run the command as the user of the instance", uid, own)
	default:
		return conn, nil
	}
	conn.Close()
	return nil, err
}

// call sends a request and reads its answer.
func (c *Client) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("write a request: %w", err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://nafuda"+path, body)
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return c.unreached(err)
	}
	defer res.Body.Close()
	limited := &io.LimitedReader{R: res.Body, N: maxAnswer}
	text, err := io.ReadAll(limited)
	switch {
	case err != nil:
		return fmt.Errorf("read the answer of the instance at %s: %w", c.at, err)
	case limited.N == 0:
		return fmt.Errorf("read the answer of the instance at %s: it has more than %d bytes: ask for less", c.at, maxAnswer)
	case res.StatusCode != http.StatusOK:
		var f failure
		_ = json.Unmarshal(text, &f) // what isn't one of ours has no text
		return received(f, res.StatusCode)
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("read the answer of the instance at %s, is it of the same version?: %w", c.at, err)
	}
	return nil
}

// unreached says what to do where an instance can't be reached.
func (c *Client) unreached(err error) error {
	if errors.Is(err, ErrNobody) {
		return fmt.Errorf("ask the instance at %s: %w: is it running, as this user? Its --control-socket or --state-dir must be given here too", c.at, ErrNobody)
	}
	var op interface{ Timeout() bool }
	if errors.As(err, &op) && op.Timeout() {
		return fmt.Errorf("ask the instance at %s: %w", c.at, ErrBusy)
	}
	for next := err; next != nil; next = errors.Unwrap(next) { // the innermost says it without the URL, which is ours
		err = next
	}
	return fmt.Errorf("ask the instance at %s: %w", c.at, err)
}
