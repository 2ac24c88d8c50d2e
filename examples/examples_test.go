// SPDX-License-Identifier: Apache-2.0

// Package examples runs the examples of bare metal: every folder here that has a file args.
package examples

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/cli"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/control"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/test/golden"
)

// TestMain makes the test binary the program itself where it is called by its name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "nafuda" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := cli.Main(ctx, cli.IO{Args: os.Args[1:], Env: os.Environ(), Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}

// each runs a test with every example, beside each other.
func each(t *testing.T, test func(t *testing.T, e *example)) {
	folders, err := filepath.Glob("*/args")
	if err != nil || len(folders) < 7 {
		t.Fatalf("there are the examples %v (%v)", folders, err)
	}
	for _, args := range folders {
		t.Run(filepath.Dir(args), func(t *testing.T) {
			t.Parallel()
			test(t, newExample(t, filepath.Dir(args)))
		})
	}
}

// TestProofExamples plans and publishes what an example has in objects, and then, one after the other, what its numbered folders change.
// Each run is a new process, which knows of what was before only from the zone. Whatever happens to statuses and nodes, nothing is lost.
func TestProofExamples(t *testing.T) {
	each(t, func(t *testing.T, e *example) {
		var out strings.Builder
		for _, step := range append([]string{"objects"}, e.steps...) {
			e.take(step)
			plan := regexp.MustCompile(`Plan [0-9a-f]+`).ReplaceAllString(e.run("plan"), "Plan HASH") // it changes with the form of its JSON
			e.publish()
			fmt.Fprintf(&out, "# %s: nafuda plan @examples/%s/args\n%s\n# %s: the zone afterwards\n%s\n", step, e.name, plan, step, e.zone(step))
			if p := e.plan(); len(p.Changes) > 0 {
				t.Errorf("%s: what was applied is planned again: %v", step, p.Changes)
			}
		}
		golden.File(t, filepath.Join(e.name, "expected.txt"), strings.TrimSpace(out.String())+"\n")
	})
}

// TestOnePathExamples does the same with one process that runs all the while: it holds as many names after each step, and the zone is the
// same.
func TestOnePathExamples(t *testing.T) {
	each(t, func(t *testing.T, e *example) {
		afresh := newExample(t, e.name)
		afresh.take("objects")
		client := e.start()
		for _, step := range append([]string{"objects"}, e.steps...) {
			e.take(step)
			afresh.take(step)
			afresh.publish()
			zone, held := afresh.zone(step), len(afresh.plan().Held)
			var got string
			for late := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
				status, err := client.Status(t.Context())
				now := e.zone(step)
				if got = fmt.Sprintf("%d held, err %v\n%s", heldNames(status), err, now); err == nil && status.Ready && heldNames(status) == held && now == zone {
					break
				}
				if time.Now().After(late) {
					t.Fatalf("%s: want %d held\n%sgot %s", step, held, zone, got)
				}
			}
		}
	})
}

func heldNames(s report.Status) (n int) {
	for _, c := range s.Names {
		if c.What == change.Held {
			n += c.N
		}
	}
	return n
}

// TestReadmes holds the pages to the examples: each has a page with its arguments, and a line in the list.
func TestReadmes(t *testing.T) {
	list := read(t, "README.md")
	folders, _ := filepath.Glob("*/args")
	for _, args := range folders {
		name := filepath.Dir(args)
		page := read(t, filepath.Join(name, "README.md"))
		for line := range strings.Lines(read(t, args)) {
			if !strings.Contains(page, strings.TrimSpace(line)) {
				t.Errorf("%s/README.md doesn't show the argument %s", name, line)
			}
		}
		steps, _ := filepath.Glob(filepath.Join(name, "[0-9]*"))
		for _, step := range steps {
			if !strings.Contains(page, "`"+filepath.Base(step)+"`") {
				t.Errorf("%s/README.md doesn't tell what %s shows", name, step)
			}
		}
		if !strings.Contains(list, "("+name+"/README.md)") {
			t.Errorf("README.md doesn't list %s", name)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// example is an example in a folder of its own, with a zone example.com of its own.
type example struct {
	t          *testing.T
	name, home string
	steps      []string
	emu        *r53emu.Server
	id, url    string
	keys       []string // of the record sets that were in the zone at last
}

func newExample(t *testing.T, name string) *example {
	t.Helper()
	e := &example{t: t, name: name, home: t.TempDir()}
	e.url, e.emu = r53emutest.Start(t, r53emu.Options{})
	e.id = e.emu.AddZone("example.com", false)
	if err := os.CopyFS(filepath.Join(e.home, "examples", name), os.DirFS(name)); err != nil {
		t.Fatal(err)
	}
	steps, err := filepath.Glob(filepath.Join(name, "[0-9]*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range steps { // Glob sorts
		e.steps = append(e.steps, filepath.Base(s))
	}
	return e
}

// take puts the files of a step in place of those of the same name.
func (e *example) take(step string) {
	e.t.Helper()
	files, err := filepath.Glob(filepath.Join(e.name, step, "*.yaml"))
	if err != nil || len(files) == 0 {
		e.t.Fatalf("%s has no objects (%v)", step, err)
	}
	for _, f := range files {
		to := filepath.Join(e.home, "examples", e.name, "objects", filepath.Base(f))
		if err := os.WriteFile(to, []byte(read(e.t, f)), 0o600); err != nil {
			e.t.Fatal(err)
		}
	}
}

// command prepares the program with the example's arguments.
func (e *example) command(command string, more ...string) *exec.Cmd {
	e.t.Helper()
	self, err := os.Executable()
	if err != nil {
		e.t.Fatal(err)
	}
	cmd := exec.CommandContext(e.t.Context(), self)
	cmd.Args = append([]string{"nafuda", command, "@examples/" + e.name + "/args"}, more...)
	cmd.Dir = e.home
	cmd.Env = []string{
		"HOME=" + e.home, "AWS_ENDPOINT_URL_ROUTE_53=" + e.url, "AWS_ACCESS_KEY_ID=example", "AWS_SECRET_ACCESS_KEY=example",
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "NO_PROXY=*", "NAFUDA_VERIFY=false",
	}
	return cmd
}

// run runs the program to its end. A plan that isn't empty has a status of its own.
func (e *example) run(command string, more ...string) string {
	e.t.Helper()
	cmd := e.command(command, more...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	const differs = 2
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != differs {
		e.t.Fatalf("%s: %v\n%s%s", command, err, out.String(), errs.String())
	}
	return out.String()
}

func (e *example) publish() { e.run("run", "--once", "--metrics-address=") }

func (e *example) plan() report.View {
	e.t.Helper()
	var p report.Plan
	text := e.run("plan", "-o", "json")
	if err := json.Unmarshal([]byte(text), &p); err != nil || len(p.Views) != 1 {
		e.t.Fatalf("%v: %s", err, text)
	}
	return p.Views[0]
}

// start runs the program until the test ends, and returns who can ask it.
func (e *example) start() *control.Client {
	e.t.Helper()
	dir, err := os.MkdirTemp("", "") // a socket's path is short
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "c.sock")
	cmd := e.command("run", "--metrics-address=", "--control-socket="+socket)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // when the test ends
	if err := cmd.Start(); err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() {
		_ = cmd.Wait()
		if e.t.Failed() {
			e.t.Logf("the program's log:\n%s", log.String())
		}
	})
	client, err := control.NewClient(control.Options{Socket: socket}, "")
	if err != nil {
		e.t.Fatal(err)
	}
	return client
}

// zone is what the zone holds as text, a line a record set, without markers, SOA and NS. What was there once must stay.
func (e *example) zone(step string) string {
	e.t.Helper()
	z, ok := e.emu.DB().Zone(e.id)
	if !ok {
		e.t.Fatal("the zone is gone")
	}
	var text strings.Builder
	before := e.keys
	e.keys = nil
	for s := range z.From("") {
		if s.Name == z.Name || s.Type == record.TXT {
			continue
		}
		e.keys = append(e.keys, s.Key.String())
		fmt.Fprintf(&text, "%s %d %s\n", s.Key, s.TTL, strings.Join(s.Values, " "))
	}
	for _, key := range before {
		if !slices.Contains(e.keys, key) {
			e.t.Errorf("%s: %s is lost", step, key)
		}
	}
	return text.String()
}
