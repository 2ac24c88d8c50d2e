// SPDX-License-Identifier: Apache-2.0

// Package kubelet plays, for tests, what an API server alone doesn't do: it runs the pod of a Deployment as a process of this machine.
package kubelet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"nafuda.io/nafuda/test/kube"
)

// Options say which pod is run, and how.
type Options struct {
	Cluster    *kube.Cluster
	Deployment string   // its name, in kube-system; its pod has one container, without a command of its own
	Program    string   // the path of what its image has
	Dir        string   // where it runs; pod.log is its log, and pod.env has its variables, for a shell
	Env        []string // variables beside those that the container says, such as the emulators' addresses
}

// Kubelet runs one pod. It isn't for several goroutines.
type Kubelet struct {
	Options
	http http.Client
	cmd  *exec.Cmd // nil: it doesn't run
	done chan error
	runs string // the Deployment's specification that the process is of
}

// patience is how long a pod may take to be ready, or to end.
const patience = time.Minute

// New is a kubelet that runs nothing yet. What it runs ends with the test, which fails where the pod has ended by itself, or not well.
func New(t *testing.T, o Options) *Kubelet {
	t.Helper()
	k := &Kubelet{Options: o, http: http.Client{Timeout: patience}}
	t.Cleanup(func() {
		if err := k.stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			text, _ := os.ReadFile(filepath.Join(o.Dir, "pod.log"))
			t.Logf("the pod's log:\n%s", text)
		}
	})
	return k
}

// Again looks again and again until the test ends, which fails if the last look did.
func Again(t *testing.T, look func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		var last error
		for ctx.Err() == nil {
			if err := look(ctx); ctx.Err() == nil {
				last = err // such as a service account that isn't there yet
			}
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		done <- last
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the last look: %v", err)
		}
	})
}

// Look starts, replaces or ends the pod as the Deployment now says. It returns when the pod is ready, or has ended.
func (k *Kubelet) Look(ctx context.Context) error {
	var d appsv1.Deployment
	place := "/apis/apps/v1/namespaces/kube-system/deployments/" + k.Deployment
	found, err := k.Cluster.Ask(ctx, http.MethodGet, place, nil, &d)
	if err != nil {
		return err
	}
	want := ""
	if found && d.Spec.Replicas != nil && *d.Spec.Replicas > 0 {
		want = fmt.Sprint(d.UID, " ", d.Generation) // the specification has another generation whenever it changes
	}
	if want == k.runs {
		return nil
	}
	if err := k.stop(); err != nil {
		return err
	}
	if want != "" {
		if err := k.start(ctx, d.Spec.Template.Spec); err != nil {
			return err
		}
	}
	k.runs = want
	n := d.Spec.Replicas
	_, err = k.Cluster.Ask(ctx, http.MethodPatch, place+"/status", map[string]any{"status": map[string]any{
		"observedGeneration": d.Generation, "replicas": n, "updatedReplicas": n, "readyReplicas": n, "availableReplicas": n,
	}}, nil)
	return err
}

// ready waits until the pod says that it is, as its probe asks.
func (k *Kubelet) ready(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
		if err != nil {
			return fmt.Errorf("ask the pod: %w", err)
		}
		if answer, err := k.http.Do(r); err == nil {
			_ = answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case err := <-k.done:
			k.cmd = nil
			return errors.Join(errors.New("the pod has ended before it was ready"), err)
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return errors.New("the pod isn't ready after a minute")
		}
	}
}

// stop ends the pod as Kubernetes does, and waits.
func (k *Kubelet) stop() error {
	if k.cmd == nil {
		return nil
	}
	cmd := k.cmd
	k.cmd = nil
	select {
	case err := <-k.done:
		return errors.Join(errors.New("the pod has ended by itself"), err)
	default:
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("end the pod: %w", err)
	}
	select {
	case err := <-k.done:
		if err != nil {
			return fmt.Errorf("the pod ended: %w", err)
		}
		return nil
	case <-time.After(patience):
		_ = cmd.Process.Kill()
		return errors.Join(errors.New("the pod went on for a minute after it was told to end"), <-k.done)
	}
}
