// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/test/blackhole"
	"nafuda.io/nafuda/test/feedtest"
	kubetest "nafuda.io/nafuda/test/kube"
)

// through is the kubeconfig of a cluster's administrator, by way of a proxy.
func through(t *testing.T, c *kubetest.Cluster, p *blackhole.Proxy) string {
	t.Helper()
	text, err := os.ReadFile(c.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), c.Server, "https://"+p.Addr())), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestAliveServer: an API server that dies, restarts or can't be reached for a while costs nothing but time: what was told stays told, the state says so, and
// what happened meanwhile is told when it is back.
func TestAliveServer(t *testing.T) {
	c := kubetest.Start(t)
	c.Apply(t, namespace("alive")+service("alive", "a", "one")+service("alive", "gone", "one"))
	t.Run("killed", func(t *testing.T) {
		r := run(t, open(t, c.Kubeconfig), "service")
		r.untilState("service", feed.Synced)
		c.Kill(t)
		r.untilState("service", feed.Failing)
		if r.Has["service/alive/a"] != "one" {
			t.Errorf("the feed forgot what was there: %v", r.Has)
		}
		c.Restart(t)
		c.Apply(t, service("alive", "a", "two"))
		c.Delete(t, service("alive", "gone", "one"))
		r.Until("what changed", func() bool {
			return r.Has["service/alive/a"] == "two" && r.Has["service/alive/gone"] == "" && r.State["service"] == feed.Synced
		})
	})
	for name, mode := range map[string]blackhole.Mode{"refused": blackhole.Refuse, "reset": blackhole.Reset, "garbage": blackhole.Garbage} {
		t.Run(name, func(t *testing.T) {
			p := blackhole.Start(t, strings.TrimPrefix(c.Server, "https://"))
			r := run(t, open(t, through(t, c, p)), "service")
			r.untilState("service", feed.Synced)
			p.Set(mode)
			c.Apply(t, service("alive", "a", name)) // so that something comes, which some modes wait for
			r.untilState("service", feed.Failing)
			p.Set(blackhole.Pass)
			r.Until("recovery", func() bool { return r.Has["service/alive/a"] == name && r.State["service"] == feed.Synced })
		})
	}
}

// TestAliveHalfOpenWatch: a watch whose connection has died without a word is noticed by pings, which client-go sends after 30 s and waits 15 s for.
func TestAliveHalfOpenWatch(t *testing.T) {
	c := kubetest.Start(t)
	c.Apply(t, namespace("half")+service("half", "a", "one"))
	p := blackhole.Start(t, strings.TrimPrefix(c.Server, "https://"))
	r := run(t, open(t, through(t, c, p)), "service")
	r.untilState("service", feed.Synced)
	before := p.Made()
	p.Set(blackhole.Drop)
	c.Apply(t, service("half", "a", "two"))
	kubetest.Wait(t, "a new connection", func() error {
		if p.Made() == before {
			return errors.New("the old one is taken for alive")
		}
		return nil
	})
	p.Set(blackhole.Pass)
	r.Until("recovery", func() bool { return r.Has["service/half/a"] == "two" && r.State["service"] == feed.Synced })
}

// TestAliveSlimPanics: an object whose content makes us panic is refused by itself, from a list as from a watch, and is read again when it changes.
func TestAliveSlimPanics(t *testing.T) {
	c := kubetest.Start(t)
	c.Apply(t, namespace("odd")+service("odd", "good", "one")+service("odd", "bad", "panic"))
	kinds := testKinds()
	slim := kinds[0].Slim
	kinds[0].Slim = func(obj any, keep source.Keep) any {
		if obj.(*corev1.Service).Labels["text"] == "panic" {
			panic("bug")
		}
		return slim(obj, keep)
	}
	f, err := New(Options{Kubeconfig: c.Kubeconfig, QPS: 100, Burst: 100, RequestTimeout: feedtest.Patience}, kinds, source.Keep{})
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, f, "service")
	refused := func() string {
		var names []string
		for _, x := range r.Events[len(r.Events)-1].Refusals {
			if x.Why.Code != reason.Crash {
				t.Errorf("refused for %v", x.Why)
			}
			names = append(names, x.Ref.String())
		}
		return strings.Join(names, " ")
	}
	r.Until("the list", func() bool { return r.Has["service/odd/good"] == "one" && refused() == "service/odd/bad" })
	c.Apply(t, service("odd", "good", "panic"))
	r.Until("the change", func() bool { return strings.Contains(refused(), "service/odd/good") })
	if r.Has["service/odd/good"] != "one" {
		t.Errorf("what was known of it is forgotten: %v", r.Has)
	}
	c.Apply(t, service("odd", "good", "two")+service("odd", "bad", "three"))
	r.Until("the cure", func() bool {
		return r.Has["service/odd/good"] == "two" && r.Has["service/odd/bad"] == "three" && refused() == "" && r.State["service"] == feed.Synced
	})
}
