// SPDX-License-Identifier: Apache-2.0

package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"syscall"

	"nafuda.io/nafuda/internal/memory/filelock"
)

const (
	dirMode    = 0o700
	socketMode = 0o600
)

// ErrInUse means that a living process has the address.
var ErrInUse = errors.New("another instance has it")

// Listen opens the sockets that the options ask for. A given one that can't be opened is an error; without any of the usual ones
// the instance works, and a warning says what commands then lack. Serve closes them.
func Listen(ctx context.Context, o Options, stateDir string, log *slog.Logger) ([]net.Listener, error) {
	var out []net.Listener
	var failed error
	for _, a := range o.addresses(stateDir) {
		l, err := listen(ctx, a, log)
		switch {
		case err == nil:
			log.Debug("listening for commands", "socket", string(a))
			out = append(out, l)
		case o.Socket != "":
			return nil, fmt.Errorf("listen on --control-socket=%s: %w; give another one, or none", a, err)
		default:
			failed = errors.Join(failed, fmt.Errorf("listen on %s: %w", a, err))
		}
	}
	if failed != nil && len(out) == 0 {
		log.Warn("commands such as approve can't reach this instance; give it a --control-socket of its own, and the commands the same, or give none", "err", failed)
	}
	return out, nil
}

// listen opens one socket, for this user and root alone.
func listen(ctx context.Context, a Address, log *slog.Logger) (net.Listener, error) {
	if err := a.check(); err != nil {
		return nil, err
	}
	var locked io.Closer
	if !a.abstract() {
		var err error
		if locked, err = prepare(string(a)); err != nil {
			return nil, err
		}
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", string(a))
	if err == nil && !a.abstract() {
		if err = os.Chmod(string(a), socketMode); err != nil {
			l.Close()
		}
	}
	if err != nil {
		if locked != nil {
			locked.Close()
		}
		if errors.Is(err, syscall.EADDRINUSE) {
			err = ErrInUse
		}
		return nil, err
	}
	return newGate(l.(*net.UnixListener), locked, log), nil
}

// prepare makes sure that nobody alive has the path and that nothing is there: the socket of a dead process goes, any other file
// stays and is an error.
func prepare(path string) (io.Closer, error) {
	if err := os.MkdirAll(filepath.Dir(path), dirMode); err != nil {
		return nil, err
	}
	locked, err := filelock.Take(path + ".lock")
	if errors.Is(err, filelock.ErrTaken) {
		return nil, ErrInUse
	}
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return locked, nil
	case err == nil && info.Mode().Type() == fs.ModeSocket:
		err = os.Remove(path)
	case err == nil:
		err = fmt.Errorf("a file that is no socket is there")
	}
	if err != nil {
		locked.Close()
		return nil, err
	}
	return locked, nil
}
