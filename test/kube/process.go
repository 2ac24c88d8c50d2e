// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// errExited says that a program ended before it was ready, as it does when its port is taken.
var errExited = errors.New("the program ended")

// startTime is the longest time that a busy machine needs until the API server is ready.
const startTime = 2 * time.Minute

// process is a program that runs until the end of the test.
type process struct {
	name string
	log  string // path
	kill func()
	done chan struct{}
	os   *os.Process
}

// launch starts a program. It is killed, and waited for, when the test ends; its log is shown where the test has failed.
func launch(t testing.TB, dir, path string, args ...string) (*process, error) {
	p := &process{name: filepath.Base(path), done: make(chan struct{})}
	p.log = filepath.Join(dir, p.name+".log")
	out, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = dir, out, out, dieWithParent()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.name, err)
	}
	p.os = cmd.Process
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // it is killed in the end, so it never ends well
	}()
	p.kill = func() {
		_ = cmd.Process.Kill() // already gone is fine
		<-p.done
	}
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("the end of %s's log:\n%s", p.name, p.tail())
		}
	})
	return p, nil
}

func (p *process) exited() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s: %w\n%s", p.name, errExited, p.tail())
	default:
		return nil
	}
}

func (p *process) tail() []byte {
	all, err := os.ReadFile(p.log)
	if err != nil {
		return []byte(err.Error())
	}
	return bytes.TrimSpace(all[max(0, len(all)-4096):])
}

// ready waits until the API server says that it is.
func (c *Cluster) ready(ctx context.Context, programs ...*process) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		for _, p := range programs {
			if err := p.exited(); err != nil {
				return err
			}
		}
		if c.http == nil {
			c.http = trusting(c.ca)
		}
		if c.http != nil {
			if _, err := c.call(ctx, http.MethodGet, "/readyz", "", nil); err == nil {
				return nil
			}
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("wait until it is ready: %w\n%s", ctx.Err(), programs[len(programs)-1].tail())
		}
	}
}

// freePorts asks for n ports that are free now.
func freePorts(n int) ([]int, error) {
	ports := make([]int, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}
