// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/test/child"
	kubetest "nafuda.io/nafuda/test/kube"
)

// candidate is a replica's part in an election on a real server.
type candidate struct {
	*Lease
	stop func() // as a crash does: nothing is released
	log  *child.Log
}

func stand(t *testing.T, kubeconfig, name string, change func(*Lease)) *candidate {
	t.Helper()
	c := &candidate{log: &child.Log{}}
	opts := Options{Kubeconfig: kubeconfig, QPS: 5, Burst: 10, Log: slog.New(slog.NewTextHandler(c.log, nil))}
	l, err := NewLease(opts, LeaseOptions{Elect: ElectTrue, Name: name}, "me", "")
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(l)
	}
	c.Lease = l
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { l.Run(ctx); close(ended) }()
	c.stop = func() { cancel(); <-ended }
	t.Cleanup(c.stop)
	return c
}

func (c *candidate) permitted() bool { _, _, ok := c.Permit(zone.Key{}); return ok }

func (c *candidate) leadsSoon(t *testing.T) {
	t.Helper()
	kubetest.Wait(t, c.id+" leads", func() error {
		if !c.permitted() {
			return fmt.Errorf("%s has it", c.Holder())
		}
		return nil
	})
}

// begun is when the renewal that a permit rests on was begun.
func (c *candidate) begun() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.renewed
}

func TestLeaseOnCluster(t *testing.T) {
	c := kubetest.Start(t)
	t.Run("planned hand-over", func(t *testing.T) { handOver(t, c) })
	t.Run("crash", func(t *testing.T) { crash(t, c) })
	t.Run("keeper", func(t *testing.T) { keeps(t, c) })
	t.Run("forbidden", func(t *testing.T) { forbidden(t, c) })
	t.Run("frozen server", func(t *testing.T) { frozen(t, c) })
}

func handOver(t *testing.T, c *kubetest.Cluster) {
	a := stand(t, c.Kubeconfig, "planned", nil)
	a.leadsSoon(t)
	b := stand(t, c.Kubeconfig, "planned", nil)
	kubetest.Wait(t, "the standby knows the leader", func() error {
		if b.Holder() != a.id {
			return fmt.Errorf("it knows %q", b.Holder())
		}
		return nil
	})
	a.stop()
	if err := a.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	given := time.Now()
	b.leadsSoon(t)
	if took := b.begun().Sub(given); took > 2*time.Second || a.permitted() {
		t.Errorf("the hand-over took %s, want 2 s at most", took)
	}
}

func crash(t *testing.T, c *kubetest.Cluster) {
	a := stand(t, c.Kubeconfig, "crash", nil)
	a.leadsSoon(t)
	b := stand(t, c.Kubeconfig, "crash", nil)
	a.stop()
	dead := time.Now()
	until, _, _ := a.Permit(zone.Key{})
	b.leadsSoon(t)
	if took := b.begun().Sub(dead); took > 15*time.Second {
		t.Errorf("after a crash it took %s, want 15 s at most", took)
	}
	if b.begun().Before(until) {
		t.Errorf("the lease was taken %s before the last permit had ended", until.Sub(b.begun()))
	}
}

func keeps(t *testing.T, c *kubetest.Cluster) {
	a := stand(t, c.Kubeconfig, "keeper", nil)
	a.leadsSoon(t)
	b := stand(t, c.Kubeconfig, "keeper", nil)
	if state, err := a.Keeper().Load(t.Context()); err != nil || len(state) != 0 {
		t.Errorf("at first there is %q: %v", state, err)
	}
	_, term, _ := a.Permit(zone.Key{})
	large := strings.Repeat("x", maxKept)
	for i := range 50 { // while renewals go on
		if err := a.Keeper().Save(t.Context(), []byte(fmt.Sprint(i)+large[:maxKept-2])); err != nil {
			t.Fatalf("save %d: %v", i, err)
		}
	}
	c.Apply(t, "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: keeper, annotations: {example.com/x: \"1\"}}\n") // by somebody
	if err := a.Keeper().Save(t.Context(), []byte("last")); err != nil {
		t.Errorf("after somebody's edit: %v", err)
	}
	renewed := a.begun()
	kubetest.Wait(t, "a renewal", func() error {
		if !a.begun().After(renewed) {
			return fmt.Errorf("none yet")
		}
		return nil
	})
	if err := b.Keeper().Save(t.Context(), []byte("a standby's")); err == nil {
		t.Error("a standby has saved")
	}
	for _, k := range []LeaseKeeper{a.Keeper(), b.Keeper()} {
		if state, err := k.Load(t.Context()); err != nil || string(state) != "last" {
			t.Errorf("loaded %.20q: %v", state, err)
		}
	}
	if _, now, ok := a.Permit(zone.Key{}); !ok || now != term {
		t.Errorf("the lease was lost meanwhile: term %d, then %d", term, now)
	}
	if err := a.Keeper().Save(t.Context(), []byte(large+"x")); err == nil {
		t.Error("kept more than fits")
	}
	a.stop()
	if err := a.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.leadsSoon(t)
	if state, err := b.Keeper().Load(t.Context()); err != nil || string(state) != "last" {
		t.Errorf("after the hand-over %.20q: %v", state, err)
	}
}

func forbidden(t *testing.T, c *kubetest.Cluster) {
	const role = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: leases}
rules: [{apiGroups: [""], resources: [services], verbs: [list]}]
`
	c.Apply(t, role)
	u := c.CreateUser(t, "leases")
	soon := func(l *Lease) { l.insist, l.retry = false, 100*time.Millisecond }
	a := stand(t, u.Kubeconfig, "forbidden", soon)
	a.leadsSoon(t)
	if state, err := a.Keeper().Load(t.Context()); err != nil || state != nil {
		t.Errorf("loaded %q: %v", state, err)
	}
	if err := a.Keeper().Save(t.Context(), []byte("x")); err != nil {
		t.Error(err)
	}
	insists := stand(t, u.Kubeconfig, "forbidden", func(l *Lease) { l.retry = 100 * time.Millisecond })
	kubetest.Wait(t, "a warning", func() error {
		if !strings.Contains(insists.log.String(), leaseRule) {
			return fmt.Errorf("the log is %s", insists.log)
		}
		return nil
	})
	if insists.permitted() {
		t.Error("with --leader-elect=true it acts without a lease")
	}
	_, term, _ := a.Permit(zone.Key{})
	c.Apply(t, strings.Replace(role, `{apiGroups: [""], resources: [services], verbs: [list]}`, "{"+leaseRule+"}", 1))
	var leader, standby *candidate
	kubetest.Wait(t, "an election once the rule is there", func() error {
		leader, standby = a, insists
		if insists.Holder() == insists.id {
			leader, standby = insists, a
		}
		if !leader.permitted() || standby.permitted() || leader.alone() {
			return fmt.Errorf("a %t, insists %t", a.permitted(), insists.permitted())
		}
		return nil
	})
	if _, now, ok := a.Permit(zone.Key{}); ok && now == term {
		t.Error("what was planned alone may be sent after the election")
	}
	if got := strings.Count(a.log.String(), "level=WARN"); got != 1 || !strings.Contains(a.log.String(), leaseRule) {
		t.Errorf("%d warnings, want one with the rule: %s", got, a.log)
	}
	c.Apply(t, role) // once there may be others, nobody goes on without the lease
	kubetest.Wait(t, "both stop", func() error {
		if a.permitted() || insists.permitted() {
			return fmt.Errorf("a %t, insists %t", a.permitted(), insists.permitted())
		}
		return nil
	})
	kubetest.Wait(t, "they stay so", func() error {
		if strings.Count(a.log.String(), leaseRule) < 2 {
			return fmt.Errorf("the log is %s", a.log)
		}
		return nil
	})
	if a.alone() {
		t.Error("it acts without the lease that it once shared")
	}
}

// A server that answers nobody for longer than the lease lasts: the leader stops before anyone could take it, and one of them goes
// on afterwards.
func frozen(t *testing.T, c *kubetest.Cluster) {
	a := stand(t, c.Kubeconfig, "frozen", nil)
	a.leadsSoon(t)
	b := stand(t, c.Kubeconfig, "frozen", nil)
	_, term, _ := a.Permit(zone.Key{})
	thaw := c.Freeze(t)
	frozen := time.Now()
	kubetest.Wait(t, "the leader stops", func() error {
		if a.permitted() {
			return fmt.Errorf("it goes on")
		}
		return nil
	})
	until, _, _ := a.Permit(zone.Key{})
	if late := until.Sub(frozen); late > leaseDuration {
		t.Errorf("calls may go on for %s after the server's last answer", late)
	}
	kubetest.Wait(t, "the lease could change hands", func() error {
		if b.permitted() || a.permitted() {
			t.Error("somebody leads without a server")
		}
		if time.Since(frozen) < 12*time.Second {
			return fmt.Errorf("not yet")
		}
		return nil
	})
	thaw()
	leader := a
	kubetest.Wait(t, "one of them leads", func() error {
		if b.permitted() {
			leader = b
		}
		if !leader.permitted() {
			return fmt.Errorf("%q has it", a.Holder())
		}
		return nil
	})
	if _, now, ok := a.Permit(zone.Key{}); ok && now == term {
		t.Error("the leader takes it for the same term")
	}
	if leader.begun().Before(until) {
		t.Error("the lease was taken before the last permit had ended")
	}
}
