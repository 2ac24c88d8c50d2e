// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
	"pgregory.net/rapid"
)

func TestWhenToElect(t *testing.T) {
	tests := map[string]struct {
		elect, pod, variable string
		opts                 Options
		want                 bool
		why                  string
	}{
		"in a pod":        {elect: ElectAuto, pod: "192.0.2.1", want: true, why: "there may be two"},
		"on a laptop":     {elect: ElectAuto, why: "the person knows what runs"},
		"pod, kubeconfig": {elect: ElectAuto, pod: "192.0.2.1", opts: Options{Kubeconfig: "x"}, why: "another cluster's objects"},
		"pod, server":     {elect: ElectAuto, pod: "192.0.2.1", opts: Options{Server: "https://192.0.2.1"}, why: "another cluster's objects"},
		"pod, variable":   {elect: ElectAuto, pod: "192.0.2.1", variable: "x", why: "another cluster's objects"},
		"asked for":       {elect: ElectTrue, want: true, why: "a flag is stronger"},
		"turned off":      {elect: "false", pod: "192.0.2.1", why: "a flag is stronger"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv("HOME", t.TempDir())
			t.Setenv("KUBERNETES_SERVICE_HOST", tt.pod)
			t.Setenv("KUBECONFIG", tt.variable)
			if got := (LeaseOptions{Elect: tt.elect}).on(tt.opts); got != tt.want {
				t.Errorf("got %t: %s", got, tt.why)
			}
		})
	}
}

func TestLeaseNames(t *testing.T) {
	if got := (LeaseOptions{}).name("ZOWNER", "x"); !strings.HasPrefix(got, "nafuda-zowner-") {
		t.Errorf("%s can't be recognised", got)
	}
	if got := (LeaseOptions{Name: "mine"}).name("ZOWNER", "x"); got != "mine" {
		t.Errorf("got %s though one was given", got)
	}
	seen := make(map[string]string)
	rapid.Check(t, func(t *rapid.T) {
		owner, scope := rapid.String().Draw(t, "owner"), rapid.StringN(0, 3, 3).Draw(t, "scope")
		name := (LeaseOptions{}).name(owner, scope)
		if wrong := validation.IsDNS1123Label(name); len(wrong) > 0 {
			t.Fatalf("%s: %v", name, wrong)
		}
		key := owner + "\x00" + scope
		if other, there := seen[name]; there && other != key {
			t.Fatalf("%q and %q have the same lease", other, key)
		}
		seen[name] = key
	})
}

func TestLeaseOptionsCheckTellsAll(t *testing.T) {
	err := LeaseOptions{Name: "A_B", Namespace: "x.y"}.Check()
	for _, flag := range []string{"--lease-name", "--lease-namespace"} {
		if err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%v doesn't name %s", err, flag)
		}
	}
	if err := (LeaseOptions{Name: "a.b", Namespace: "x"}).Check(); err != nil {
		t.Error(err)
	}
}
