// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/test/kube"
)

// TestIncidentBadGateway is about alive. The provider answered 502 for an hour; the incumbent ended at the first one, was started
// again, listed everything again and ended again, so that nobody could be served when the provider was back. An hour is some tries
// here: what is tried again at the end of a pause doesn't know how often that was.
func TestIncidentBadGateway(t *testing.T) {
	s := begin(t)
	w := s.world(t)
	down := r53emu.Fault{Err: &r53emu.Error{Status: http.StatusBadGateway, Code: "BadGateway", Message: "Bad Gateway"}}
	one, two, three := ingress("one", "one.example.com", "192.0.2.1"), ingress("two", "two.example.com", "192.0.2.2"), ingress("three", "three.example.com", "192.0.2.3")
	of := func(name, address string) []string {
		return []string{name + ".example.com A 300 " + address, marker("prefix_a-"+name+".example.com", "ingress/default/"+name)}
	}
	w.cluster.Apply(t, one)
	args := with("--policy=sync", "--delete-after=0s", "--interval=10s")
	p := w.start(args)
	w.want(of("one", "192.0.2.1")...)
	p.wantSettled()

	w.emu.Fail("", -1, down)
	w.cluster.Apply(t, two)
	w.cluster.Apply(t, ingress("one", "one.example.com", "192.0.2.11"))
	w.waitCalls(sum(w.emu.Calls()) + 4)
	p.wantAlive()
	kube.Wait(t, "the status tells of the outage", func() error {
		st, err := p.status()
		if err != nil {
			return err
		}
		if len(st.Zones) != 1 || !strings.Contains(st.Zones[0].Error, "502") && !strings.Contains(st.Zones[0].Error, "Gateway") || st.Zones[0].Retry.IsZero() {
			return fmt.Errorf("it says %+v", st.Zones)
		}
		return nil
	})
	w.want(of("one", "192.0.2.1")...)
	w.emu.Heal()
	w.want(slices.Concat(of("one", "192.0.2.11"), of("two", "192.0.2.2"))...)
	p.ready()
	p.stop() // an error if it has ended by itself

	// It starts in an outage, too.
	w.emu.Fail("", -1, down)
	p = w.start(args)
	w.cluster.Apply(t, three)
	w.waitCalls(sum(w.emu.Calls()) + 3)
	p.wantAlive()
	kube.Wait(t, "it isn't ready", func() error {
		if _, err := p.get("/readyz"); err == nil || !strings.Contains(err.Error(), "zones of account") {
			return errors.Join(errNotYet, err)
		}
		return nil
	})
	w.emu.Heal()
	w.want(slices.Concat(of("one", "192.0.2.11"), of("two", "192.0.2.2"), of("three", "192.0.2.3"))...)
	p.ready()
}

// waitCalls waits until the service has been called so often.
func (w *world) waitCalls(n int) {
	w.t.Helper()
	kube.Wait(w.t, "calls", func() error {
		if got := sum(w.emu.Calls()); got < n {
			return fmt.Errorf("%d, want %d", got, n)
		}
		return nil
	})
}

func sum(calls map[string]int) int {
	all := 0
	for _, n := range calls {
		all += n
	}
	return all
}

// wantAlive checks that the process runs and says so.
func (p *process) wantAlive() {
	p.t.Helper()
	select {
	case err := <-p.done:
		p.done <- err
		p.t.Fatalf("the program has ended: %v", err)
	default:
	}
	if _, err := p.get("/healthz"); err != nil {
		p.t.Error(err)
	}
}
