// SPDX-License-Identifier: Apache-2.0

package r53emu_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// TestInBubble uses the service where there are no sockets and time is synctest's.
func TestInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, id := zoneWith(t, r53emu.Options{Processing: 3 * time.Second, Latency: time.Second})
		if _, err := s.Change(id, ch(create, "a.example.com", "A", "192.0.2.1")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Change(id, ch(create, "b.example.com", "A", "192.0.2.1")); err == nil {
			t.Error("a second change while the first is processed should be refused")
		}
		time.Sleep(3 * time.Second)
		if _, err := s.Change(id, ch(create, "b.example.com", "A", "192.0.2.1")); err != nil {
			t.Error(err)
		}
		other := s.AddZone("example.net", false)
		if _, err := s.Change(other, ch(create, "a.example.net", "A", "192.0.2.1")); err != nil {
			t.Errorf("another zone should be free: %v", err)
		}

		s.Fail("", 1, r53emu.Fault{Delay: time.Minute})
		start := time.Now()
		if r := post(t, s, http.MethodGet, "/2013-04-01/hostedzonecount", signed, ""); r.StatusCode != http.StatusOK || time.Since(start) != 61*time.Second {
			t.Errorf("a delayed answer: %d after %v, want 200 after 1m1s", r.StatusCode, time.Since(start))
		}
	})
}

// TestCanonicalText has the rules take TXT values as the model spells them.
func TestCanonicalText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(t, "text"))
		s := r53emu.New(r53emu.Options{})
		id := s.AddZone("example.com", false)
		set := record.Set{Key: record.Key{Name: "t.example.com", Type: record.TXT}, TTL: 60, Values: []string{record.Quote(text)}}
		if _, err := s.Change(id, r53emu.Change{Action: create, Set: set}); err != nil {
			t.Fatal(err)
		}
		z, _ := s.DB().Zone(id)
		got := z.At("t.example.com")[0]
		if !got.Equal(set) {
			t.Fatalf("stored %q, want %q", got.Values, set.Values)
		}
		if _, err := s.Change(id, r53emu.Change{Action: remove, Set: set}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestBatchesAgainstModel compares random batches with a plain map: accepted whole or not at all.
func TestBatchesAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := r53emu.New(r53emu.Options{})
		id := s.AddZone("example.com", false)
		model := map[record.Key]string{}
		for range rapid.IntRange(1, 8).Draw(t, "batches") {
			next, ok := map[record.Key]string{}, true
			for k, v := range model {
				next[k] = v
			}
			seen := map[record.Key]string{}
			var batch []r53emu.Change
			for range rapid.IntRange(1, 5).Draw(t, "changes") {
				c := ch(rapid.SampledFrom([]r53emu.Action{create, remove, upsert}).Draw(t, "action"), rapid.SampledFrom([]dnsname.Name{"a.example.com", "b.example.com"}).Draw(t, "name"),
					rapid.SampledFrom([]record.Type{"A", "CNAME"}).Draw(t, "type"))
				value := map[record.Type]string{"A": "192.0.2.", "CNAME": "host"}[c.Set.Type] + rapid.SampledFrom([]string{"1", "2"}).Draw(t, "value")
				c.Set.Stored = []string{value}
				batch = append(batch, c)
				ok = modelChange(next, seen, c, value) && ok
			}
			_, err := s.Change(id, batch...)
			if (err == nil) != ok {
				t.Fatalf("%v: %v, the model says %t", batch, err, ok)
			}
			if ok {
				model = next
			}
			z, _ := s.DB().Zone(id)
			got := map[record.Key]string{}
			for set := range z.From("a.example.com") {
				got[set.Key] = set.Stored[0]
			}
			if diff := cmp.Diff(model, got); diff != "" {
				t.Fatalf("after %v (-want +got):\n%s", batch, diff)
			}
		}
	})
}

// modelChange makes one change of a model; false means that the batch must be refused.
func modelChange(zone map[record.Key]string, seen map[record.Key]string, c r53emu.Change, value string) bool {
	k := c.Set.Key
	before := seen[k]
	seen[k] += string(c.Action)
	if before != "" && (before != string(remove) || c.Action != create) {
		return false
	}
	old, exists := zone[k]
	if c.Action == remove {
		delete(zone, k)
		return exists && old == value
	}
	for other := range zone {
		if other.Name == k.Name && other.Type != k.Type {
			return false
		}
	}
	zone[k] = value
	return !exists || c.Action == upsert
}

func BenchmarkPage(b *testing.B) {
	for _, n := range []int{1_000, 200_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db := zonedb.New()
			sets := make([]record.Set, 0, n)
			for i := range n {
				sets = append(sets, record.Set{Key: record.Key{Name: dnsname.Name(fmt.Sprintf("n%06d.example.com", i)), Type: record.A}, TTL: 60, Values: []string{"192.0.2.1"}})
			}
			db.Put(zone.Zone{Key: zone.Key{ID: "Z1"}, Name: "example.com"}, sets)
			s := r53emu.New(r53emu.Options{DB: db, Limits: r53emu.Limits{Sets: n}})
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/2013-04-01/hostedzone/Z1/rrset?name=n%06d.example.com", n/2), nil)
				r.Header.Set("Authorization", signed)
				w := httptest.NewRecorder()
				s.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatal(w.Body)
				}
			}
		})
	}
}

func BenchmarkChange(b *testing.B) {
	for _, n := range []int{1_000, 200_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db := zonedb.New()
			sets := make([]record.Set, 0, n)
			for i := range n {
				sets = append(sets, record.Set{Key: record.Key{Name: dnsname.Name(fmt.Sprintf("n%06d.example.com", i)), Type: record.A}, TTL: 60, Values: []string{"192.0.2.1"}})
			}
			db.Put(zone.Zone{Key: zone.Key{ID: "Z1"}, Name: "example.com"}, sets)
			s := r53emu.New(r53emu.Options{DB: db, Limits: r53emu.Limits{Sets: n}})
			for i := 0; b.Loop(); i++ {
				c := ch(upsert, "n000500.example.com", "A", fmt.Sprintf("192.0.2.%d", i%256))
				if _, err := s.Change("Z1", c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A batch with a health check that isn't there is refused as a whole.
func TestHealthChecks(t *testing.T) {
	for name, tt := range map[string]struct {
		known []string
		code  string
	}{
		"any":     {nil, ""},
		"known":   {[]string{"one"}, ""},
		"unknown": {[]string{"other"}, "NoSuchHealthCheck"},
		"none":    {[]string{}, "NoSuchHealthCheck"},
	} {
		t.Run(name, func(t *testing.T) {
			s := r53emu.New(r53emu.Options{HealthChecks: tt.known})
			zone := s.AddZone("example.com", false)
			set := record.Set{Key: record.Key{Name: "a.example.com", Type: record.A, ID: "x"}, TTL: 60, Values: []string{"192.0.2.1"}}
			set.Props = []record.Prop{{Name: "aws/health-check-id", Value: "one"}, {Name: "aws/weight", Value: "1"}}
			_, err := s.Change(zone, r53emu.Change{Action: r53emu.Create, Set: set})
			code := ""
			if e, ok := errors.AsType[*r53emu.Error](err); ok {
				code = e.Code
			}
			if code != tt.code {
				t.Errorf("got %v, want %q", err, tt.code)
			}
		})
	}
}
