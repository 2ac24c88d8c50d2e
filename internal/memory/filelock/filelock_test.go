// SPDX-License-Identifier: Apache-2.0

package filelock_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"nafuda.io/nafuda/internal/memory/filelock"
)

func TestTake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := filelock.Take(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := filelock.Take(path); !errors.Is(err, filelock.ErrTaken) {
		t.Errorf("a second time: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := filelock.Take(path)
	if err != nil {
		t.Fatalf("once it is free: %v", err)
	}
	defer func() { _ = again.Close() }()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: it is for us alone", info.Mode(), err)
	}
}

// TestTakeFollowsNoLink: who can write into the folder can't have us make a file elsewhere.
func TestTakeFollowsNoLink(t *testing.T) {
	dir := t.TempDir()
	elsewhere := filepath.Join(dir, "elsewhere")
	if err := os.Symlink(elsewhere, filepath.Join(dir, "lock")); err != nil {
		t.Fatal(err)
	}
	if _, err := filelock.Take(filepath.Join(dir, "lock")); err == nil {
		t.Error("it was taken through a link")
	}
	if _, err := os.Lstat(elsewhere); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file behind the link: %v", err)
	}
}
