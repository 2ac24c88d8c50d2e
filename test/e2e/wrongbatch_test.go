// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"math/bits"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/test/kube"
)

// TestIncidentWrongBatch is about apart. One record that Route 53 refuses spoils the batch that it is in, and since the incumbent
// sends a zone's changes together, one typing error in one annotation kept everybody's names from being published, for days.
//
// The error is the id of a health check that doesn't exist: it is well formed, and Route 53's answer doesn't say which record it is of.
func TestIncidentWrongBatch(t *testing.T) {
	const bad = "web-0321-bad.example.com" // has names before it and after it
	const n, culprit, good, typo = 500, 321, "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	s := begin(t)
	s.mayWriteEvents(t)
	w := s.worldWith(t, r53emu.Options{HealthChecks: []string{good}})
	checked := func(id string) string {
		return ingress("bad", bad, "192.0.2.2", "set-identifier=one", "aws-weight=1", "aws-health-check-id="+id)
	}
	var objects strings.Builder
	for i := range n - 1 {
		if i == culprit {
			objects.WriteString(checked(typo))
		}
		objects.WriteString(ship(i, newPrefix))
	}
	w.cluster.Apply(t, objects.String())
	want := ofFleet(0, n-1)
	state := "--state-dir=" + t.TempDir()
	p := w.start(with("--policy=sync", "--log-level=info", state))
	w.want(want...)
	p.wantVerdict(bad, reconcile.Parking, reason.Rejected)
	taken, tries := len(w.batches()), w.attempts()
	most := bits.Len(n) + 1 // log2 n, rounded up, and one
	if refused := tries - taken; refused == 0 || refused > most {
		t.Errorf("%d batches were refused on the way to the one bad name, want 1 to %d", refused, most)
	}
	if plain := w.callsWithout(n); tries-plain > most {
		t.Errorf("%d writes, want at most %d more than the %d that it takes without the bad name", tries, most, plain)
	}
	p.wantLog(`level=error msg="put off a name" name=web-0321-bad\.example\.com reason=Rejected .*health check`)
	p.ready() // one object's mistake isn't the program's
	s.wantEvent(t, "bad", reason.Rejected)
	w.says(2, []string{"why", bad, state}, "Rejected", "health check")
	w.says(0, []string{"status", state}, "parked    Rejected")

	// Who mends the object needn't wait for the next try.
	var retry time.Time
	kube.Wait(t, "the next try is some time away", func() error {
		retry = p.retryOf(bad)
		if left := time.Until(retry); left < 5*time.Second {
			return fmt.Errorf("it is %s away", left)
		}
		return nil
	})
	w.cluster.Apply(t, checked(good))
	w.want(append(want, bad+" A one aws/health-check-id="+good+" aws/weight=1 300 192.0.2.2",
		strings.Replace(marker("prefix_a-"+bad, "ingress/default/bad"), " TXT 300", " TXT one aws/health-check-id="+good+" aws/weight=1 300", 1))...)
	if now := time.Now(); now.After(retry) {
		t.Errorf("the mended name was published at %s, which is after the time of the next try, %s", now, retry)
	}
}

// callsWithout counts the batches that so many names take which nobody refuses.
func (w *world) callsWithout(names int) int {
	w.t.Helper()
	// A batch has at most 32,000 characters of values (API_ChangeResourceRecordSets); a marker of these has about 95, an address 9.
	const characters, each = 32000, 110
	return (names*each + characters - 1) / characters
}

// retryOf is when a parked name is tried again; zero: it isn't parked.
func (p *process) retryOf(name string) time.Time {
	p.t.Helper()
	s, err := p.status()
	if err != nil {
		p.t.Fatal(err)
	}
	for _, n := range s.Names {
		if string(n.Name) == name && !n.RetryTime.IsZero() {
			return n.RetryTime
		}
	}
	return time.Time{}
}
