// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/internal/serve/zonedb"
	"nafuda.io/nafuda/test/dnsserver"
	"nafuda.io/nafuda/test/kube"
)

// world is what one test has for itself: an account at Route 53 with the zone example.com, and a name server that answers from it.
// The cluster has no object of an earlier test.
type world struct {
	*suite
	t    *testing.T
	emu  *r53emu.Server
	url  string // of the emulator
	zone string // id
	dns  *net.TCPAddr

	mu    sync.Mutex
	sent  []string // every batch that was taken, as text
	tries int      // all of them
}

func (s *suite) world(t *testing.T) *world {
	t.Helper()
	return s.worldWith(t, r53emu.Options{})
}

// worldWith is a world whose Route 53 has options. Without a policy of its own it has the reference policy.
func (s *suite) worldWith(t *testing.T, o r53emu.Options) *world {
	t.Helper()
	s.wipe(t)
	w := &world{suite: s, t: t}
	if o.Policy == nil {
		o.Policy = policy(t, file(t, "testdata/iampolicy.json"))
	}
	o.Log = w.record
	w.url, w.emu = r53emutest.Start(t, o)
	w.zone = w.emu.AddZone("example.com", false)
	w.serveDNS()
	return w
}

func policy(t *testing.T, text string) *r53emu.Policy {
	t.Helper()
	p, err := r53emu.ParsePolicy([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// record keeps the change batches that the emulator was sent.
func (w *world) record(c r53emu.Call) {
	if c.Action != "ChangeResourceRecordSets" {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tries++
	if c.Err != nil {
		return
	}
	var lines []string
	for _, ch := range c.Changes {
		ch.Set.Name = dnsname.Name(strings.TrimSuffix(string(ch.Set.Name), ".")) // it is as it was sent
		lines = append(lines, fmt.Sprintf("%s %s", ch.Action, ch.Set.Key))
	}
	w.sent = append(w.sent, strings.Join(lines, "\n"))
}

// batches are the change batches that were taken so far.
func (w *world) batches() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.sent...)
}

// attempts counts the change batches so far, refused ones included.
func (w *world) attempts() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tries
}

func (w *world) serveDNS() {
	at, err := net.ResolveTCPAddr("tcp", dnsserver.Serve(w.t, w.emu.DB()))
	if err != nil {
		w.t.Fatal(err)
	}
	w.dns = at
}

// put writes record sets into the zone, past the API, as someone else would have left them.
func (w *world) put(sets ...record.Set) {
	w.t.Helper()
	if len(sets) == 0 {
		return
	}
	var changes []r53emu.Change
	for _, s := range sets {
		changes = append(changes, r53emu.Change{Action: r53emu.Upsert, Set: s})
	}
	err := w.emu.DB().Edit(w.zone, func(tx *zonedb.Tx) error { return r53emu.Apply(tx, r53emu.Limits{}, changes) })
	if err != nil {
		w.t.Fatal(err)
	}
}

// remove deletes record sets from the zone, past the API.
func (w *world) remove(keys ...record.Key) {
	w.t.Helper()
	err := w.emu.DB().Edit(w.zone, func(tx *zonedb.Tx) error {
		for _, k := range keys {
			tx.Delete(k)
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// sets is what the zone holds as text, a line a record set, without the SOA and NS of its apex.
func (w *world) sets() string {
	w.t.Helper()
	z, ok := w.emu.DB().Zone(w.zone)
	if !ok {
		w.t.Fatal("the zone is gone")
	}
	var lines []string
	for s := range z.From("") {
		if s.Name != z.Name || s.Type != record.NS && s.Type != record.SOA {
			lines = append(lines, text(s))
		}
	}
	return strings.Join(lines, "\n")
}

func text(s record.Set) string {
	out := s.Key.String()
	for _, p := range s.Props {
		out += fmt.Sprintf(" %s=%s", p.Name, p.Value)
	}
	if s.Alias != nil {
		return fmt.Sprintf("%s alias %s of %s", out, s.Alias.Target, s.Alias.Zone)
	}
	return fmt.Sprintf("%s %d %s", out, s.TTL, strings.Join(s.Values, " "))
}

// want waits until the zone holds exactly these record sets, given as text in any order.
func (w *world) want(lines ...string) {
	w.t.Helper()
	want := split(lines)
	kube.Wait(w.t, "the zone's record sets", func() error {
		if diff := cmp.Diff(want, split([]string{w.sets()})); diff != "" {
			return errors.New("(-want +got)\n" + diff)
		}
		return nil
	})
}

// marker is the text of an ownership marker of the reference owner.
func marker(name, resource string) string { return markerOf("ZOWNER", name, resource) }

func markerOf(owner, name, resource string) string {
	return fmt.Sprintf("%s TXT 300 %s", name, heritage(owner, resource))
}

func heritage(owner, resource string) string {
	return fmt.Sprintf(`"heritage=external-dns,external-dns/owner=%s,external-dns/resource=%s"`, owner, resource)
}

func file(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
