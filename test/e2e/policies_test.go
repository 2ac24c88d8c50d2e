// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// life creates, changes and deletes objects under each policy. What is deleted goes after the grace period.
func life(t *testing.T, s *suite) {
	one, two := ingress("one", "one.example.com", "192.168.10.1"), ingress("two", "two.example.com", "192.168.10.2")
	changed, end := ingress("two", "two.example.com", "192.168.10.22"), ingress("end", "end.example.com", "192.168.10.3")
	ofOne := []string{"one.example.com A 300 192.168.10.1", marker("prefix_a-one.example.com", "ingress/default/one")}
	ofTwo := []string{"two.example.com A 300 192.168.10.2", marker("prefix_a-two.example.com", "ingress/default/two")}
	twoChanged := []string{"two.example.com A 300 192.168.10.22", ofTwo[1]}
	ofEnd := []string{"end.example.com A 300 192.168.10.3", marker("prefix_a-end.example.com", "ingress/default/end")}
	for name, tt := range map[string]struct {
		want []string
		held string
		why  string
	}{
		"sync":        {slices.Concat(twoChanged, ofEnd), "", "everything is done"},
		"upsert-only": {slices.Concat(ofOne, twoChanged, ofEnd), "one.example.com", "nothing is deleted"},
		"create-only": {slices.Concat(ofOne, ofTwo, ofEnd), "two.example.com", "nothing is updated or deleted"},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.world(t)
			p := w.start(with("--policy=" + name))
			w.cluster.Apply(t, one+two)
			w.want(slices.Concat(ofOne, ofTwo)...)
			w.cluster.Apply(t, changed)
			w.cluster.Delete(t, one)
			w.cluster.Apply(t, end)
			if name == "sync" {
				p.wantVerdict("one.example.com", change.Held, reason.GracePeriod)
			}
			w.want(tt.want...)
			if tt.held != "" {
				p.wantVerdict(tt.held, change.Held, reason.PolicyKeeps)
			}
			w.want(tt.want...)
		})
	}
}

// restart has a start at rest, which writes nothing, and one after something happened meanwhile.
func restart(t *testing.T, s *suite) {
	w := s.world(t)
	args := with("--policy=sync")
	p := w.start(args)
	stays, goes := ingress("stays", "stays.example.com", "192.168.10.1"), ingress("goes", "goes.example.com", "192.168.10.2")
	w.cluster.Apply(t, stays+goes)
	base := []string{"stays.example.com A 300 192.168.10.1", marker("prefix_a-stays.example.com", "ingress/default/stays")}
	w.want(slices.Concat(base, []string{"goes.example.com A 300 192.168.10.2", marker("prefix_a-goes.example.com", "ingress/default/goes")})...)
	p.stop()

	writes := w.attempts()
	p = w.start(args)
	p.ready()
	p.wantSettled()
	p.stop()
	if got := w.attempts() - writes; got != 0 {
		t.Errorf("a restart at rest wrote %d times: %q", got, w.batches())
	}

	w.cluster.Delete(t, goes)
	w.cluster.Apply(t, ingress("new", "new.example.com", "192.168.10.3"))
	w.start(args)
	w.want(slices.Concat(base, []string{"new.example.com A 300 192.168.10.3", marker("prefix_a-new.example.com", "ingress/default/new")})...)
}

// otherOwners has a second process with another owner's id, and record sets made by hand, in one zone under sync.
func otherOwners(t *testing.T, s *suite) {
	w := s.world(t)
	w.put(set("hand.example.com", record.A, "192.0.2.1"), set("hand.example.com", record.TXT, `"made by hand"`),
		set("mail.example.com", record.MX, "10 mx.example.net"), mark("ELSEWHERE", "prefix_a-gone.example.com", "ingress/default/gone"))
	foreign := split([]string{w.sets()})
	ours := w.start(with("--policy=sync", "--label-filter=team!=other"))
	w.start(with("--policy=sync", "--label-filter=team=other", "--txt-owner-id=OTHER"))
	mine, theirs := ingress("mine", "mine.example.com", "192.168.10.1"), labelled(ingress("theirs", "theirs.example.com", "192.168.10.2"))
	w.cluster.Apply(t, mine+theirs+ingress("hand", "hand.example.com", "192.168.10.9"))
	ofMine := []string{"mine.example.com A 300 192.168.10.1", marker("prefix_a-mine.example.com", "ingress/default/mine")}
	ofTheirs := []string{"theirs.example.com A 300 192.168.10.2", markerOf("OTHER", "prefix_a-theirs.example.com", "ingress/default/theirs")}
	w.want(slices.Concat(foreign, ofMine, ofTheirs)...)
	ours.wantVerdict("hand.example.com", change.Refused, reason.Foreign)

	// Names that the other one has are no one else's, not even when their object turns to us.
	w.cluster.Apply(t, ingress("taker", "theirs.example.com", "192.168.10.12"))
	ours.wantVerdict("theirs.example.com", change.Refused, reason.OtherOwner)
	w.cluster.Delete(t, mine)
	w.want(slices.Concat(foreign, ofTheirs)...)
	w.cluster.Apply(t, mine)
	w.want(slices.Concat(foreign, ofMine, ofTheirs)...)
	w.cluster.Delete(t, theirs)
	w.want(slices.Concat(foreign, ofMine)...)
}

// labelled gives objects a label.
func labelled(text string) string {
	return strings.Replace(text, "metadata: {", "metadata: {labels: {team: other}, ", 1)
}
