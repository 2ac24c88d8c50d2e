// SPDX-License-Identifier: Apache-2.0

//go:build linux

package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"nafuda.io/nafuda/internal/memory/journal"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/test/child"
)

// smallDisk runs what follows with a file system of 256 kB at STATE, which is full from when the file FILL is there until ROOM is. SIGNS is a folder.
const smallDisk = `set -e
state=$1 signs=$2
shift 2
mount -t tmpfs -o size=256k none "$state"
{
	until [ -e "$signs/fill" ]; do sleep 0.05; done
	dd if=/dev/zero of="$state/filler" bs=1k 2>/dev/null || :
	: >"$signs/filled"
	until [ -e "$signs/room" ]; do sleep 0.05; done
	rm "$state/filler"
} </dev/null >/dev/null 2>&1 &
exec "$@"
`

// mounting is the command before one that may mount.
func mounting(t *testing.T) []string {
	t.Helper()
	unshare := child.Find(t, "unshare", "util-linux")
	for _, words := range [][]string{{unshare, "-rm"}, {"sudo", "-n", "-E", unshare, "-m"}} {
		if exec.Command(words[0], append(words[1:], "mount", "-t", "tmpfs", "none", t.TempDir())...).Run() == nil {
			return words
		}
	}
	t.Skip("nothing may be mounted here: allow user namespaces, or sudo")
	return nil
}

// TestUndoAFullDisk proves the invariant undo on a file system without room: nothing is sent, everybody says why, what was recorded stays, and it goes on
// by itself.
func TestUndoAFullDisk(t *testing.T) {
	words := mounting(t)
	url, emu := r53emutest.Start(t, r53emu.Options{})
	id := emu.AddZone("example.com", false)
	dir, state := t.TempDir(), t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	publish := func(address string) string {
		return write("web.yaml", `{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "default", "annotations": {"external-dns.alpha.kubernetes.io/hostname": "web.example.com"}},
"spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": [{"ip": "`+address+`"}]}}}`)
	}
	published := func() string {
		z, _ := emu.DB().Zone(id)
		for _, s := range z.At("web.example.com") {
			return strings.Join(s.Values, " ")
		}
		return ""
	}
	program, err := exec.LookPath("nafuda")
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	words = append(words, "sh", "-c", smallDisk, "sh", state, dir, "env",
		"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=example", "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL="+url,
		program, "--manifests="+publish("192.0.2.1"), "--source=service", "--provider=aws", "--policy=sync", "--txt-owner-id=me",
		"--state-dir="+state, "--control-socket=none", "--metrics-address=127.0.0.1:0", "--no-verify")
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Stderr = log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	t.Cleanup(func() {
		write("fill", "")
		write("room", "") // so that the other process ends
		if !ended {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("%s", text)
		}
	})
	page := func(path string) string {
		text, _ := os.ReadFile(log.Name())
		at := regexp.MustCompile(`serving [^\n]*address="([0-9.:]+)"`).FindSubmatch(text)
		if at == nil {
			return ""
		}
		res, err := http.Get("http://" + string(at[1]) + path)
		if err != nil {
			return ""
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20))
		return res.Status + " " + string(body)
	}
	await(t, "192.0.2.1 is published", func() bool { return published() == "192.0.2.1" })
	await(t, "ready", func() bool { return page("/readyz") == "200 OK OK" })

	write("fill", "")
	await(t, "the disk is full", func() bool { _, err := os.Stat(filepath.Join(dir, "filled")); return err == nil })
	last, next, told := "192.0.2.1", "", false
	for i := 2; !told && i < 50; i++ { // the journal's last page has room for some
		next = fmt.Sprintf("192.0.2.%d", i)
		publish(next)
		await(t, next+" is published, or /readyz says why not, and stays ready", func() bool {
			text := page("/readyz")
			told = strings.HasPrefix(text, "200 OK OK, but nothing is sent: the journal can't be written: ") && strings.Contains(text, "no space left on device")
			return told || published() == next
		})
		if published() == next {
			last = next
		}
	}
	if last == next { // there was room for what is about to be sent, and none for what came of it
		next = fmt.Sprintf("192.0.2.%d", entriesOf(last)+1)
		publish(next)
	}
	await(t, "the metric counts", func() bool {
		return !strings.Contains(page("/metrics"), "nafuda_journal_write_failures_total 0\n")
	})
	if text := page("/status.json"); !strings.Contains(text, "send nothing that can't be undone") || !strings.Contains(text, "make room in --state-dir") {
		t.Errorf("the status doesn't say so: %s", text)
	}
	if got := published(); got != last {
		t.Errorf("undo: %s is published, and the journal doesn't have it", got)
	}

	write("room", "")
	await(t, "it goes on by itself", func() bool { return published() == next })
	await(t, "/readyz says no more of it", func() bool { return page("/readyz") == "200 OK OK" })
	entries := 0
	for e, err := range journal.Read(filepath.Join("/proc", pid(cmd), "root", state, "journal"), journal.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		entries++
		want := fmt.Sprintf("192.0.2.%d", entriesOf(next)+1-entries)
		if got := e.Intent.Batch.Changes()[0].After.Values[0]; got != want || e.Outcome.State != journal.Applied {
			t.Errorf("undo: entry %s has %s, %s, want %s, applied", e.ID, got, e.Outcome.State, want)
		}
	}
	if entries != entriesOf(next) {
		t.Errorf("undo: the journal has %d entries, want one for each address up to %s", entries, next)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended = true
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

// entriesOf is how many addresses were published, up to the one given.
func entriesOf(address string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(address, "192.0.2."))
	return n
}

func pid(cmd *exec.Cmd) string { return strconv.Itoa(cmd.Process.Pid) }
