// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/test/kube"
)

// The prefixes of annotations: ExternalDNS's first one and today's.
const (
	oldPrefix = "external-dns.alpha.kubernetes.io/"
	newPrefix = "external-dns.kubernetes.io/"
)

// fleet are n Ingresses that ask for a name each with annotations of a prefix; without one they ask for nothing.
func fleet(n int, prefix string) string {
	var text strings.Builder
	for i := range n {
		text.WriteString(ship(i, prefix))
	}
	return text.String()
}

func ship(i int, prefix string) string {
	var annotations []string
	if prefix != "" {
		annotations = []string{fmt.Sprintf("%shostname=web-%04d.example.com", prefix, i), prefix + "target=192.0.2.1"}
	}
	return fmt.Sprintf(`
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web-%04d, annotations: %s}
spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}
---
`, i, notes(annotations))
}

// ofFleet is what is published for the ships from a number on.
func ofFleet(from, n int) []string {
	var want []string
	for i := from; i < n; i++ {
		name := fmt.Sprintf("web-%04d", i)
		want = append(want, name+".example.com A 300 192.0.2.1", marker("prefix_a-"+name+".example.com", "ingress/default/"+name))
	}
	return want
}

// TestIncidentPrefixUpgrade is about brake and undo. In August 2026 a release of the incumbent read another annotation prefix than the
// one before it, so that no object asked for a name any more: on one cluster 8,764 deletes were planned, and on others every record
// went.
func TestIncidentPrefixUpgrade(t *testing.T) {
	const n = 1000
	s := begin(t)
	s.mayWriteEvents(t)
	w := s.world(t)
	w.put(set("mail.example.com", record.MX, "10 mx.example.net"), mark("ELSEWHERE", "prefix_a-gone.example.com", "ingress/default/gone"))
	foreign := split([]string{w.sets()})
	all := append(ofFleet(0, n), foreign...)
	w.cluster.Apply(t, fleet(n, oldPrefix))
	state := "--state-dir=" + t.TempDir()
	args := with("--policy=sync", state, "--log-level=info", "--delete-after=2m") // nobody waits for the end of it
	p := w.start(args)
	w.want(all...)
	p.wantSettled()
	writes := w.attempts()

	// Somebody takes the annotations away, and gives them back.
	w.cluster.Apply(t, fleet(n, ""))
	p.wantBraked(n)
	w.cluster.Apply(t, fleet(n, oldPrefix))
	p.wantBraked(0)
	p.wantSettled()
	p.stop()

	// The upgrade, which reads the new prefix only.
	upgraded := append(with("--policy=sync", state, "--log-level=info", "--delete-after=1s"), "--annotation-prefix="+newPrefix)
	p = w.start(upgraded)
	hash := p.wantBraked(n)
	p.wantVerdict("web-0999.example.com", change.Held, reason.BrakeDeletes)
	w.heldEverywhere(p, state, n, hash, upgraded)
	s.wantEvent(t, "", reason.BrakeDeletes)
	if got := w.attempts(); got != writes {
		t.Errorf("%d writes since all was published: %q", got-writes, w.batches()[writes:])
	}
	w.want(all...)

	// The way back.
	p.stop()
	p = w.start(args)
	p.ready()
	p.wantSettled()
	p.wantBraked(0)
	p.stop()
	if got := w.attempts(); got != writes {
		t.Errorf("after the way back there were %d writes: %q", got-writes, w.batches()[writes:])
	}

	// It was meant: but by the time of the yes another plan waits.
	p = w.start(upgraded)
	shown := p.wantBraked(n)
	w.cluster.Apply(t, ship(0, newPrefix))
	other := p.wantBraked(n - 1)
	if out, log, code := w.run([]string{"approve", state, "--plan=" + shown}); code != 2 || !strings.Contains(log, "released nothing") || !strings.Contains(out, other) {
		t.Errorf("a plan that isn't there any more: ended with %d, %q, %s", code, log, out)
	}
	p.wantBraked(n - 1)
	w.want(all...)
	if out, log, code := w.run([]string{"approve", state, "--plan=" + other}); code != 0 || !strings.Contains(out, fmt.Sprintf("Released %d deletes in example.com", n-1)) {
		t.Errorf("approve ended with %d, %q, %s", code, log, out)
	}
	w.want(append(ofFleet(0, 1), foreign...)...)
	p.wantBraked(0)
}

// heldEverywhere checks that whoever looks sees what the brake holds, and under which hash.
func (w *world) heldEverywhere(p *process, state string, n int, hash string, args []string) {
	w.t.Helper()
	w.says(2, []string{"status", state}, "1,000 deletes", "1,000  held      BrakeDeletes")
	w.says(2, []string{"approve", state}, "1,000 deletes held", hash, "- web-0999.example.com A")
	w.says(0, append([]string{"plan"}, args...), "all our names in the zone example.com would be gone", hash) // it has no change to make
	w.says(2, []string{"why", "web-0999.example.com", state}, "BrakeDeletes", "nafuda approve")
	page, err := p.get("/metrics")
	if want := fmt.Sprintf("nafuda_brake_held_changes{action=\"delete\",zone=\"example.com\"} %d\n", n); err != nil || !strings.Contains(string(page), want) {
		w.t.Errorf("the metrics don't have %q: %v", want, err)
	}
	told := `level=warning msg="the brake holds changes.*approve="nafuda approve --plan=` + hash
	p.wantLog(told) // the log tells of what is held at most every 10 s
	if got := p.count(told); got != 1 {
		w.t.Errorf("the log tells %d times what is held under %s, want once", got, hash)
	}
}

// says runs a command to its end and checks its exit status and what it prints.
func (w *world) says(status int, args []string, texts ...string) {
	w.t.Helper()
	out, log, code := w.run(args)
	for _, text := range texts {
		if code != status || !strings.Contains(out, text) {
			w.t.Errorf("%s ended with %d, want %d; in what it printed there should be %q: %.1000s\n%s", args[0], code, status, text, out, log)
		}
	}
}

// wantBraked waits until the brake holds so many deletes, and returns their hash.
func (p *process) wantBraked(n int) (hash string) {
	p.t.Helper()
	kube.Wait(p.t, fmt.Sprintf("%d deletes are held", n), func() error {
		s, err := p.status()
		if err != nil {
			return err
		}
		if len(s.Zones) == 0 || !s.Ready {
			return errNotYet
		}
		var b reconcile.ZoneBrake
		if z := s.Zones[0]; z.Braked != nil {
			b = *z.Braked
		}
		if b.Deletes != n || b.Updates != 0 {
			return fmt.Errorf("%d deletes and %d updates are", b.Deletes, b.Updates)
		}
		hash = b.Approve
		return nil
	})
	return hash
}
