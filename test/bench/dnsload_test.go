// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// halfLoad is half of the target of 50,000 answers a second.
const halfLoad = 25_000

// dnsFigures are what one kind of name server did.
type dnsFigures struct {
	answers   float64       // a second, as many as go
	processor time.Duration // of the server for one of them
	lost      string        // as dnsperf says it
	median    time.Duration // at half load
	p99       time.Duration
}

// answering is the row of the built-in name server: it serves on one core, dnsperf asks from another.
type answering struct{ library, ours *dnsFigures }

// measureDNS measures our name server, and before it one around the DNS library's own server, for the same time each.
func measureDNS(t testing.TB, each time.Duration) (*answering, error) {
	dnsperf, err := exec.LookPath("dnsperf")
	if err != nil {
		return nil, errors.New("measure the name server: dnsperf isn't here: apt-get install dnsperf, or -dns=0 to leave it out")
	}
	file := filepath.Join(t.TempDir(), "questions")
	var b strings.Builder
	for i := range hosts {
		fmt.Fprintf(&b, "%s A\n", hostName(i*7919%hosts)) // in another order than the zone's
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		return nil, err
	}
	var a answering
	if a.library, err = loadDNS(t.Context(), "library", dnsperf, file, each); err != nil {
		return nil, err
	}
	if a.ours, err = loadDNS(t.Context(), "ours", dnsperf, file, each); err != nil {
		return nil, err
	}
	return &a, nil
}

// onCore is a command that runs on one core only, where there are several.
func onCore(ctx context.Context, core int, args ...string) *exec.Cmd {
	if runtime.NumCPU() > 1 {
		args = append([]string{"taskset", "-c", fmt.Sprint(core)}, args...)
	}
	return exec.CommandContext(ctx, args[0], args[1:]...)
}

func loadDNS(ctx context.Context, how, dnsperf, file string, each time.Duration) (*dnsFigures, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := onCore(ctx, 0, os.Args[0])
	server.Env = append(os.Environ(), servedBy+"="+how, "GOMAXPROCS=1")
	out, err := server.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	defer func() {
		cancel()
		_ = server.Wait() // killed
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("start the name server: %w", err)
	}
	args := []string{dnsperf, "-s", "127.0.0.1", "-p", strings.TrimSpace(line), "-d", file, "-l", fmt.Sprint(int(each.Seconds()))}
	before, err := processorTime(server.Process.Pid)
	if err != nil {
		return nil, err
	}
	full, err := onCore(ctx, 1, args...).Output()
	if err != nil {
		return nil, fmt.Errorf("dnsperf: %w", err)
	}
	after, err := processorTime(server.Process.Pid)
	if err != nil {
		return nil, err
	}
	f := &dnsFigures{lost: field(string(full), "Queries lost")}
	if f.answers, err = strconv.ParseFloat(field(string(full), "Queries per second"), 64); err != nil {
		return nil, fmt.Errorf("dnsperf's answers a second: %w", err)
	}
	done, _, _ := strings.Cut(field(string(full), "Queries completed"), " ")
	if n, err := strconv.Atoi(done); err == nil && n > 0 {
		f.processor = (after - before) / time.Duration(n)
	}
	half, err := onCore(ctx, 1, append(args, "-Q", fmt.Sprint(halfLoad), "-v")...).Output()
	if err != nil {
		return nil, fmt.Errorf("dnsperf: %w", err)
	}
	times := latencies(string(half))
	f.median, f.p99 = quantile(times, 0.5), quantile(times, 0.99)
	return f, nil
}

// latencies reads the lines "> NOERROR host1.example.com A 0.000123".
func latencies(text string) (out []time.Duration) {
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) == 5 && f[0] == ">" {
			if s, err := strconv.ParseFloat(f[4], 64); err == nil {
				out = append(out, time.Duration(s*float64(time.Second)))
			}
		}
	}
	return out
}

func (a *answering) render() string {
	if a == nil {
		return "It wasn't measured this time.\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "|  | target | the DNS library's own server | ours |\n| --- | --- | --- | --- |\n")
	rate := func(f *dnsFigures) string { return thousands(int(f.answers)) }
	micro := func(d time.Duration) string { return fmt.Sprintf("%.1f µs", float64(d)/1e3) }
	milli := func(f *dnsFigures) string {
		return fmt.Sprintf("%.2f ms, %.2f ms", float64(f.median)/float64(ms), float64(f.p99)/float64(ms))
	}
	fmt.Fprintf(&b, "| answers a second | ≥ 50,000 | %s | %s: %s |\n", rate(a.library), rate(a.ours), judge(a.ours.answers >= 2*halfLoad))
	fmt.Fprintf(&b, "| queries lost | – | %s | %s |\n", a.library.lost, a.ours.lost)
	fmt.Fprintf(&b, "| processor time for one answer | – | %s | %s |\n", micro(a.library.processor), micro(a.ours.processor))
	fmt.Fprintf(&b, "| at %s a second: p50, p99 | p99 ≤ 1 ms | %s | %s: %s |\n", thousands(halfLoad), milli(a.library), milli(a.ours), judge(a.ours.p99 <= ms))
	return b.String()
}
