// SPDX-License-Identifier: Apache-2.0

// Package statedir keeps what must outlive the process in a folder: the file "state", which is replaced as a whole. Others keep files
// of their own beside it.
package statedir

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

const (
	file    = "state"
	fresh   = "state.new" // what is written before it takes the other's place
	private = 0o600
	// head begins the file: the word, the checksum of what follows, and the end of the line.
	head = "nafuda-state-1 "
)

// MaxBytes bounds what Save takes and Load reads.
const MaxBytes = 1 << 20

// Dir is a folder, by its path. Its methods may be called from several goroutines of one process, but Save not by two at once.
type Dir string

// Prepare makes the folder, for us alone, where it isn't there, and finds out whether we can write in it.
func (d Dir) Prepare() error {
	root, err := d.made()
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	f, err := root.OpenFile(fresh, os.O_CREATE|os.O_WRONLY, private)
	if err != nil {
		return fmt.Errorf("write in --state-dir=%s, which must be a folder that we may write in: %w", d, err)
	}
	return f.Close()
}

// made opens the folder, which it makes for us alone where it isn't there.
func (d Dir) made() (*os.Root, error) {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of --state-dir: %w", err)
	}
	root, err := os.OpenRoot(string(d))
	if err != nil {
		return nil, fmt.Errorf("open the folder of --state-dir: %w", err)
	}
	return root, nil
}

// Load returns what was saved last, or nothing where nothing was. A file that was cut or changed is an error.
func (d Dir) Load(context.Context) ([]byte, error) {
	root, err := os.OpenRoot(string(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the folder of --state-dir: %w", err)
	}
	defer func() { _ = root.Close() }()
	info, err := root.Stat(file) // before it is opened: a pipe would wait for its writer
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read the state: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("read the state: %s in %s isn't a file", file, d)
	}
	f, err := root.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, int64(headBytes+MaxBytes+1)))
	if err != nil {
		return nil, fmt.Errorf("read the state: %w", err)
	}
	return decode(data)
}

// Save returns once the bytes are safe. Whatever happens meanwhile, Load returns them or those before, never a mixture.
func (d Dir) Save(_ context.Context, state []byte) error {
	if len(state) > MaxBytes {
		return fmt.Errorf("write the state: %d bytes are more than %d", len(state), MaxBytes)
	}
	root, err := d.made()
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := write(root, encode(state)); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	if err := root.Rename(fresh, file); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return syncFolder(root)
}

func write(root *os.Root, data []byte) error {
	f, err := root.OpenFile(fresh, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, private)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncFolder makes the new name safe.
func syncFolder(root *os.Root) error {
	f, err := root.Open(".")
	if err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := f.Sync(); err != nil {
		return fmt.Errorf("write the state: %w", err)
	}
	return nil
}

const headBytes = len(head) + 2*sha256.Size + 1

func encode(state []byte) []byte {
	sum := sha256.Sum256(state)
	return append([]byte(head+hex.EncodeToString(sum[:])+"\n"), state...)
}

// decode takes encode's head off.
func decode(data []byte) ([]byte, error) {
	if len(data) < headBytes || !bytes.Equal(data, encode(data[headBytes:])) {
		return nil, fmt.Errorf("read the state: the file %s isn't as we wrote it: remove it, and the brake is careful for an hour", file)
	}
	return data[headBytes:], nil
}
