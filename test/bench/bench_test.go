// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

var (
	binary    = flag.String("binary", "", "path of the program; empty: nothing is measured")
	sizes     = flag.String("sizes", "1000,10000,100000", "numbers of Ingresses")
	served    = flag.Int("served", 10_000, "largest number that goes through the API server; more are files")
	changed   = flag.Int("changes", 300, "how many single changes are measured")
	slowly    = flag.Int("slow-changes", 100, "how many of them with latency added; 0: none")
	idleFor   = flag.Duration("idle", 2*time.Minute, "what an hour without changes is scaled down to, at least 2m; 0: not measured")
	dnsFor    = flag.Duration("dns", 10*time.Second, "how long each load of the name server is; 0: it isn't measured")
	page      = flag.String("page", "", "the page to write; empty: only print")
	extraArgs = flag.String("extra", "", "more arguments of the program, separated by spaces")
)

// BenchmarkTable measures everything once; run it with -benchtime=1x.
func BenchmarkTable(b *testing.B) {
	if *binary == "" {
		b.Skip("-binary names no program to measure: run make bench")
	}
	program, err := filepath.Abs(*binary)
	if err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(program)
	if err != nil {
		b.Fatal(err)
	}
	r := &run{t: b, program: program}
	all, err := r.measure(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	served, err := r.answering()
	if err != nil {
		b.Fatal(err)
	}
	text := render(all, info.Size())
	fmt.Fprintln(os.Stderr, text+"\n"+served)
	if *page == "" {
		return
	}
	machine, err := describe()
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(*page, []byte(document(machine, *slowly, *idleFor, text, served)), 0o644); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkDNS measures the name server alone and prints its table; run it with -benchtime=1x.
func BenchmarkDNS(b *testing.B) {
	served, err := (&run{t: b}).answering()
	if err != nil {
		b.Skip(err) // dnsperf isn't everywhere
	}
	fmt.Fprintln(os.Stderr, served)
}

// answering measures the name server.
func (r *run) answering() (string, error) {
	if *dnsFor <= 0 {
		return (*answering)(nil).render(), nil
	}
	r.say("ask the name server for %v four times", *dnsFor)
	a, err := measureDNS(r.t, *dnsFor)
	if err != nil {
		return "", err
	}
	return a.render(), nil
}

// run is one run of the benchmark.
type run struct {
	t       testing.TB
	program string
	cluster *cluster
	// generation is that of the objects' addresses. It only grows, since sizes share the API server: a change to the address that
	// an object has already is none.
	generation int
}

func (r *run) measure(ctx context.Context) ([]*figures, error) {
	list, err := numbers(*sizes)
	if err != nil {
		return nil, err
	}
	var all []*figures
	for _, n := range list {
		all = append(all, &figures{size: n})
	}
	// Loading objects takes long and disturbs whatever is timed; an idle hour is counted, not timed.
	var idles errgroup.Group
	idle := false
	for _, f := range all {
		if f.size > *served {
			continue
		}
		if err := r.serve(ctx, f.size); err != nil {
			return nil, err
		}
		if !idle && *idleFor > 0 {
			idle = true
			for _, f := range all {
				if f.size <= *served {
					idles.Go(func() error { return r.idle(ctx, f) })
				}
			}
			if err := idles.Wait(); err != nil {
				return nil, err
			}
		}
		if err := r.size(ctx, f, r.cluster); err != nil {
			return nil, err
		}
	}
	for _, f := range all {
		if f.size <= *served {
			continue
		}
		files := folder{r.t.TempDir()}
		if err := files.load(ctx, f.size); err != nil {
			return nil, err
		}
		if err := r.size(ctx, f, files); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// numbers reads a list of numbers, the smallest first.
func numbers(list string) ([]int, error) {
	var out []int
	for text := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("-sizes=%s: %q isn't a number of objects", list, text)
		}
		out = append(out, n)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// serve has the API server hold n objects.
func (r *run) serve(ctx context.Context, n int) error {
	if r.cluster == nil {
		var err error
		if r.cluster, err = newCluster(r.t); err != nil {
			return err
		}
	}
	r.say("put %d objects into the API server", n)
	return r.cluster.load(ctx, n)
}

// start starts the program.
func (r *run) start(s *service, more ...string) (*child, error) {
	return launch(r.t, r.program, s, append(more, strings.Fields(*extraArgs)...)...)
}

func (r *run) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}
