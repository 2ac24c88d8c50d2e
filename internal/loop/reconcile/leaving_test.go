// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
)

// TestReplaceAccount: an account of the same name with another provider is another one. What waits to be sent through the one before
// never is, its zones are those of the other from then on, and nothing is said to be left.
func TestReplaceAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com", "slow.example.net")
		r.opts.Rate, r.opts.Burst = 0.1, 2 // the listing and the first read
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
		before := r.memory
		if got := before.Calls(); got.Zones != 1 || got.Records != 1 {
			t.Fatalf("calls at the start: %+v", got)
		}
		r.memory = providertest.NewMemory(providertest.MemoryZone("example.com"))
		r.provider = r.memory
		r.replace(l)
		time.Sleep(time.Minute)
		r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/1")
		if got := before.Calls(); got.Zones != 1 || got.Records != 1 || got.Apply != 0 {
			t.Errorf("calls through the account before: %+v", got)
		}
		again := providertest.NewFlaky(r.memory)
		r.provider = again
		r.replace(l)
		if got := r.left(); got != nil {
			t.Errorf("said to be left behind: %q", got)
		}
		r.stop()
	})
}

// TestReplaceRecallsWhatWaits: a batch that waits for its turn was planned for the views before, and isn't sent.
func TestReplaceRecallsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.opts.Rate, r.opts.Burst = 0.1, 2
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
		r.labels = func(map[string]string) bool { return false }
		r.replace(l)
		time.Sleep(time.Minute)
		if n := r.memory.Calls().Apply; n != 0 {
			t.Errorf("%d batches were sent", n)
		}
		r.stop()
	})
}

// TestReplaceEqualPlansNothing: for views that are equal not even the names are looked at, which takes as long as there are names.
func TestReplaceEqualPlansNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1")))
		_, before := last[reconcile.UpToDate](r)
		r.replace(l)
		if _, n := last[reconcile.UpToDate](r); n != before {
			t.Error("every name was planned anew")
		}
		r.stop()
	})
}

// TestReplaceEndsQuestions: about a zone that is left out nobody is asked any more, whether its last batch was
// under way then, on its way, or asked for.
func TestReplaceEndsQuestions(t *testing.T) {
	for name, tc := range map[string]struct{ delay, later time.Duration }{
		"under way": {delay: 4 * time.Second}, "on its way": {}, "asked for": {later: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "example.com")
				dns := &dnsScript{says: not(reason.AnswersDiffer)}
				r.asks = dns
				r.memory.SyncAfter = 1
				l := r.start()
				r.synced()
				r.flaky.Fail(providertest.OpApply, providertest.Fault{Delay: tc.delay})
				r.put("d/1", ask("a.example.com=192.0.2.1"))
				r.settle()
				time.Sleep(tc.later)
				r.narrow = func(zone.Zone) bool { return false }
				r.replace(l)
				calls, questions := r.memory.Calls().InSync, len(dns.questions())
				time.Sleep(10 * time.Minute)
				if n := r.memory.Calls().InSync - calls; n > 0 {
					t.Errorf("%d questions about receipts", n)
				}
				if n := len(dns.questions()) - questions; n > 0 {
					t.Errorf("%d questions over DNS", n)
				}
				if n := len(r.ends()); n > 0 {
					t.Errorf("heard of names' ways: %q", r.ends())
				}
				r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/1")
				r.stop()
			})
		})
	}
}

// TestReplaceForgetsWhatFails: a read or a write under way that fails after its zone was left out is no news to anybody.
func TestReplaceForgetsWhatFails(t *testing.T) {
	for name, tc := range map[string]struct {
		op  providertest.Op
		put *thing
	}{"read": {providertest.OpRecords, nil}, "write": {providertest.OpApply, ask("a.example.com=192.0.2.1")}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, "example.com")
				fault := providertest.Fails(provider.Rejected, errors.New("no"))
				fault.Delay = 4 * time.Second
				r.flaky.Fail(tc.op, fault)
				l := r.start()
				r.synced()
				if tc.put != nil {
					r.put("d/1", tc.put)
					r.settle()
				}
				r.narrow = func(zone.Zone) bool { return false }
				r.replace(l)
				time.Sleep(time.Minute)
				if p, n := last[reconcile.Parked](r); n > 0 {
					t.Errorf("parked %+v", p)
				}
				if z, n := last[reconcile.ZoneRead](r); n > 0 && tc.put == nil {
					t.Errorf("read %+v", z)
				}
				r.narrow = nil
				r.replace(l)
				time.Sleep(time.Minute)
				if tc.put != nil {
					r.want("example.com", "a.example.com A 192.0.2.1", "x-a-a.example.com TXT me:d/1")
				}
				if s, err := l.Status(t.Context()); err != nil || !s.Ready {
					t.Errorf("not ready after the zone has come back: %+v, %v", s, err)
				}
				r.stop()
			})
		})
	}
}

// TestReplaceSurveys: under auto, the form of new markers is that of the zone as another owner finds it.
func TestReplaceSurveys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		l := r.start()
		r.synced()
		r.memory.Put("example.com", set("old.example.com", "A", "192.0.2.9"), marker("y-old.example.com", "you", "ingress/d/old"))
		time.Sleep(10 * time.Minute) // it is read
		r.txt.Owner, r.txt.Prefix = "you", "y-"
		r.view.Policy = "upsert-only"
		r.replace(l)
		r.put("d/1", ask("a.example.com=192.0.2.1"))
		r.settle()
		if !slices.Contains(r.zone("example.com"), `y-a.example.com TXT "heritage=external-dns,external-dns/owner=you,external-dns/resource=ingress/d/1`) {
			t.Errorf("the marker isn't like those that are there: %q", r.zone("example.com"))
		}
		r.stop()
	})
}

// TestReplaceSays: views that go take what was said for them along, and who asks why hears that a view leaves a zone out.
func TestReplaceSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "example.com")
		r.memory.Put("example.com", set("a.example.com", "A", "203.0.113.9"))
		r.views = []reconcile.View{publish("other", "you", nil, "default")}
		l := r.start()
		r.synced(delta("d/1", ask("a.example.com=192.0.2.1", "b.else.example=192.0.2.2")))
		events := len(r.seen())
		r.views = nil
		r.replace(l)
		gone := make(map[string]bool)
		for _, e := range r.seen()[events:] {
			if d, ok := e.(reconcile.Decided); ok && d.View == "other" && len(d.Decisions) == 0 {
				gone[string(d.Name)] = true
			}
		}
		if !gone["a.example.com"] || !gone["b.else.example"] {
			t.Errorf("why: what was said for the view that has gone stays said, but for %v", gone)
		}
		r.narrow = func(zone.Zone) bool { return false }
		r.replace(l)
		why := r.explain(l, "a.example.com", ref("d/1")).Names[0].Views[0].NoZone
		if why.Code != reason.NoZone || why.Text != "the view default leaves out the hosted zone example.com (example.com)" {
			t.Errorf("why: %s", why)
		}
		r.stop()
	})
}
