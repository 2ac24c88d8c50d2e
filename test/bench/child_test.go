// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child is a running nafuda.
type child struct {
	cmd     *exec.Cmd
	page    string // its address
	log     string // path
	started time.Time
	done    chan struct{} // closed when it has ended
}

// reference are the arguments that ExternalDNS's users start it with.
func reference() []string {
	return []string{
		"--source=service", "--source=ingress", "--domain-filter=" + domain, "--provider=aws", "--policy=upsert-only", "--aws-zone-type=public",
		"--registry=txt", "--txt-owner-id=ZOWNER", "--txt-prefix=prefix_", "--log-level=debug",
	}
}

// launch starts the program with the reference arguments and more. It ends at the latest with the benchmark.
func launch(t testing.TB, binary string, s *service, more ...string) (*child, error) {
	return execute(t, binary, append(reference(), more...),
		"AWS_ENDPOINT_URL_ROUTE_53="+s.url, "AWS_ACCESS_KEY_ID=example", "AWS_SECRET_ACCESS_KEY=example", "AWS_DEFAULT_REGION=eu-west-1",
		"NAFUDA_VERIFY=false", // no server has the zone, and those that its NS record set names are Amazon's
	)
}

// execute starts the program with arguments, and variables beside HOME. It ends at the latest with the benchmark.
func execute(t testing.TB, binary string, args []string, env ...string) (*child, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	page := listener.Addr().String() // free again in a moment
	listener.Close()
	dir := t.TempDir()
	c := &child{page: "http://" + page, log: filepath.Join(dir, "log"), done: make(chan struct{})}
	out, err := os.Create(c.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	c.cmd = exec.Command(binary, append(args, "--metrics-address="+page)...)
	c.cmd.Stdout, c.cmd.Stderr, c.cmd.Dir = out, out, dir
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	c.cmd.Env = append([]string{"HOME=" + dir}, env...)
	c.started = time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(c.done)
		_ = c.cmd.Wait() // how it ends is seen in what it did
	}()
	t.Cleanup(c.stop)
	return c, nil
}

// stop ends the program as Kubernetes does, and waits.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM) // already gone is fine
	select {
	case <-c.done:
	case <-time.After(10 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// ready waits until the program says that it is, and returns how long that took from its start.
func (c *child) ready(ctx context.Context) (time.Duration, error) {
	client := &http.Client{Timeout: 10 * time.Second}
	var gone bool
	err := poll(ctx, func() bool {
		select {
		case <-c.done:
			gone = true
			return true
		default:
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.page+"/readyz", nil)
		if err != nil {
			return false
		}
		resp, err := client.Do(req)
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	if gone {
		log, _ := os.ReadFile(c.log)
		return 0, fmt.Errorf("wait until the program is ready: it has ended: %s", log[max(0, len(log)-2000):])
	}
	return time.Since(c.started), err
}

// memory is what the program has of the machine's, now and at most so far, in bytes (proc_pid_status(5)).
func (c *child) memory() (now, peak int64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, ":")
		kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch key {
		case "VmRSS":
			now = kib << 10
		case "VmHWM":
			peak = kib << 10
		}
	}
	return now, peak, nil
}

// processor is the time that processors have spent on the program (proc_pid_stat(5), fields 14 and 15).
func (c *child) processor() (time.Duration, error) { return processorTime(c.cmd.Process.Pid) }

func processorTime(pid int) (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return ticks(string(text))
}

// ticks reads the times of a line of /proc/PID/stat. The second field is a name in parentheses, which may have spaces.
func ticks(stat string) (time.Duration, error) {
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux that Go runs on
	fields := strings.Fields(stat[strings.LastIndex(stat, ")")+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("read the processor time: %d fields after the name", len(fields))
	}
	var sum int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read the processor time: %w", err)
		}
		sum += n
	}
	return time.Duration(sum) * tick, nil
}
