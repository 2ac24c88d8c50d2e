// SPDX-License-Identifier: Apache-2.0

//go:build unix

package cli_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// ending is a place to start the program in and to tell it to end.
type ending struct {
	dir  string
	hole net.Listener // takes connections and never answers
	made chan struct{}
}

func newEnding(t *testing.T) *ending {
	t.Helper()
	hole, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &ending{dir: t.TempDir(), hole: hole, made: make(chan struct{}, 1)}
	accepting := make(chan struct{})
	go func() {
		defer close(accepting)
		for {
			conn, err := hole.Accept()
			if err != nil {
				return
			}
			defer conn.Close() // when the test ends
			select {
			case e.made <- struct{}{}:
			default:
			}
		}
	}()
	t.Cleanup(func() {
		hole.Close()
		<-accepting
	})
	return e
}

func (e *ending) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(e.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func (e *ending) kubeconfig(t *testing.T, scheme, user string) string {
	t.Helper()
	return e.write(t, "kubeconfig", fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "c",
"clusters": [{"name": "c", "cluster": {"server": "%s://%s"}}], "users": [{"name": "u", "user": %s}],
"contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}`, scheme, e.hole.Addr(), user))
}

// TestEndWhileStarting: told to end by SIGTERM while it still waits for something that never answers, the program ends soon, quietly and with status 0.
func TestEndWhileStarting(t *testing.T) {
	tests := map[string]struct {
		why  string
		args func(t *testing.T, e *ending) []string
		wait func(t *testing.T, e *ending) // until it is where the signal shall meet it
	}{
		"the AWS configuration": {
			"its files are read before the loop runs, and what is read after the signal ends with an error",
			func(t *testing.T, e *ending) []string {
				if err := syscall.Mkfifo(filepath.Join(e.dir, "config"), 0o600); err != nil {
					t.Fatal(err)
				}
				return []string{"--manifests=" + e.write(t, "web.yaml", ""), "--provider=aws"}
			}, nil,
		},
		"zones": {
			"the first listing has no answer",
			func(t *testing.T, e *ending) []string {
				return []string{"--manifests=" + e.write(t, "web.yaml", ""), "--provider=aws"}
			}, connected,
		},
		"zones, once": {
			"the same for a single pass",
			func(t *testing.T, e *ending) []string {
				return []string{"--manifests=" + e.write(t, "web.yaml", ""), "--provider=aws", "--once"}
			}, connected,
		},
		"a table": {
			"the rows are read before anything is planned",
			func(t *testing.T, e *ending) []string {
				return []string{"--manifests=" + e.write(t, "web.yaml", ""), "--provider=aws", "--registry=dynamodb", "--txt-owner-id=me"}
			}, connected,
		},
		"the API server": {
			"objects are listed",
			func(t *testing.T, e *ending) []string {
				return []string{"--kubeconfig=" + e.kubeconfig(t, "http", "{}"), "--provider=aws", "--leader-elect=false"}
			}, connected,
		},
		"the lease": {
			"the election asks for it",
			func(t *testing.T, e *ending) []string {
				return []string{"--kubeconfig=" + e.kubeconfig(t, "http", "{}"), "--provider=aws", "--leader-elect=true"}
			}, connected,
		},
		"a credential plugin": {
			"client-go waits for it until it ends by itself",
			func(t *testing.T, e *ending) []string {
				plugin := e.write(t, "plugin", "#!/bin/sh\necho > "+filepath.Join(e.dir, "asked")+"\nexec sleep 60\n")
				user := fmt.Sprintf(`{"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": %q, "interactiveMode": "Never"}}`, plugin)
				return []string{"--kubeconfig=" + e.kubeconfig(t, "https", user), "--provider=aws", "--leader-elect=true"}
			},
			func(t *testing.T, e *ending) {
				await(t, "the plugin runs", func() bool {
					_, err := os.Stat(filepath.Join(e.dir, "asked"))
					return err == nil
				})
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnding(t)
			args := append(tt.args(t, e), "--source=service", "--metrics-address=", "--control-socket=none")
			log, err := os.Create(filepath.Join(e.dir, "log")) // a file: what the plugin has open isn't waited for
			if err != nil {
				t.Fatal(err)
			}
			defer log.Close()
			cmd := exec.Command("nafuda", args...)
			cmd.Stderr = log
			cmd.Env = []string{
				"PATH=" + os.Getenv("PATH"), "HOME=" + e.dir, "AWS_CONFIG_FILE=" + filepath.Join(e.dir, "config"),
				"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=example", "AWS_REGION=us-east-1", "AWS_ENDPOINT_URL=http://" + e.hole.Addr().String(),
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if tt.wait != nil {
				tt.wait(t, e)
				terminate(t, cmd)
			} else { // the program opens the other end of the file, and reads from it until it is closed
				file, err := os.OpenFile(filepath.Join(e.dir, "config"), os.O_WRONLY, 0)
				if err != nil {
					t.Fatal(err)
				}
				terminate(t, cmd)
				file.Close()
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			select {
			case err = <-ended:
			case <-time.After(30 * time.Second): // the promise is 5 s, on a machine that isn't busy
				_ = cmd.Process.Kill()
				<-ended
				t.Fatal("it goes on and on")
			}
			text, _ := os.ReadFile(log.Name())
			if err != nil || strings.Contains(string(text), "nafuda: ") || strings.Contains(string(text), "level=error") {
				t.Errorf("%s: it ended with %v:\n%s", tt.why, err, text)
			}
		})
	}
}

func connected(t *testing.T, e *ending) {
	t.Helper()
	select {
	case <-e.made:
	case <-time.After(time.Minute):
		t.Fatal("the program never connected")
	}
}

func terminate(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
}

// await polls until something is so.
func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(45 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
