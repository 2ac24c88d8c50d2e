// SPDX-License-Identifier: Apache-2.0

//go:build linux

package control_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"nafuda.io/nafuda/internal/ops/control"
)

// A child process of another user runs this test binary with one of these, and the address, in the environment.
const (
	roleVariable = "NAFUDA_TEST_ROLE"
	addrVariable = "NAFUDA_TEST_ADDRESS"
	asks         = "asks"
	listens      = "listens"
)

func TestMain(m *testing.M) {
	o := control.Options{Socket: os.Getenv(addrVariable)}
	switch os.Getenv(roleVariable) {
	case asks:
		c, err := control.NewClient(o, "")
		if err == nil {
			_, err = c.Status(context.Background())
		}
		fmt.Println(err)
	case listens:
		l, err := control.Listen(context.Background(), o, "", slog.New(slog.DiscardHandler))
		fmt.Println(err)
		if err == nil {
			_ = control.Serve(context.Background(), l, control.Instance{Loop: newScripted()})
		}
	default:
		os.Exit(m.Run())
	}
}

// stranger is this test as another user.
func stranger(t *testing.T, uid int, role string, o control.Options) *exec.Cmd {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can start a process of another user")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The test binary lies where only root may look.
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "peer")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "test")
	if err := os.WriteFile(program, text, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), program)
	cmd.Dir = "/"
	cmd.Env = []string{roleVariable + "=" + role, addrVariable + "=" + o.Socket}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	return cmd
}

const somebody = 65532

func abstractName(t *testing.T) control.Options {
	t.Helper()
	return control.Options{Socket: fmt.Sprintf("@nafuda-%s-%d", t.Name(), os.Getpid())}
}

// An abstract name has no mode: the kernel's word on the peer alone keeps others out.
func TestSecretFromOtherUsers(t *testing.T) {
	o := abstractName(t)
	loop := newScripted()
	var log bytes.Buffer
	l, err := control.Listen(t.Context(), o, "", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { done <- control.Serve(ctx, l, control.Instance{Loop: loop}) }()
	// It asks as its own user; it would take the answer of anyone, for the one who listens is root.
	for range 2 {
		out, err := stranger(t, somebody, asks, o).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) == "<nil>" {
			t.Errorf("another user got an answer: %s %v", out, err)
		}
	}
	if len(loop.asked) > 0 {
		t.Error("another user reached the loop")
	}
	if _, err := client(t, o).Status(t.Context()); err != nil {
		t.Errorf("this user: %v", err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "uid=65532"); n != 1 {
		t.Errorf("the log names the other user %d times, want once:\n%s", n, log.String())
	}
}

// Root asks others' instances where it names them. Nobody else does, and root doesn't trust who has taken the usual name.
func TestWhoListens(t *testing.T) {
	o := abstractName(t)
	start(t, o, somebody)
	if _, err := client(t, o).Status(t.Context()); err != nil {
		t.Errorf("root, by name: %v", err)
	}
	out, err := stranger(t, somebody+1, asks, o).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "user 65532 listens there, and this is user 65533") {
		t.Errorf("a third user: %s %v", out, err)
	}
	usual := control.Options{Socket: "@nafuda-0"}
	if l, err := control.Listen(t.Context(), usual, "", quiet()); err != nil {
		t.Skip("a process of this machine has the usual name of root's instance")
	} else {
		l[0].Close()
	}
	start(t, usual, somebody)
	c, err := control.NewClient(control.Options{}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err = c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "user 65532 listens there, and this is user 0") {
		t.Errorf("root, by the usual name: %v", err)
	}
}

// start runs an instance of another user until the test's end.
func start(t *testing.T, o control.Options, uid int) {
	t.Helper()
	cmd := stranger(t, uid, listens, o)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	first := make([]byte, 64)
	n, err := out.Read(first)
	if err != nil || strings.TrimSpace(string(first[:n])) != "<nil>" {
		t.Fatalf("%s %v", first[:n], err)
	}
}
