// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/test/kube"
)

// TestIncidentTwoInstallations is about brake and why. Two clusters have one owner's id, from one template: each takes the other's names for its own and for
// wanted by nobody. With the incumbent they make and delete each other's records for as long as both run.
func TestIncidentTwoInstallations(t *testing.T) {
	s := begin(t)
	w := s.world(t)
	args := []string{"--policy=sync", "--delete-after=0s", "--interval=10s"}
	// What one cluster has, the other doesn't see.
	ours := w.start(with(append(args, "--label-filter=team!=other")...))
	w.cluster.Apply(t, ingress("web", "web.example.com", "192.0.2.1"))
	theirs := w.start(with(append(args, "--label-filter=team=other")...))

	// They find each other's changes by the zone's record count, each 10 s.
	for n := 2; n <= 6; n++ {
		kube.Wait(t, fmt.Sprintf("the %d. write", n), func() error {
			if got := w.attempts(); got < n {
				return fmt.Errorf("there are %d", got)
			}
			return nil
		})
	}
	kube.Wait(t, "one of them gives in", func() error {
		for _, p := range []*process{ours, theirs} {
			if p.saysAbout("web.example.com", reconcile.Parking, reason.Fight) {
				return nil
			}
		}
		return errNotYet
	})
	writes := w.attempts()
	if writes > 8 {
		t.Errorf("they wrote %d times", writes)
	}
	// Everything else goes on.
	w.cluster.Apply(t, ingress("other", "other.example.com", "192.0.2.2"))
	kube.Wait(t, "another name", func() error {
		if w.attempts() == writes {
			return errNotYet
		}
		return nil
	})
	for _, p := range []*process{ours, theirs} {
		p.wantAlive()
	}
}
