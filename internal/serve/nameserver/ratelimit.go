// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// The rate limit keeps strangers from having us flood others: a query with a forged source sends its answer to a victim, and an answer
// is larger than its query. Answers over UDP count per network of the client and per what they say; beyond the rate, every second one
// is sent empty with TC set, so that a real client comes back over TCP, which can't be forged, and the others aren't sent.
const (
	buckets   = 1 << 14 // in each of ways places
	ways      = 4
	burstTime = 1 // seconds of the rate that may come at once
	slipEvery = 2
)

// verdict is what becomes of one answer.
type verdict int

const (
	send verdict = iota
	slip
	drop
)

// answerKind is what answers count together: their outcome and the name that they are about. Names that a wildcard makes count as the
// wildcard, and names that aren't there as their zone, for both come in any number.
type answerKind struct {
	rcode int
	empty bool
	name  dnsname.Name
}

func kindOf(r *dns.Msg, about dnsname.Name) answerKind {
	return answerKind{rcode: r.Rcode, empty: len(r.Answer) == 0, name: about}
}

// limiter counts answers in a table of a fixed size: a flood of new clients costs memory no more than time. It may be used by several
// goroutines.
type limiter struct {
	rate    float32
	applies func(netip.Addr) bool
	seed    maphash.Seed
	now     func() time.Time
	start   time.Time

	mu    sync.Mutex
	table [buckets][ways]bucket
}

// bucket is the allowance of one kind of answers to one network.
type bucket struct {
	tag    uint64
	left   float32
	seen   float32 // seconds since the limiter's start
	denied uint8
}

func newLimiter(rate int, applies func(netip.Addr) bool) *limiter {
	return &limiter{rate: float32(rate), applies: applies, seed: maphash.MakeSeed(), now: time.Now, start: time.Now()}
}

// outside reports whether an address is none of a home's or a cluster's own. Those are left alone: a LAN's resolver asks for everybody
// in it, and a forged private source brings an answer to nobody beyond our own network.
func outside(a netip.Addr) bool { return !a.IsLoopback() && !a.IsPrivate() && !a.IsLinkLocalUnicast() }

// network is the part of an address that one client may well have all of.
func network(a netip.Addr) netip.Prefix {
	bits := 56
	if a.Is4() {
		bits = 24
	}
	p, _ := a.Prefix(bits) // no address has fewer bits
	return p
}

// judge counts one answer and says what becomes of it.
func (l *limiter) judge(to netip.Addr, k answerKind) verdict {
	if !l.applies(to) {
		return send
	}
	tag := l.tag(network(to), k)
	at := float32(l.now().Sub(l.start).Seconds())
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.bucket(tag, at)
	b.left = min(b.left+(at-b.seen)*l.rate, burstTime*l.rate)
	b.seen = at
	if b.left >= 1 {
		b.left--
		return send
	}
	if b.denied++; b.denied%slipEvery == 0 {
		return slip
	}
	return drop
}

// bucket finds the one of a tag, or gives it the place of the one that was idle longest.
func (l *limiter) bucket(tag uint64, at float32) *bucket {
	row := &l.table[tag%buckets]
	oldest := &row[0]
	for i := range row {
		if row[i].tag == tag {
			return &row[i]
		}
		if row[i].seen < oldest.seen {
			oldest = &row[i]
		}
	}
	*oldest = bucket{tag: tag, left: burstTime * l.rate, seen: at}
	return oldest
}

func (l *limiter) tag(p netip.Prefix, k answerKind) uint64 {
	var h maphash.Hash
	h.SetSeed(l.seed)
	addr := p.Addr().As16()
	_, _ = h.Write(addr[:])
	flags := uint32(k.rcode) << 1
	if k.empty {
		flags |= 1
	}
	_, _ = h.Write(binary.BigEndian.AppendUint32(nil, flags))
	_, _ = h.WriteString(string(k.name))
	return max(h.Sum64(), 1) // 0 is an empty place
}
