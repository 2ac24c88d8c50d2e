// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is what is run, again and again.
type program struct {
	binary, dir string
	env         []string
	flags       []string // of every process
	stateDir    string
}

// build builds the program, once, without the race detector unless it is asked for: it is slow enough here.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "nafuda")
	args := []string{"build", "-o", path}
	if *races {
		args = append(args, "-race")
	}
	if out, err := exec.CommandContext(t.Context(), "go", append(args, "../../cmd/nafuda")...).CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return path
}

func newProgram(t *testing.T, url, kubeconfig string, maxDeletes int) *program {
	t.Helper()
	dir := t.TempDir()
	return &program{
		binary: build(t), dir: dir, stateDir: filepath.Join(dir, "state"),
		env: []string{
			"HOME=" + dir, "AWS_ENDPOINT_URL_ROUTE_53=" + url, "AWS_SECRET_ACCESS_KEY=example", "AWS_DEFAULT_REGION=eu-west-1",
			"GORACE=halt_on_error=1",
			"NAFUDA_VERIFY=false", // the servers that the zones' NS record sets name are Amazon's
		},
		flags: []string{
			"--kubeconfig=" + kubeconfig, "--source=ingress", "--provider=aws", "--policy=sync", "--registry=txt", "--txt-owner-id=" + owner,
			"--txt-prefix=" + prefix, "--txt-format=typed", "--domain-filter=example.com", "--domain-filter=example.net", "--domain-filter=example.org",
			"--delete-after=1s", fmt.Sprintf("--max-deletes=%d", maxDeletes), "--max-update-percent=100", "--aws-api-rate=50", "--aws-api-burst=50",
			"--metrics-address=",
		},
	}
}

// alone are the flags of a process that has no other beside it.
func (p *program) alone() []string {
	return []string{"--state-dir=" + p.stateDir, "--leader-elect=false"}
}

// command prepares a command of the program, as someone with a key id.
func (p *program) command(ctx context.Context, who string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.binary, args...)
	cmd.Env = append(slices.Clone(p.env), "AWS_ACCESS_KEY_ID="+who)
	cmd.Dir = p.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// run runs a command to its end and returns its output and exit status; -1: it couldn't be run.
func (p *program) run(ctx context.Context, args ...string) (stdout, stderr string, code int) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := p.command(ctx, "COMMAND", args...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return "", err.Error(), -1
	}
	return out.String(), log.String(), cmd.ProcessState.ExitCode()
}

// child is the running program.
type child struct {
	who  string
	cmd  *exec.Cmd
	log  string // path
	done chan struct{}
}

// start starts the program; number tells the logs apart.
func (p *program) start(t *testing.T, who string, number int, args ...string) (*child, error) {
	c := &child{who: who, log: filepath.Join(p.dir, fmt.Sprintf("%s-%03d.log", who, number)), done: make(chan struct{})}
	out, err := os.Create(c.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	c.cmd = p.command(context.Background(), who, append(slices.Clone(p.flags), args...)...)
	c.cmd.Stdout, c.cmd.Stderr = out, out
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	t.Cleanup(c.kill)
	go func() {
		defer close(c.done)
		_ = c.cmd.Wait() // how it ends is known, or looked after by ended
	}()
	return c, nil
}

// ended reports whether it has ended.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// kill ends it at once.
func (c *child) kill() {
	_ = c.cmd.Process.Kill() // already gone is fine
	<-c.done
}

// stop ends it as Kubernetes does, and returns how long that took.
func (c *child) stop() time.Duration {
	begin := time.Now()
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // already gone is fine
	select {
	case <-c.done:
	case <-time.After(10 * time.Second):
		c.kill()
	}
	return time.Since(begin)
}

// tail is the end of its log.
func (c *child) tail() string {
	all, err := os.ReadFile(c.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(all), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}
