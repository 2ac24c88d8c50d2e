// SPDX-License-Identifier: Apache-2.0

package kubelet

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"nafuda.io/nafuda/test/kube"
)

// TestMain makes the test binary the program of the pod where it is called by its name: it prints its arguments and is ready until it is ended,
// or, as "ends" says, ends as soon as it is asked.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "pod" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	fmt.Println("args", os.Args[1:], os.Getenv("PASSWORD"))
	s := &http.Server{Addr: os.Getenv("NAFUDA_METRICS_ADDRESS"), Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if os.Args[1] == "ends" {
			os.Exit(0)
		}
	})}
	go func() { fmt.Println(s.ListenAndServe()) }()
	<-ctx.Done()
	stop()
}

const objects = `apiVersion: v1
kind: ServiceAccount
metadata: {name: pod, namespace: kube-system}
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: kube-system}
stringData: {password: secret}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: pod, namespace: kube-system}
spec:
  selector: {matchLabels: {app: pod}}
  template:
    metadata: {labels: {app: pod}}
    spec:
      serviceAccountName: pod
      containers:
      - name: pod
        image: pod
        args: [first, "--to=$(WHERE)", "$(ELSE)"]
        env:
        - {name: WHERE, value: here}
        - {name: PASSWORD, valueFrom: {secretKeyRef: {name: keys, key: password}}}
`

// TestLook starts, replaces and ends a pod as its Deployment says.
func TestLook(t *testing.T) {
	c := kube.Start(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "pod")
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	k := New(t, Options{Cluster: c, Deployment: "pod", Program: program, Dir: dir})
	look := func(why string, runs bool, log ...string) {
		t.Helper()
		if err := k.Look(t.Context()); err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		text, _ := os.ReadFile(filepath.Join(dir, "pod.log")) // at first there is none
		if (k.cmd != nil) != runs || string(text) != strings.Join(log, "") {
			t.Errorf("%s: it runs: %v, and its log is\n%s", why, k.cmd != nil, text)
		}
	}
	first, second := "args [first --to=here $(ELSE)] secret\n", "args [second --to=here $(ELSE)] secret\n"
	look("there is no Deployment", false)
	c.Apply(t, objects)
	look("there is one", true, first)
	look("it hasn't changed", true, first)
	var d struct{ Status struct{ ReadyReplicas int } }
	if found, err := c.Ask(t.Context(), http.MethodGet, "/apis/apps/v1/namespaces/kube-system/deployments/pod", nil, &d); err != nil || !found || d.Status.ReadyReplicas != 1 {
		t.Errorf("the Deployment has %+v: %v", d, err)
	}
	c.Apply(t, strings.Replace(objects, "[first", "[second", 1))
	look("it has changed", true, first, second)
	c.Apply(t, strings.Replace(objects, "spec:\n  sel", "spec:\n  replicas: 0\n  sel", 1))
	look("it is scaled down", false, first, second)
	c.Apply(t, strings.Replace(objects, "[first", "[ends", 1))
	if err := k.Look(t.Context()); err == nil || !strings.Contains(err.Error(), "ended before it was ready") {
		t.Errorf("a pod that ends by itself: %v", err)
	}
}
