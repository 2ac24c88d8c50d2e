// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// dnsScript is a Verifier that answers as the test says.
type dnsScript struct {
	says func(q reconcile.Question, n int) reconcile.Answer // n questions about the name came before; nil: it never answers
	took time.Duration

	mu        sync.Mutex // guards what follows
	asked     []string
	at        []time.Time
	now, most int // questions in flight
}

func (o *dnsScript) Verify(ctx context.Context, q reconcile.Question) reconcile.Answer {
	line := fmt.Sprintf("%s at %s:", q.Name, strings.Join(q.Servers, " "))
	for _, s := range q.Sets {
		line += fmt.Sprintf(" %s %s", s.Type, strings.Join(s.Values, ","))
	}
	for _, t := range q.Types {
		line += fmt.Sprintf(" no %s", t)
	}
	o.mu.Lock()
	n := 0
	if len(o.asked) < 1000 {
		for _, other := range o.asked {
			if strings.HasPrefix(other, string(q.Name)+" ") {
				n++
			}
		}
		o.asked, o.at = append(o.asked, line), append(o.at, time.Now())
	}
	o.now++
	o.most = max(o.most, o.now)
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		o.now--
		o.mu.Unlock()
	}()
	if o.says == nil {
		<-ctx.Done()
		return reconcile.Answer{}
	}
	time.Sleep(o.took)
	return o.says(q, n)
}

// questions are those so far.
func (o *dnsScript) questions() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.asked)
}

func yes(reconcile.Question, int) reconcile.Answer { return reconcile.Answer{As: true} }

func not(code reason.Code) func(reconcile.Question, int) reconcile.Answer {
	return func(reconcile.Question, int) reconcile.Answer { return reconcile.Answer{Why: reason.New(code, "no")} }
}

// state is how far a name has come, and the reason's code.
func state(t *testing.T, l *reconcile.Loop, name string) string {
	t.Helper()
	all, err := l.Progress(context.Background(), dnsname.Name(name))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range all {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s", p.State, p.Why.Code)))
	}
	return strings.Join(out, ", ")
}

// ends are what was heard of names' ways.
func (r *rig) ends() []string {
	var out []string
	for _, e := range r.seen() {
		switch e := e.(type) {
		case reconcile.Answering:
			out = append(out, fmt.Sprintf("%s answers after %s", e.Name, e.Took))
		case reconcile.Unverified:
			out = append(out, fmt.Sprintf("%s: %s", e.Name, e.Why.Code))
		case reconcile.Delivered:
			out = append(out, fmt.Sprintf("%d of a batch answer after %s", e.Names, e.Took))
		}
	}
	return out
}

// TestProgress follows one change from what is sent to what answers, under every obstacle.
func TestProgress(t *testing.T) {
	denied := providertest.Fault{Err: &provider.Error{Class: provider.Denied, Action: "x:Get", Err: errors.New("no")}, Times: -1}
	ns := record.Set{Key: record.Key{Name: "example.com", Type: record.NS}, TTL: 300, Values: []string{"ns1.example.net", "ns2.example.net"}}
	asked := "a.example.com at ns1.example.net ns2.example.net: A 192.0.2.1"
	for name, tc := range map[string]struct {
		why     string
		arrange func(*rig)
		says    func(reconcile.Question, int) reconcile.Answer
		none    bool // nobody is there to ask
		object  *thing
		name    string // a.example.com unless set
		early   string // after two seconds
		late    string // after twenty minutes
		asked   []string
		ends    []string
	}{
		"answering": {
			why: "once in sync, DNS is asked", says: yes, early: "sent", late: "answering", asked: []string{asked},
			ends: []string{"a.example.com answers after 10s", "1 of a batch answer after 10s"},
		},
		"not at once": {
			why: "with growing pauses", early: "sent", late: "answering", asked: []string{asked, asked, asked, asked},
			says: func(_ reconcile.Question, n int) reconcile.Answer {
				return reconcile.Answer{As: n == 3, Why: reason.New(reason.AnswersDiffer, "no")}
			},
			ends: []string{"a.example.com answers after 24s", "1 of a batch answer after 24s"}, // 10, 12, 16, 24
		},
		"sometimes unreachable": {
			why: "only three times in a row are too many", early: "sent", late: "answering", asked: []string{asked, asked, asked, asked, asked, asked},
			says: func(_ reconcile.Question, n int) reconcile.Answer {
				code := reason.DNSUnreachable
				if n == 2 {
					code = reason.AnswersDiffer
				}
				return reconcile.Answer{As: n == 5, Why: reason.New(code, "no")}
			},
			ends: []string{"a.example.com answers after 1m12s", "1 of a batch answer after 1m12s"},
		},
		"confirmation denied": {
			why: "then DNS is asked at the first denial", says: yes, early: "sent", late: "answering", asked: []string{asked},
			arrange: func(r *rig) { r.flaky.Fail(providertest.OpInSync, denied) },
			ends:    []string{"a.example.com answers after 12s", "1 of a batch answer after 12s"},
		},
		"never confirmed": {
			why: "after three questions DNS is asked", says: yes, early: "sent", late: "answering", asked: []string{asked},
			arrange: func(r *rig) { r.memory.SyncAfter = 100 },
			ends:    []string{"a.example.com answers after 1m12s", "1 of a batch answer after 1m12s"},
		},
		"nobody asks": {why: "in sync is all that is known", none: true, early: "sent", late: "in sync NotVerified"},
		"nobody asks or confirms": {
			why: "sent is all that is known", none: true, early: "sent", late: "sent NotVerified",
			arrange: func(r *rig) { r.memory.SyncAfter = 100 },
		},
		"can't be judged": {
			why: "it isn't asked for again", early: "sent", late: "in sync NoServers", asked: []string{asked}, ends: []string{"a.example.com: NoServers"},
			says: func(reconcile.Question, int) reconcile.Answer {
				return reconcile.Answer{Never: true, Why: reason.New("NoServers", "no")}
			},
		},
		"routing policy": {
			why: "what it answers depends on who asks", says: yes, early: "sent", late: "in sync RoutingPolicy", ends: []string{"a.example.com: RoutingPolicy"},
			object: func() *thing { o := ask("a.example.com=192.0.2.1"); o.ID = "blue"; return o }(),
		},
		"delegated": {
			why: "other servers answer for it", says: yes, object: ask("a.sub.example.com=192.0.2.1"), name: "a.sub.example.com", early: "sent", late: "in sync Delegated",
			ends: []string{"a.sub.example.com: Delegated"}, arrange: func(r *rig) { r.memory.Put("example.com", set("sub.example.com", "NS", "ns.example.net")) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, func(r *rig) {
				o := &dnsScript{says: tc.says}
				if !tc.none {
					r.asks = o
				}
				r.memory.Put("example.com", ns)
				if tc.arrange != nil {
					tc.arrange(r)
				}
				if tc.object == nil {
					tc.object = ask("a.example.com=192.0.2.1")
				}
				if tc.name == "" {
					tc.name = "a.example.com"
				}
				l := r.start()
				r.synced(delta("d/a", tc.object))
				if s := state(t, l, tc.name); s != tc.early {
					t.Errorf("at first %q, want %q (%s)", s, tc.early, tc.why)
				}
				time.Sleep(20 * time.Minute)
				synctest.Wait()
				if s := state(t, l, tc.name); s != tc.late {
					t.Errorf("at the end %q, want %q (%s)", s, tc.late, tc.why)
				}
				if diff := cmp.Diff(tc.asked, o.questions()); diff != "" {
					t.Errorf("questions (-want +got, %s):\n%s", tc.why, diff)
				}
				if diff := cmp.Diff(tc.ends, r.ends()); diff != "" {
					t.Errorf("ends (-want +got, %s):\n%s", tc.why, diff)
				}
			})
		})
	}
}

// TestPrivateZone has no question asked about a private zone.
func TestPrivateZone(t *testing.T) {
	in(t, func(r *rig) {
		o := &dnsScript{says: yes}
		r.asks = o
		z := providertest.MemoryZone("example.org")
		z.Private = true
		r.memory.AddZone(z)
		l := r.start()
		r.synced(delta("d/a", ask("a.example.org=192.0.2.1")))
		time.Sleep(time.Minute)
		synctest.Wait()
		if s := state(t, l, "a.example.org"); s != "in sync PrivateZone" || len(o.questions()) > 0 {
			t.Errorf("%q after %q", s, o.questions())
		}
	})
}

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

// TestWildcardAnswers has nothing asked of a name that a wildcard answers for.
func TestWildcardAnswers(t *testing.T) {
	in(t, func(r *rig) {
		o := &dnsScript{says: yes}
		r.asks = o
		r.start()
		r.memory.Put("example.com", set("*.example.com", "A", "192.0.2.9"))
		r.synced(delta("d/a", ask("a.b.example.com=192.0.2.1")))
		time.Sleep(time.Minute)
		r.put("d/a", nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []string{"a.b.example.com answers after 10s", "1 of a batch answer after 10s", "a.b.example.com: WildcardAnswers"}; !slices.Equal(r.ends(), want) {
			t.Errorf("%q, want %q", r.ends(), want)
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

// TestNobodyAsksForWhatIsNotDone has a dry run and a run that ends ask nobody.
func TestNobodyAsksForWhatIsNotDone(t *testing.T) {
	t.Run("dry run", func(t *testing.T) {
		in(t, func(r *rig) {
			o := &dnsScript{says: yes}
			r.asks, r.opts.DryRun = o, true
			r.start()
			r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
			time.Sleep(time.Minute)
			synctest.Wait()
			if len(o.questions()) > 0 || len(r.ends()) > 0 {
				t.Errorf("asked %q, heard %q", o.questions(), r.ends())
			}
		})
	})
	t.Run("once", func(t *testing.T) {
		o := &dnsScript{}
		r, err := once(t, func(r *rig) { r.asks = o }, feed.Event{Replace: true, State: feed.Synced, Deltas: []feed.Delta{delta("d/a", ask("a.example.com=192.0.2.1"))}})
		if err != nil || len(o.questions()) > 0 || len(r.ends()) > 0 {
			t.Errorf("%v, asked %q, heard %q", err, o.questions(), r.ends())
		}
	})
}

// TestStates counts names by how far they have come.
func TestStates(t *testing.T) {
	in(t, func(r *rig) {
		r.asks = &dnsScript{says: yes}
		r.memory.Put("example.com", set("old.example.com", "A", "192.0.2.1"),
			set("x-a-old.example.com", "TXT", `"heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/d/old"`), set("foreign.example.com", "A", "192.0.2.9"), set("else.example.com", "A", "192.0.2.9"))
		r.flaky.Fail(providertest.OpApply, providertest.Fault{Err: &provider.Error{Class: provider.Rejected, Err: errors.New("no")}, Times: -1, When: touches("bad.example.com")})
		l := r.start()
		r.synced(
			delta("d/old", ask("old.example.com=192.0.2.1")), delta("d/new", ask("new.example.com=192.0.2.1")), delta("d/bad", ask("bad.example.com=192.0.2.1")),
			delta("d/foreign", ask("foreign.example.com=192.0.2.1")), delta("d/zone", ask("a.example.net=192.0.2.1")),
		)
		for name, want := range map[string]string{
			"old.example.com": "in sync", "new.example.com": "sent", "bad.example.com": "parked Rejected", "foreign.example.com": "refused NotOurs", "else.example.com": "",
		} {
			if got := state(t, l, name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		r.put("d/old", ask("old.example.com=hold"))
		r.put("d/next", ask("next.example.com=192.0.2.1")) // its window is open
		s, err := l.Status(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		counts := make(map[reconcile.State]int)
		for _, c := range s.States {
			counts[c.State] = c.Names
		}
		// old waits for its window too: what is decided of it is still that of before.
		want := map[reconcile.State]int{reconcile.StatePlanned: 2, reconcile.StateSent: 1, reconcile.StateParked: 1, reconcile.StateRefused: 2}
		if diff := cmp.Diff(want, counts); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if s := state(t, l, "old.example.com"); s != "held NoAddressYet" {
			t.Errorf("what is held is %q", s)
		}
	})
}

// TestOwnersAreTold has the record sets of another owner that stand in the way told once.
func TestOwnersAreTold(t *testing.T) {
	in(t, func(r *rig) {
		r.memory.Put("example.com", set("a.example.com", "A", "192.0.2.9"),
			set("x-a-a.example.com", "TXT", `"heritage=external-dns,external-dns/owner=other,external-dns/resource=ingress/d/a"`))
		r.start()
		r.synced(delta("d/a", ask("a.example.com=192.0.2.1")))
		var got []string
		for _, e := range r.seen() {
			if o, ok := e.(reconcile.OwnedElsewhere); ok {
				got = append(got, fmt.Sprintf("%s %s not %s", o.Set.Key, o.Owner, o.Ours))
			}
		}
		if want := []string{"a.example.com A other not me"}; !slices.Equal(got, want) {
			t.Errorf("heard %q, want %q", got, want)
		}
	})
}

// TestTurnForgetsWatches has a replica whose turn has gone ask nobody, and forget whom it asked for.
func TestTurnForgetsWatches(t *testing.T) {
	turned(t, func(t *testing.T, r *rig, p *turns, _ *counting) {
		o := &dnsScript{says: not(reason.AnswersDiffer)}
		r.asks = o
		l := r.start()
		defer func() { r.stop() }()
		p.give(long)
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
