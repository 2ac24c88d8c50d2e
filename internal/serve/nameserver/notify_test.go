// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// listener is a secondary that hears NOTIFY and answers as a function says: real ones don't lie.
type listener struct {
	at    string
	mu    sync.Mutex
	heard []uint32 // serials
}

func hear(t *testing.T, answer func(n int, m *dns.Msg) []*dns.Msg) *listener {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &listener{at: conn.LocalAddr().String()}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, maxQuery)
		for n := 0; ; n++ {
			size, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			m := new(dns.Msg)
			if err := m.Unpack(buf[:size]); err != nil || m.Opcode != dns.OpcodeNotify || !m.Authoritative || len(m.Answer) != 1 {
				t.Errorf("this isn't a NOTIFY with its SOA: %v, %v", m, err)
				return
			}
			l.mu.Lock()
			l.heard = append(l.heard, m.Answer[0].(*dns.SOA).Serial)
			l.mu.Unlock()
			for _, r := range answer(n, m) {
				out, err := r.Pack()
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = conn.WriteTo(out, from) // it may have gone
			}
		}
	}()
	return l
}

func (l *listener) serials() []uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]uint32{}, l.heard...)
}

func yes(_ int, m *dns.Msg) []*dns.Msg { return []*dns.Msg{new(dns.Msg).SetReply(m)} }

// announce runs Announce until the test ends.
func announce(t *testing.T, db *zonedb.DB, to ...string) *Server {
	t.Helper()
	s := New(db, Options{Notify: to})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); s.Announce(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return s
}

func eventually(t *testing.T, why string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(why)
		}
	}
}

func TestNotify(t *testing.T) {
	db := small(t, nil)
	good, silent := hear(t, yes), hear(t, func(int, *dns.Msg) []*dns.Msg { return nil })
	s := announce(t, db, silent.at, good.at)
	eventually(t, "the zone isn't told of at the start", func() bool { return len(good.serials()) == 1 })
	for i := range 20 {
		edit(t, db, func(tx *zonedb.Tx) { tx.Set(set("a."+big, record.A, uint32(i), "192.0.2.1")) })
	}
	now, _ := db.Zone("B")
	eventually(t, "the last version isn't told of", func() bool { h := good.serials(); return h[len(h)-1] == now.Serial })
	eventually(t, "acknowledgements aren't counted", func() bool { return s.Stats().Notified == uint64(len(good.serials())) })
	if len(silent.serials()) == 0 {
		t.Error("the silent one was never told")
	}
	heard := len(good.serials())
	db.Put(zone.Zone{Key: zone.Key{ID: "C"}, Name: "other.example.com"}, nil)
	eventually(t, "a new zone isn't told of", func() bool { return len(good.serials()) > heard })
	if got := good.serials(); len(got) != heard+1 || got[heard] != 1 {
		t.Errorf("only the new zone was due: %v", got[heard:])
	}
}

// An answer counts only with the message's id, as a response to a NOTIFY about that zone; one that says no ends the matter.
func TestNotifyAnswers(t *testing.T) {
	but := func(f func(r *dns.Msg)) func(int, *dns.Msg) []*dns.Msg {
		return func(_ int, m *dns.Msg) []*dns.Msg {
			wrong := new(dns.Msg).SetReply(m)
			f(wrong)
			return []*dns.Msg{wrong, new(dns.Msg).SetRcode(m, dns.RcodeRefused)} // the second one counts
		}
	}
	for name, c := range map[string]struct {
		why    string
		answer func(int, *dns.Msg) []*dns.Msg
		want   string
	}{
		"yes":            {"told", yes, ""},
		"refused":        {"it doesn't want to know", but(func(r *dns.Msg) { r.Id++ }), "doesn't take it"},
		"other id":       {"an answer to something else", but(func(r *dns.Msg) { r.Id++ }), "doesn't take it"},
		"a query":        {"not a response", but(func(r *dns.Msg) { r.Response = false }), "doesn't take it"},
		"another opcode": {"not to a NOTIFY", but(func(r *dns.Msg) { r.Opcode = dns.OpcodeQuery }), "doesn't take it"},
		"another zone":   {"not about it", but(func(r *dns.Msg) { r.Question[0].Name = "example.org." }), "doesn't take it"},
		"server failure": {"may pass", func(_ int, m *dns.Msg) []*dns.Msg {
			return []*dns.Msg{new(dns.Msg).SetRcode(m, dns.RcodeServerFailure)}
		}, "SERVFAIL"},
		"without a question": {"some leave it out", func(_ int, m *dns.Msg) []*dns.Msg {
			r := new(dns.Msg).SetReply(m)
			r.Question = nil
			return []*dns.Msg{r}
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := New(small(t, nil), Options{})
			z, _ := s.db.Zone("B")
			soa, err := s.opts.soa(z)
			if err != nil {
				t.Fatal(err)
			}
			err = notify(t.Context(), hear(t, c.answer).at, notification(z, soa))
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: %v, want %q", c.why, err, c.want)
			}
		})
	}
}

// told has a secondary follow a database in a bubble, without a network, and lists when it hears of which serial.
func told(ctx context.Context, db *zonedb.DB, answer func(n int) error) *[]string {
	began, heard := time.Now(), &[]string{}
	n := &secondary{s: New(db, Options{}), told: make(map[string]uint32)}
	n.tell = func(_ context.Context, _ string, m *dns.Msg) error {
		*heard = append(*heard, fmt.Sprintf("%v %d", time.Since(began), m.Answer[0].(*dns.SOA).Serial))
		return answer(len(*heard) - 1)
	}
	go n.follow(ctx)
	synctest.Wait()
	return heard
}

// TestNotifyGathers: edits that follow each other are told once, those that go on at least every so often.
func TestNotifyGathers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := small(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		heard := told(ctx, db, func(int) error { return nil })
		for i := range 200 { // for 200 ms
			edit(t, db, func(tx *zonedb.Tx) { tx.Set(set("a."+big, record.A, uint32(i), "192.0.2.1")) })
			time.Sleep(time.Millisecond)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(*heard); n < 4 || n > 6 || !strings.HasSuffix((*heard)[n-1], " 241") {
			t.Errorf("told %q, want one at the start, one each 50 ms and one of 241 at last", *heard)
		}
	})
}

// TestNotifyRetries: a secondary that fails is told again after a pause that doubles, with the version of then; one that never answers
// is given up until the next version.
func TestNotifyRetries(t *testing.T) {
	fails := errors.New("SERVFAIL")
	for name, c := range map[string]struct {
		until int // how many messages fail
		want  string
	}{
		"once":   {1, "[0s 41 2s 42]"},
		"thrice": {3, "[0s 41 2s 42 6s 42 14s 42]"},
		"always": {100, "[0s 41 2s 42 6s 42 14s 42 30s 42 1m2s 42]"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := small(t, nil)
				ctx, cancel := context.WithCancel(t.Context())
				defer synctest.Wait()
				defer cancel()
				heard := told(ctx, db, func(n int) error {
					if n < c.until {
						return fails
					}
					return nil
				})
				edit(t, db, func(tx *zonedb.Tx) { tx.Set(set("a."+big, record.A, 1, "192.0.2.1")) })
				time.Sleep(time.Hour)
				synctest.Wait()
				if got := fmt.Sprint(*heard); got != c.want {
					t.Errorf("told %s, want %s", got, c.want)
				}
				before := len(*heard)
				edit(t, db, func(tx *zonedb.Tx) { tx.Set(set("a."+big, record.A, 2, "192.0.2.1")) })
				time.Sleep(time.Second)
				synctest.Wait()
				if len(*heard) != before+1 {
					t.Errorf("the next version is told %d times", len(*heard)-before)
				}
			})
		})
	}
}
