// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/cli"
	"nafuda.io/nafuda/test/child"
)

// TestMain makes the test binary the program itself where it is called by its name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "nafuda" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, cli.IO{Args: os.Args[1:], Env: os.Environ(), Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}

// The addresses that the pages show: those that the sandbox has by default.
var shown = []string{"127.0.0.1:4580", "127.0.0.1:5300", "127.0.0.1:7979"}

// waits is the line of a block whose output takes a while: the tests look at it again and again instead.
var waits = regexp.MustCompile(`(?m)^sleep [0-9]+\n`)

// tour is a sandbox in a folder of its own, and a shell beside it.
type tour struct {
	dir     string
	ports   *strings.Replacer // from the pages' ports to the sandbox's
	exports string            // what earlier blocks have exported
	env     []string          // more variables of the shell
	welcome string
}

func startTour(t *testing.T) *tour {
	t.Helper()
	for program, pkg := range map[string]string{"bash": "bash", "dig": "bind9-dnsutils", "aws": "awscli", "curl": "curl"} {
		child.Find(t, program, pkg)
	}
	tr := &tour{dir: newHome(t)}
	tr.sandbox(t)
	return tr
}

// newHome is a folder with the examples, and the program in bin.
func newHome(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS(filepath.Join(root, "examples"))); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "bin", "nafuda")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// start starts the program in the tour's folder, as words that a page shows say, and ends it with the test.
func (tr *tour) start(t *testing.T, out, log io.Writer, words ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(tr.dir, words[0]), words[1:]...)
	cmd.Args[0], cmd.Dir, cmd.Env = "nafuda", tr.dir, append(os.Environ(), tr.socket())
	cmd.Stdout, cmd.Stderr = out, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("end nafuda %s: %v", strings.Join(words[1:], " "), err)
		}
	})
}

// sandbox starts the sandbox and waits until it is ready.
func (tr *tour) sandbox(t *testing.T) {
	t.Helper()
	var replace, back []string
	var addresses []string
	for _, s := range shown {
		a := freeAddress(t)
		addresses = append(addresses, a)
		replace, back = append(replace, s, a), append(back, a, s)
	}
	_, dns, _ := net.SplitHostPort(addresses[1])
	tr.ports = strings.NewReplacer(append(replace, "-p 5300", "-p "+dns)...)
	out, err := os.Create(filepath.Join(tr.dir, "welcome.txt"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = out.Close() })
	tr.start(t, out, nil, "bin/nafuda", "sandbox", "--listen="+addresses[0], "--dns-listen="+addresses[1], "--metrics-address="+addresses[2])
	tr.until(t, "dig @127.0.0.1 -p 5300 +short +time=1 +tries=1 dev1.example.com\n", "192.168.10.51\n")
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	tr.welcome = strings.NewReplacer(append(back, "-p "+dns, "-p 5300")...).Replace(string(text))
}

// socket gives the sandbox and its commands a control socket of their own: other sandboxes may run on this machine.
func (tr *tour) socket() string {
	return "NAFUDA_CONTROL_SOCKET=" + filepath.Join(tr.dir, "control.sock")
}

// freeAddress returns an address that nothing listens on, neither TCP nor UDP.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// shell runs a block and returns what it prints.
func (tr *tour) shell(text string) string { return masked(tr.raw(text)) }

// raw runs a block and returns all that it prints, as it is.
func (tr *tour) raw(text string) string {
	text = strings.ReplaceAll(waits.ReplaceAllString(text, ""), "go build -o bin/nafuda ./cmd/nafuda\n", "")
	cmd := exec.Command("bash", "-c", tr.ports.Replace(tr.exports+text))
	cmd.Dir = tr.dir
	cmd.Env = append(append(os.Environ(), "NO_PROXY=*", tr.socket()), tr.env...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	const differs = 2 // the status of a command that has found something; it isn't an error
	if err := cmd.Run(); err != nil && errs.Len() > 0 && cmd.ProcessState.ExitCode() != differs {
		return out.String() + err.Error() + "\n" + errs.String()
	}
	return out.String()
}

// masked hides the hash of a plan, which changes with the form of its JSON.
func masked(text string) string {
	return regexp.MustCompile(`(Plan |--plan=)[0-9a-f]{16,24}`).ReplaceAllString(text, "${1}HASH")
}

// until runs a block until it prints what is wanted, for a while.
func (tr *tour) until(t *testing.T, text, want string) {
	t.Helper()
	var got string
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if got = tr.shell(text); got == want {
			return
		}
	}
	t.Errorf("%s\n-the page +the program:\n%s", text, cmp.Diff(want, got))
}

// follow runs each block for a shell, and compares what it prints with the block that follows, if that is one of output.
func (tr *tour) follow(t *testing.T, list []block) {
	t.Helper()
	compared := 0
	for i, b := range list {
		if b.Lang != "sh" {
			continue
		}
		switch {
		case i+1 == len(list) || list[i+1].Lang != "text":
			tr.shell(b.Text)
		case waits.MatchString(b.Text):
			tr.until(t, b.Text, masked(list[i+1].Text))
			compared++
		default:
			if diff := cmp.Diff(masked(list[i+1].Text), tr.shell(b.Text)); diff != "" {
				t.Errorf("%s\n-the page +the program:\n%s", b.Text, diff)
			}
			compared++
		}
		for line := range strings.Lines(b.Text) {
			if strings.HasPrefix(line, "export ") {
				tr.exports += line
			}
		}
	}
	if compared < 2 {
		t.Errorf("compared only %d outputs: is the page read right?", compared)
	}
}

// section returns the part of a page between two headings.
func section(t *testing.T, page, from, to string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, "\n"+from+"\n")
	part, _, ends := strings.Cut(rest, "\n"+to+"\n")
	if !found || to != "" && !ends {
		t.Fatalf("there is no part from %q to %q", from, to)
	}
	if to == "" {
		return rest
	}
	return part
}

func TestReadmeTour(t *testing.T) {
	list := blocks(section(t, pages(t)["README.md"], "## Five minutes in the sandbox", "## From ExternalDNS"))
	tr := startTour(t)
	if diff := cmp.Diff(strings.TrimSpace(list[0].Text), strings.TrimSpace(tr.welcome)); diff != "" {
		t.Errorf("what the sandbox prints, -README.md +the program:\n%s", diff)
	}
	last := list[len(list)-1]
	if !strings.Contains(last.Text, "git checkout") {
		t.Errorf("the tour ends with %q, not by cleaning up", last.Text)
	}
	tr.follow(t, list[1:len(list)-1])
}

func TestHandoverWithoutACluster(t *testing.T) {
	page := pages(t)["docs/handover.md"]
	list := blocks(section(t, page, "## Try it without a cluster", ""))
	tr := startTour(t)
	if diff := cmp.Diff(list[0].Text, tr.shell("cat examples/handover/handover.json")); diff != "" {
		t.Errorf("handover.json, -the page +the file:\n%s", diff)
	}
	if diff := cmp.Diff(blocks(page)[0].Text, tr.shell("cat examples/handover/handover.args")); diff != "" {
		t.Errorf("handover.args, -the page +the file:\n%s", diff)
	}
	tr.follow(t, list[1:])
}
