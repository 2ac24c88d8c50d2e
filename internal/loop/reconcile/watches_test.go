// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// TestGivesUp asks for ten minutes, with pauses of at most one, and then tells what it saw.
func TestGivesUp(t *testing.T) {
	in(t, func(r *rig) {
		o := &dnsScript{says: not(reason.AnswersDiffer)}
		r.asks = o
		l := r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		time.Sleep(9 * time.Minute)
		synctest.Wait()
		if s := state(t, l, "a.example.com"); s != "in sync AnswersDiffer" || len(r.ends()) > 0 {
			t.Errorf("after nine minutes %q, %q", s, r.ends())
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if s := state(t, l, "a.example.com"); s != "in sync AnswersDiffer" || !slices.Equal(r.ends(), []string{"a.example.com: AnswersDiffer"}) {
			t.Errorf("at the end %q, %q", s, r.ends())
		}
		for i := 1; i < len(o.at); i++ {
			if pause := o.at[i].Sub(o.at[i-1]); pause > time.Minute || pause < 2*time.Second {
				t.Errorf("a pause of %s", pause)
			}
		}
		if total := o.at[len(o.at)-1].Sub(o.at[0]); total < 10*time.Minute || total > 11*time.Minute {
			t.Errorf("asked for %s", total)
		}
	})
}

// TestApartFromVerification has servers that never answer hold and delay nothing.
func TestApartFromVerification(t *testing.T) {
	in(t, func(r *rig) {
		o := &dnsScript{}
		r.asks = o
		r.start()
		var names []string
		for i := range 30 {
			names = append(names, fmt.Sprintf("n%d.example.com=192.0.2.1", i))
		}
		r.synced(delta("d/a", ask(names...)))
		time.Sleep(time.Minute) // questions are in flight, as many as may be
		synctest.Wait()
		begin := time.Now()
		r.put("d/b", ask("b.example.com=192.0.2.2"))
		for !slices.Contains(r.zone("example.com"), "b.example.com A 192.0.2.2") {
			time.Sleep(10 * time.Millisecond)
			synctest.Wait()
			if time.Since(begin) > time.Minute {
				t.Fatal("the change isn't made")
			}
		}
		if took := time.Since(begin); took > time.Second {
			t.Errorf("the change took %s", took)
		}
		if o.most != 8 {
			t.Errorf("%d questions at a time, want 8", o.most)
		}
	})
}

// TestSuperseded has a newer change take the place of an older one, what that was about included.
func TestSuperseded(t *testing.T) {
	in(t, func(r *rig) {
		o := &dnsScript{says: func(q reconcile.Question, _ int) reconcile.Answer {
			old := slices.ContainsFunc(q.Sets, func(s record.Set) bool { return slices.Equal(s.Values, []string{"192.0.2.1"}) })
			return reconcile.Answer{As: !old, Why: reason.New(reason.AnswersDiffer, "no")}
		}, took: 30 * time.Second}
		r.asks = o
		l := r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1,2001:db8::1")))
		time.Sleep(15 * time.Second) // a question is in flight
		r.put("d/a", ask("a.example.com=192.0.2.2,2001:db8::1"))
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		want := []string{"a.example.com at : A 192.0.2.1 AAAA 2001:db8::1", "a.example.com at : A 192.0.2.2 AAAA 2001:db8::1"}
		if diff := cmp.Diff(want, o.questions()); diff != "" {
			t.Errorf("questions (-want +got):\n%s", diff)
		}
		if s := state(t, l, "a.example.com"); s != "answering" {
			t.Errorf("state %q", s)
		}
		// It goes: the types that were there are asked for, and then nothing is remembered of it.
		r.put("d/a", nil)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if q := o.questions(); q[len(q)-1] != "a.example.com at : no A no AAAA" {
			t.Errorf("the last question was %q", q[len(q)-1])
		}
		if s := state(t, l, "a.example.com"); s != "" {
			t.Errorf("the name is gone and has the state %q", s)
		}
	})
}

// TestUnreachable has a zone whose servers can't be reached left alone for ten minutes.
func TestUnreachable(t *testing.T) {
	in(t, func(r *rig) {
		r.memory.AddZone(providertest.MemoryZone("example.org"))
		o := &dnsScript{says: func(q reconcile.Question, n int) reconcile.Answer {
			if q.Zone.Name == "example.org" {
				return yes(q, n)
			}
			return not(reason.DNSUnreachable)(q, n)
		}}
		r.asks = o
		l := r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1", "a.example.org=192.0.2.1")))
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := state(t, l, "a.example.com"); s != "in sync DNSUnreachable" || len(o.questions()) != 4 {
			t.Errorf("%q after %q, want three for the zone and one for the other", s, o.questions())
		}
		r.put("d/b", ask("b.example.com=192.0.2.1", "b.example.org=192.0.2.1"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if b, other := state(t, l, "b.example.com"), state(t, l, "b.example.org"); b != "in sync DNSUnreachable" || other != "answering" || len(o.questions()) != 5 {
			t.Errorf("%q and %q after %q", b, other, o.questions())
		}
		o.says = yes
		time.Sleep(20 * time.Minute)
		r.put("d/c", ask("c.example.com=192.0.2.1"))
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := state(t, l, "c.example.com"); s != "answering" {
			t.Errorf("after the pause %q", s)
		}
	})
}

// TestManyNamesAreBounded follows at most 10,000 names at once, and remembers as many.
func TestManyNamesAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 names take a while")
	}
	in(t, func(r *rig) {
		o := &dnsScript{says: yes, took: time.Millisecond}
		r.asks = o
		var names []string
		for i := range 10_050 {
			names = append(names, fmt.Sprintf("n%d.example.com=192.0.2.1", i))
		}
		l := r.start()
		r.synced(delta("d/a", ask(names...)))
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if o.most != 8 {
			t.Errorf("%d questions at a time, want 8", o.most)
		}
		s, err := l.Status(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		want := []reconcile.StateCount{{State: reconcile.StateAnswering, Names: 10_000}, {State: reconcile.StateInSync, Names: 50}}
		if diff := cmp.Diff(want, s.States); diff != "" || s.Unfollowed != 50 {
			t.Errorf("%d names weren't followed, want 50; states (-want +got):\n%s", s.Unfollowed, diff)
		}
		batches := slices.DeleteFunc(r.ends(), func(l string) bool { return !strings.Contains(l, "of a batch") })
		if len(batches) > 50 {
			t.Errorf("%d lines tell of batches that answer", len(batches))
		}
		// More names come: the oldest are forgotten, and are as they were read.
		names = names[:0]
		for i := range 100 {
			names = append(names, fmt.Sprintf("m%d.example.com=192.0.2.1", i))
		}
		r.put("d/b", ask(names...))
		time.Sleep(time.Minute)
		synctest.Wait()
		if s, _ = l.Status(context.Background()); s.States[0].Names != 10_000 || s.States[1].Names != 150 {
			t.Errorf("states %v", s.States)
		}
	})
}

// TestTurnForgetsWatches has a replica whose turn has gone ask nobody, and forget whom it asked for.
func TestTurnForgetsWatches(t *testing.T) {
	turned(t, func(t *testing.T, r *rig, p *turns, _ *counting) {
		o := &dnsScript{says: not(reason.AnswersDiffer)}
		r.asks = o
		p.give(long)
		l := r.start()
		defer func() { r.stop() }()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		time.Sleep(15 * time.Second)
		asked := len(o.questions())
		p.give(0)
		time.Sleep(time.Minute)
		s, err := l.Status(context.Background())
		if err != nil || len(s.States) > 0 {
			t.Errorf("a standby tells of the states %v, %v", s.States, err)
		}
		p.give(long)
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(o.questions()); asked == 0 || n != asked || len(r.ends()) > 0 {
			t.Errorf("%d questions in the first turn, %d in all; heard %q", asked, n, r.ends())
		}
		if s := state(t, l, "a.example.com"); s != "in sync" {
			t.Errorf("the name is %q: it was read as wanted", s)
		}
	})
}
