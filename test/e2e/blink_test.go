// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/test/kube"
)

// TestIncidentStatusBlink is about proof. A load balancer controller that restarts empties the status of all its objects for some
// seconds; the incumbent took that for a wish to have no address, and whole clusters were offline for as long as resolvers remember
// that a name isn't there.
func TestIncidentStatusBlink(t *testing.T) {
	const n = 40 // Ingresses, and as many Services
	s := begin(t)
	w := s.world(t)
	objects := func(address string) string {
		var text strings.Builder
		for i := range n {
			text.WriteString(ingress(fmt.Sprintf("in-%02d", i), fmt.Sprintf("in-%02d.example.com", i), address))
			text.WriteString(service(fmt.Sprintf("sv-%02d", i), address, fmt.Sprintf("hostname=sv-%02d.example.com", i)))
		}
		return text.String()
	}
	var all []string
	for i := range n {
		for kind, short := range map[string]string{"ingress": "in", "service": "sv"} {
			name := fmt.Sprintf("%s-%02d", short, i)
			all = append(all, name+".example.com A 300 192.0.2.1", marker("prefix_a-"+name+".example.com", kind+"/default/"+name))
		}
	}
	w.cluster.Apply(t, objects("192.0.2.1"))
	args := with("--policy=sync", "--delete-after=1s")
	p := w.start(args)
	w.want(all...)
	p.wantSettled()
	writes := w.attempts()

	w.cluster.Apply(t, objects(""))
	p.wantNames(change.Held, reason.NoAddressYet, 2*n)
	w.cluster.Delete(t, ingress("in-07", "in-07.example.com", ""))
	left := slices.DeleteFunc(slices.Clone(all), func(l string) bool { return strings.Contains(l, "in-07.") })
	w.want(left...)
	p.wantNames(change.Held, reason.NoAddressYet, 2*n-1)
	if page, err := p.get("/metrics"); err != nil || !strings.Contains(string(page), fmt.Sprintf("nafuda_names{reason=\"NoAddressYet\",verdict=\"held\"} %d\n", 2*n-1)) {
		t.Errorf("the metrics don't count what is held: %v", err)
	}

	// A restart in the midst knows nothing of the addresses from before.
	p.stop()
	p = w.start(args)
	p.ready()
	p.wantNames(change.Held, reason.NoAddressYet, 2*n-1)
	p.wantSettled()

	// All come back, but for the one that was deleted.
	w.cluster.Apply(t, objects("192.0.2.1"))
	w.cluster.Delete(t, ingress("in-07", "in-07.example.com", ""))
	p.wantNames(change.Held, reason.NoAddressYet, 0)
	w.want(left...)
	for _, b := range w.batches()[writes:] {
		if strings.Count(b, ".example.com") != strings.Count(b, "in-07.example.com") {
			t.Errorf("a write touches more than the name that was deleted: %q", b)
		}
	}
}

// wantNames waits until the status has so many names with a verdict and a reason.
func (p *process) wantNames(what change.Verdict, why reason.Code, n int) {
	p.t.Helper()
	kube.Wait(p.t, fmt.Sprintf("%d names %s because of %s", n, what, why), func() error {
		s, err := p.status()
		if err != nil {
			return err
		}
		got := 0
		for _, name := range s.Names {
			if name.Verdict == what && name.Reason.Code == why {
				got++
			}
		}
		if !s.Ready || got != n {
			return errors.Join(errNotYet, fmt.Errorf("there are %d", got))
		}
		return nil
	})
}
