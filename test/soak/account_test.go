// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/serve/r53emu"
)

// account is the emulated Route 53 as the program meets it: over HTTP, with faults, and watched.
type account struct {
	*r53emu.Server
	url   string
	audit *audit
	begun chan struct{} // gets a value where a batch begins and somebody waits for it

	mu       sync.Mutex // guards what follows
	dice     *rand.Rand
	healed   bool
	drag     time.Duration // of each batch
	calls    int
	attempts int            // batches, those that failed included
	fired    map[string]int // faults by kind
	spans    []span
}

// span is when a batch was under way.
type span struct {
	who        string // key id
	begin, end time.Time
}

// kind is a way in which the service fails.
type kind struct {
	name  string
	fault r53emu.Fault
}

// The share of each kind, in percent: of the batches, and of the calls that read. A process that lives for three seconds has to read
// every page of a zone before it may write, so reads fail as often with all kinds together as batches do with each.
const (
	writesHurt = 10
	readsHurt  = 2
)

func kinds() []kind {
	const slow = 300 * time.Millisecond
	busy := &r53emu.Error{Status: http.StatusBadRequest, Code: "PriorRequestNotComplete", Message: "The request was rejected because Route 53 was still processing a prior request."}
	return []kind{
		{"unavailable", r53emu.Unavailable()},
		{"throttled", r53emu.Throttled()},
		{"busy", r53emu.Fault{Err: busy}},
		{"dropped", r53emu.Fault{Drop: true}},
		{"answer lost", r53emu.Fault{LoseAnswer: true}},
		{"slow", r53emu.Fault{Delay: slow}},
	}
}

func newAccount(t *testing.T, seed uint64) *account {
	a := &account{dice: rand.New(rand.NewPCG(seed, 1)), fired: make(map[string]int), begun: make(chan struct{})}
	a.Server = r53emu.New(r53emu.Options{Limits: r53emu.Limits{Sets: 1_000_000}, Delay: time.Second, Log: func(c r53emu.Call) { a.audit.sent(c) }})
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

// ServeHTTP rolls the dice, has the emulator answer, and has what came of a batch looked at.
func (a *account) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	zone, action := actionOf(r)
	a.hurt(r, action)
	if r.Method != http.MethodPost {
		a.Server.ServeHTTP(w, r)
		return
	}
	body, err := io.ReadAll(r.Body) // only then the server notices that who asked is gone
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	select {
	case a.begun <- struct{}{}:
	default:
	}
	s := span{who: whoAsks(r), begin: time.Now()}
	defer func() {
		a.audit.look(zone, s.who)
		s.end = time.Now()
		a.mu.Lock()
		defer a.mu.Unlock()
		a.attempts++
		a.spans = append(a.spans, s)
	}()
	select {
	case <-time.After(a.dragged()):
	case <-r.Context().Done():
		return // who asked is dead, and the service hasn't begun
	}
	a.Server.ServeHTTP(w, r)
}

// hurt plans a fault for a request, or none.
func (a *account) hurt(r *http.Request, action string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls++
	if a.healed || action == "" {
		return
	}
	share := readsHurt
	if r.Method == http.MethodPost {
		share = writesHurt
	}
	i, all := a.dice.IntN(100)/share, kinds()
	if i >= len(all) {
		return
	}
	a.fired[all[i].name]++
	a.Fail(action, 1, all[i].fault)
}

// heal ends the faults.
func (a *account) heal() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.healed = true
	a.Heal()
}

// slow makes each batch take so long: then two at once can't be missed.
func (a *account) slow(d time.Duration) { a.mu.Lock(); defer a.mu.Unlock(); a.drag = d }

func (a *account) dragged() time.Duration { a.mu.Lock(); defer a.mu.Unlock(); return a.drag }

// batches counts batches that have ended, applied or not.
func (a *account) batches() int { a.mu.Lock(); defer a.mu.Unlock(); return a.attempts }

// writers tells who wrote, in order, and how often two did at once.
func (a *account) writers() (who []string, overlaps int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	slices.SortFunc(a.spans, func(x, y span) int { return x.begin.Compare(y.begin) }) // they are noted when they end
	last := make(map[string]time.Time)                                                // until when each was writing
	for _, s := range a.spans {
		for other, end := range last {
			if other != s.who && s.begin.Before(end) {
				overlaps++
			}
		}
		if s.end.After(last[s.who]) {
			last[s.who] = s.end
		}
		if len(who) == 0 || who[len(who)-1] != s.who {
			who = append(who, s.who)
		}
	}
	return who, overlaps
}

// actionOf reads what a request asks for, and of which zone; nothing where that isn't to be hurt.
func actionOf(r *http.Request) (zone, action string) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(parts) == 2 && parts[1] == "hostedzone":
		return "", "ListHostedZones"
	case len(parts) == 3 && parts[1] == "change":
		return "", "GetChange"
	case len(parts) == 4 && parts[3] == "rrset" && r.Method == http.MethodPost:
		return parts[2], "ChangeResourceRecordSets"
	case len(parts) == 4 && parts[3] == "rrset":
		return parts[2], "ListResourceRecordSets"
	default:
		return "", ""
	}
}

func whoAsks(r *http.Request) string {
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	who, _, _ := strings.Cut(rest, "/")
	return who
}
