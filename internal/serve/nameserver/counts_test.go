// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// total is how many answers a server has counted.
func total(s *Server) (n uint64) {
	for _, a := range s.Answered() {
		n += a.N
	}
	return n
}

// counted are the counts that aren't 0, as "udp NOERROR 2".
func counted(s *Server) []string {
	var out []string
	for _, a := range s.Answered() {
		if a.N > 0 {
			out = append(out, fmt.Sprint(a.Transport, " ", a.Code, " ", a.N))
		}
	}
	return out
}

// TestAnswersAreCounted gives each code over each transport.
func TestAnswersAreCounted(t *testing.T) {
	newer := ask(t, "www.example.com. A")
	newer.SetEdns0(1232, false)
	newer.IsEdns0().SetVersion(1)
	update := new(dns.Msg).SetUpdate("example.com.")
	signed, _ := signedQuery(t, ask(t, "www.example.com. A"), keyName, dns.HmacSHA256, keySecret, time.Now())
	for want, packet := range map[string][]byte{
		"NOERROR":  packed(t, ask(t, "www.example.com. A")),
		"NXDOMAIN": packed(t, ask(t, "absent.example.com. A")),
		"REFUSED":  packed(t, ask(t, "www.example.org. A")),
		"NOTIMP":   packed(t, update),
		"FORMERR":  packed(t, ask(t, "www.example.com. A"))[:headerSize+3],
		"BADVERS":  packed(t, newer),
		"NOTAUTH":  signed, // with a key that isn't known
	} {
		t.Run(want, func(t *testing.T) {
			s := New(testDB(t), Options{})
			for loop := range maxLoops {
				messages(t, s, query{packet: packet, from: loopback, loop: loop, buf: make([]byte, payload)})
			}
			messages(t, s, query{packet: packet, from: loopback, tcp: true})
			if diff := cmp.Diff([]string{fmt.Sprint("udp ", want, " ", maxLoops), "tcp " + want + " 1"}, counted(s)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// TestCountsOfALargeTransfer: it is one answer, however many messages it has; one that is broken off is told apart.
func TestCountsOfALargeTransfer(t *testing.T) {
	db := zonedb.New()
	db.Put(bigZone())
	packet := packed(t, new(dns.Msg).SetQuestion(big+".", dns.TypeAXFR))
	for gone, want := range map[int]Stats{0: {Broken: 1}, 2: {Broken: 1}, 1000: {Transfers: 1}} {
		s, n := New(db, Options{Transfer: anyone}), 0
		err := s.exchange(query{packet: packet, tcp: true, from: loopback, send: func([]byte) error {
			if n++; n > gone {
				return errors.New("the secondary is gone")
			}
			return nil
		}})
		if got := s.Stats(); got != want || (err == nil) != (want.Broken == 0) {
			t.Errorf("gone after %d messages: counted %+v, want %+v: %v", gone, got, want, err)
		}
		if got := counted(s); !slices.Equal(got, []string{"tcp NOERROR 1"}) {
			t.Errorf("gone after %d messages: counted %q", gone, got)
		}
	}
}

// TestNoticesAreCounted: each message, by what became of it; one that the end of the process cuts short is none.
func TestNoticesAreCounted(t *testing.T) {
	for name, c := range map[string]struct {
		answers []error // then nil
		want    Stats
	}{
		"taken":        {nil, Stats{Notified: 1}},
		"refused":      {[]error{errUnwilling}, Stats{Unwilling: 1}},
		"late":         {[]error{errors.New("timeout"), errors.New("timeout")}, Stats{Silent: 2, Notified: 1}},
		"the end came": {[]error{context.Canceled}, Stats{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer synctest.Wait()
				defer cancel()
				s, n := New(small(t, nil), Options{}), 0
				tell := func(context.Context, string, *dns.Msg) error {
					if n++; n > len(c.answers) {
						return nil
					}
					if errors.Is(c.answers[n-1], context.Canceled) {
						cancel()
					}
					return c.answers[n-1]
				}
				go (&secondary{s: s, tell: tell, told: make(map[string]uint32)}).follow(ctx)
				time.Sleep(time.Hour)
				synctest.Wait()
				if got := s.Stats(); got != c.want {
					t.Errorf("counted %+v, want %+v", got, c.want)
				}
			})
		})
	}
}

// TestSerials: those that the zones' SOAs have.
func TestSerials(t *testing.T) {
	db := small(t, nil)
	db.Put(zone.Zone{Key: zone.Key{ID: "A"}, Name: "other.example.com"}, nil)
	edit(t, db, func(tx *zonedb.Tx) { tx.Set(set("new."+big, record.A, 60, "192.0.2.1")) })
	s := New(db, Options{})
	soa := messages(t, s, query{packet: packed(t, ask(t, big+". SOA")), from: loopback, buf: make([]byte, payload)})[0].Answer[0].(*dns.SOA)
	if diff := cmp.Diff([]Serial{{big, soa.Serial}, {"other.example.com", 1}}, s.Serials()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
