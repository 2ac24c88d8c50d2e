// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/test/child"
	"nafuda.io/nafuda/test/kube"
)

// reference are the arguments of the reference set-up, to the letter.
func reference() []string {
	return []string{
		"--source=service", "--source=ingress", "--domain-filter=example.com", "--provider=aws", "--policy=upsert-only",
		"--aws-zone-type=public", "--registry=txt", "--txt-owner-id=ZOWNER", "--txt-prefix=prefix_", "--log-level=debug",
	}
}

// with changes arguments: one whose flag is there takes its place, another is added, and "-flag" takes one out.
func with(changes ...string) []string {
	args := reference()
	for _, c := range changes {
		flag, _, _ := strings.Cut(c, "=")
		out := strings.TrimPrefix(flag, "-without")
		i := slices.IndexFunc(args, func(a string) bool { return strings.HasPrefix(a, out+"=") })
		switch {
		case out != flag:
			args = slices.Delete(args, i, i+1)
		case i >= 0:
			args[i] = c
		default:
			args = append(args, c)
		}
	}
	return args
}

// process is the program while it runs.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	log     *child.Log
	address string // of /status.json and its like
	done    chan error
}

// command prepares the program as the reference set-up starts it: its kubeconfig where the home folder has one, its keys and a
// region that doesn't exist in the environment.
func (w *world) command(ctx context.Context, args []string, env ...string) *exec.Cmd {
	w.t.Helper()
	home := w.t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".kube"), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".kube", "config"), []byte(file(w.t, w.user.Kubeconfig)), 0o600); err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, w.binary, args...)
	cmd.Env = append([]string{
		"HOME=" + home, "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=" + secret, "AWS_DEFAULT_REGION=ap-northeest-1",
		"AWS_ENDPOINT_URL_ROUTE_53=" + w.url,
		"NAFUDA_VERIFY_SERVER=" + w.dns.String(), // the zone's NS record set has names that are Amazon's
	}, env...)
	return cmd
}

// secret is nothing that a log may have.
const secret = "EXAMPLEKEYEXAMPLEKEYEXAMPLEKEYEXAMPLEKEY"

// start starts the program. It must still run when stop is called, or else when the test ends.
func (w *world) start(args []string, env ...string) *process {
	w.t.Helper()
	p := &process{t: w.t, log: &child.Log{}, done: make(chan error, 1), address: freeAddress(w.t)}
	p.cmd = w.command(context.Background(), args, append(env, "NAFUDA_METRICS_ADDRESS="+p.address)...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	go func(cmd *exec.Cmd) { p.done <- cmd.Wait() }(p.cmd)
	w.t.Cleanup(func() {
		p.stop()
		if w.t.Failed() {
			w.t.Logf("the program's log, without its reflectors' lines:\n%s", regexp.MustCompile("(?m)^.* reflector=.*\n").ReplaceAllString(p.log.String(), ""))
		}
	})
	return p
}

// stop ends the program as Kubernetes does, and waits.
func (p *process) stop() {
	p.t.Helper()
	if p.cmd == nil {
		return
	}
	cmd := p.cmd
	p.cmd = nil
	select {
	case err := <-p.done:
		p.t.Errorf("the program has ended by itself: %v", err)
		return
	default:
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Errorf("end the program: %v", err)
	}
	select {
	case err := <-p.done:
		if err != nil {
			p.t.Errorf("the program ended with: %v", err)
		}
	case <-time.After(time.Minute):
		_ = cmd.Process.Kill()
		p.t.Errorf("the program went on for a minute after it was told to end")
	}
	if strings.Contains(p.log.String(), secret) {
		p.t.Error("the log has the secret key")
	}
}

// ready waits until the program says that it is.
func (p *process) ready() {
	p.t.Helper()
	kube.Wait(p.t, "the program is ready", func() error { _, err := p.get("/readyz"); return err })
}

// get fetches a page; a status other than 200 is an error.
func (p *process) get(path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, "http://"+p.address+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", path, resp.Status, body)
	}
	return body, err
}

// status fetches and reads /status.json.
func (p *process) status() (reconcile.Status, error) {
	var s reconcile.Status
	body, err := p.get("/status.json")
	if err == nil {
		err = json.Unmarshal(body, &s)
	}
	return s, err
}

// wantLog waits until the log has a line for each regular expression.
func (p *process) wantLog(expressions ...string) {
	p.t.Helper()
	for _, e := range expressions {
		kube.Wait(p.t, "the log", func() error {
			if p.count(e) == 0 {
				return fmt.Errorf("no line matches %s", e)
			}
			return nil
		})
	}
}

// count counts the lines of the log that match a regular expression.
func (p *process) count(expression string) int {
	return len(regexp.MustCompile("(?m)"+expression).FindAllString(p.log.String(), -1))
}

// freeAddress is a loopback address whose port is free now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// run runs the program to its end and returns its output and exit status.
func (w *world) run(args []string, env ...string) (out, log string, code int) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	cmd := w.command(ctx, args, append(env, "NAFUDA_METRICS_ADDRESS="+freeAddress(w.t))...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && ctx.Err() == nil {
		return stdout.String(), stderr.String(), exit.ExitCode()
	}
	if err != nil {
		w.t.Fatalf("run %v: %v\n%s", args, err, stderr.String())
	}
	return stdout.String(), stderr.String(), 0
}
