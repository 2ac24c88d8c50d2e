// SPDX-License-Identifier: Apache-2.0

package control_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/ops/control"
)

func TestAddresses(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("abstract names and the length of paths are Linux's")
	}
	usual := fmt.Sprintf("@nafuda-%d", os.Getuid())
	tests := map[string]struct {
		socket, stateDir string
		want             control.Address
		mistake, why     string
	}{
		"nothing":    {want: control.Address(usual), why: "what kubectl exec knows"},
		"state dir":  {stateDir: "/var/lib/nafuda", want: "/var/lib/nafuda/control.sock", why: "of that instance"},
		"given":      {socket: "/run/n.sock", stateDir: "/var/lib/nafuda", want: "/run/n.sock", why: "given beats guessed"},
		"abstract":   {socket: "@n", want: "@n", why: "a name"},
		"none":       {socket: "none", mistake: "needs the socket of a running instance", why: "nothing to ask"},
		"longest":    {socket: "/" + strings.Repeat("x", 106), want: control.Address("/" + strings.Repeat("x", 106)), why: "107 bytes and a zero byte are 108"},
		"too long":   {socket: "/" + strings.Repeat("x", 107), mistake: "108 bytes are too long", why: "sun_path has 108 with its zero byte"},
		"long dir":   {stateDir: "/" + strings.Repeat("x", 107), mistake: "too long", why: "as for a given one"},
		"no name":    {socket: "@", mistake: "no name", why: "the kernel would choose one"},
		"zero byte":  {socket: "/a\x00b", mistake: "zero byte", why: "the kernel would stop there"},
		"other none": {socket: "None", want: "None", why: "a file may have that name"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := control.Options{Socket: tt.socket}
			got, err := o.Find(tt.stateDir)
			if got != tt.want || (tt.mistake == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.mistake) {
				t.Errorf("%q, %v, want %q, %q: %s", got, err, tt.want, tt.mistake, tt.why)
			}
			if o.Socket != "none" && tt.stateDir == "" && (o.Check() == nil) != (err == nil) {
				t.Errorf("Check says %v: %s", o.Check(), tt.why)
			}
		})
	}
}

func TestSocketIsOurs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	o := control.Options{Socket: filepath.Join(dir, "c.sock")}
	stop := serveAt(t, o, control.Instance{Loop: newScripted()})
	for path, want := range map[string]fs.FileMode{dir: fs.ModeDir | 0o700, o.Socket: fs.ModeSocket | 0o600, o.Socket + ".lock": 0o600} {
		if info, err := os.Lstat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v, want %v", filepath.Base(path), info.Mode(), err, want)
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(o.Socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is left behind: %v", err)
	}
}

// stale leaves a socket behind as a process does that is killed.
func stale(t *testing.T, path string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	if _, err := os.Lstat(path); err != nil {
		t.Fatal(err)
	}
}

func TestStaleSocketIsReplaced(t *testing.T) {
	o := control.Options{Socket: filepath.Join(t.TempDir(), "c.sock")}
	stale(t, o.Socket)
	_, err := client(t, o).Status(t.Context())
	is(t, err, control.ErrNobody, "nobody listens")
	serveAt(t, o, control.Instance{Loop: newScripted()})
	if _, err := client(t, o).Status(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOtherFilesStay(t *testing.T) {
	for name, put := range map[string]func(path string) error{
		"file": func(p string) error { return os.WriteFile(p, []byte("mine"), 0o600) },
		"link": func(p string) error { return os.Symlink("elsewhere", p) },
		"dir":  func(p string) error { return os.Mkdir(p, 0o700) },
		"lock": func(p string) error { return os.Symlink("elsewhere", p+".lock") },
	} {
		t.Run(name, func(t *testing.T) {
			o := control.Options{Socket: filepath.Join(t.TempDir(), "c.sock")}
			if err := put(o.Socket); err != nil {
				t.Fatal(err)
			}
			if l, err := control.Listen(t.Context(), o, "", quiet()); err == nil || len(l) > 0 {
				t.Errorf("it was replaced, or followed")
			}
			entries, _ := os.ReadDir(filepath.Dir(o.Socket))
			for _, e := range entries {
				if e.Name() == "elsewhere" {
					t.Error("a link was followed")
				}
			}
		})
	}
}

func TestTwoInstances(t *testing.T) {
	name := fmt.Sprintf("@nafuda-test-%d", os.Getpid())
	for kind, o := range map[string]control.Options{"path": {Socket: filepath.Join(t.TempDir(), "c.sock")}, "abstract": {Socket: name}} {
		t.Run(kind, func(t *testing.T) {
			if kind == "abstract" && runtime.GOOS != "linux" {
				t.Skip("only Linux has abstract names")
			}
			stop := serveAt(t, o, control.Instance{Loop: newScripted(), Version: "first"})
			_, err := control.Listen(t.Context(), o, "", quiet())
			is(t, err, control.ErrInUse, "a given socket that is in use is a mistake")
			if s, err := client(t, o).Status(t.Context()); err != nil || s.Version != "first" {
				t.Errorf("the first instance doesn't answer any more: %+v, %v", s, err)
			}
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			serveAt(t, o, control.Instance{Loop: newScripted(), Version: "second"})
			if s, err := client(t, o).Status(t.Context()); err != nil || s.Version != "second" {
				t.Errorf("after the first one's end: %+v, %v", s, err)
			}
		})
	}
}

// Without a socket of its own, the second instance of a user works on, and says what to do.
func TestUsualSocketInUse(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has abstract names")
	}
	var log bytes.Buffer
	var first, second control.Options
	dir := t.TempDir()
	one, err := control.Listen(t.Context(), first, dir, quiet())
	if err != nil || len(one) == 0 {
		t.Fatalf("%d listeners, %v", len(one), err)
	}
	two, err := control.Listen(t.Context(), second, dir, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil || len(two) != 0 {
		t.Errorf("%d listeners, %v", len(two), err)
	}
	if !strings.Contains(log.String(), "--control-socket") || !strings.Contains(log.String(), "another instance has it") {
		t.Errorf("the log says %s", log.String())
	}
	// With a folder of its own it has that, and there is nothing to warn of.
	log.Reset()
	three, err := control.Listen(t.Context(), second, t.TempDir(), slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil || len(three) != 1 || log.Len() > 0 {
		t.Errorf("%d listeners, %v, log %s", len(three), err, log.String())
	}
	for _, l := range append(one, three...) {
		l.Close()
	}
}

func TestNone(t *testing.T) {
	l, err := control.Listen(t.Context(), control.Options{Socket: "none"}, t.TempDir(), quiet())
	if err != nil || len(l) > 0 {
		t.Errorf("%d listeners, %v", len(l), err)
	}
}
