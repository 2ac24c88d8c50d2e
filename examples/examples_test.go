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
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/cli"
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

// TestExamples plans and publishes what an example has in objects, and then, one after the other, what its numbered folders change. Each run
// is a new process, which knows of what was before only from the zone. Whatever happens to statuses and nodes, nothing is ever lost (proof).
func TestExamples(t *testing.T) {
	folders, err := filepath.Glob("*/args")
	if err != nil || len(folders) < 7 {
		t.Fatalf("there are the examples %v (%v)", folders, err)
	}
	for _, args := range folders {
		name := filepath.Dir(args)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newExample(t, name)
			var out strings.Builder
			var before []string
			for _, step := range append([]string{"objects"}, e.steps...) {
				e.take(step)
				plan := e.run("plan")
				e.run("run", "--once", "--metrics-address=")
				zone, keys := e.zone()
				for _, key := range before {
					if !slices.Contains(keys, key) {
						t.Errorf("%s: %s is lost", step, key)
					}
				}
				before = keys
				fmt.Fprintf(&out, "# %s: nafuda plan @examples/%s/args\n%s\n# %s: the zone afterwards\n%s\n", step, name, plan, step, zone)
				if again := e.run("plan", "-o", "json"); changes(t, again) > 0 {
					t.Errorf("%s: what was applied is planned again:\n%s", step, again)
				}
			}
			golden.File(t, filepath.Join(name, "expected.txt"), strings.TrimSpace(out.String())+"\n")
		})
	}
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

// run runs the program with the example's arguments. A plan that isn't empty has a status of its own.
func (e *example) run(command string, more ...string) string {
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
		"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "NO_PROXY=*", "NAFUDA_VERIFY_DNS=false",
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	const differs = 2
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() != differs {
		e.t.Fatalf("%s: %v\n%s%s", command, err, out.String(), errs.String())
	}
	return out.String()
}

// zone is what the zone holds as text, a line a record set, and their keys; markers, SOA and NS are left out.
func (e *example) zone() (text string, keys []string) {
	e.t.Helper()
	z, ok := e.emu.DB().Zone(e.id)
	if !ok {
		e.t.Fatal("the zone is gone")
	}
	for s := range z.From("") {
		if s.Name == z.Name || s.Type == "TXT" {
			continue
		}
		keys = append(keys, s.Key.String())
		text += fmt.Sprintf("%s %d %s\n", s.Key, s.TTL, strings.Join(s.Values, " "))
	}
	return text, keys
}

func changes(t *testing.T, plan string) (n int) {
	t.Helper()
	var p report.Plan
	if err := json.Unmarshal([]byte(plan), &p); err != nil {
		t.Fatalf("%v: %s", err, plan)
	}
	for _, v := range p.Views {
		n += len(v.Changes)
	}
	return n
}
