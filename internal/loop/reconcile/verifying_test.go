// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

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

// TestWildcardAnswers has nothing asked of a name that a wildcard answers for.
func TestWildcardAnswers(t *testing.T) {
	in(t, func(r *rig) {
		o := &dnsScript{says: yes}
		r.asks = o
		r.memory.Put("example.com", set("*.example.com", "A", "192.0.2.9"))
		r.start()
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
