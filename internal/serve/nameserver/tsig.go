// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/miekg/dns"
)

// fudge is how far the clocks of two servers may be apart, in seconds (RFC 8945 section 10).
const fudge = 300

// key is a shared secret (RFC 8945). It never shows itself.
type key struct {
	algorithm string // as a domain name
	secret    []byte
}

// String tells no secret.
func (k key) String() string { return k.algorithm }

// GoString tells no secret.
func (k key) GoString() string { return k.algorithm }

// keyring is the keys by name, in lower case and with the final dot.
type keyring map[string]key

// algorithm is the hash of an HMAC, one of those of RFC 8945 section 6 but for MD5 and SHA-1, which nobody needs any more, or nil.
func algorithm(name string) func() hash.Hash {
	switch name {
	case dns.HmacSHA224:
		return sha256.New224
	case dns.HmacSHA256:
		return sha256.New
	case dns.HmacSHA384:
		return sha512.New384
	case dns.HmacSHA512:
		return sha512.New
	}
	return nil
}

// Generate makes the MAC of a message (dns.TsigProvider).
func (ks keyring) Generate(msg []byte, t *dns.TSIG) ([]byte, error) {
	k, ok := ks[dns.CanonicalName(t.Hdr.Name)]
	if !ok {
		return nil, dns.ErrSecret
	}
	if k.algorithm != dns.CanonicalName(t.Algorithm) {
		return nil, dns.ErrKeyAlg
	}
	mac := hmac.New(algorithm(k.algorithm), k.secret)
	mac.Write(msg)
	return mac.Sum(nil), nil
}

// Verify checks the MAC of a message (dns.TsigProvider). A truncated one isn't taken.
func (ks keyring) Verify(msg []byte, t *dns.TSIG) error {
	want, err := ks.Generate(msg, t)
	if err != nil {
		return err
	}
	if got, err := hex.DecodeString(t.MAC); err != nil || !hmac.Equal(got, want) {
		return dns.ErrSig
	}
	return nil
}

// signature is how a query was signed. The zero one: not at all.
type signature struct {
	key   string // name; empty: not signed
	mac   string
	rcode int       // of the answer: NOTAUTH where the signature isn't good, FORMERR where it isn't one
	tsig  *dns.TSIG // for the answer
}

func (g signature) is() bool { return g.tsig != nil }

// good reports whether the query came from a holder of the key.
func (g signature) good() bool { return g.tsig != nil && g.rcode == dns.RcodeSuccess }

// size is what signing adds to an answer, in bytes, at most.
func (g signature) size() int { return dns.Len(g.tsig) + sha512.Size + 8 }

// verify looks at a query's signature. It takes it off the message, so that the rest sees an ordinary query.
func (s *Server) verify(packet []byte, m *dns.Msg) signature {
	for i, rr := range m.Extra {
		if rr.Header().Rrtype == dns.TypeTSIG && i < len(m.Extra)-1 { // RFC 8945 section 5.1: the last, and one
			return signature{rcode: dns.RcodeFormatError}
		}
	}
	t := m.IsTsig()
	if t == nil {
		return signature{}
	}
	m.Extra = m.Extra[:len(m.Extra)-1]
	g := signature{key: dns.CanonicalName(t.Hdr.Name), mac: t.MAC, tsig: &dns.TSIG{
		Hdr:       dns.RR_Header{Name: t.Hdr.Name, Rrtype: dns.TypeTSIG, Class: dns.ClassANY},
		Algorithm: t.Algorithm, Fudge: fudge, OrigId: m.Id, TimeSigned: uint64(time.Now().Unix()),
	}}
	// The library verifies in place and by the system's clock.
	err := dns.TsigVerifyWithProvider(append([]byte{}, packet...), s.keys, "", false)
	if err == nil {
		return g
	}
	g.rcode = dns.RcodeNotAuth
	switch { // RFC 8945 section 5.2
	case errors.Is(err, dns.ErrTime):
		g.tsig.Error, g.tsig.TimeSigned = dns.RcodeBadTime, t.TimeSigned
		g.tsig.OtherLen, g.tsig.OtherData = 6, fmt.Sprintf("%012x", time.Now().Unix())
	case errors.Is(err, dns.ErrSecret), errors.Is(err, dns.ErrKeyAlg):
		g.tsig.Error = dns.RcodeBadKey
	default:
		g.tsig.Error = dns.RcodeBadSig
	}
	return g
}

// sign packs a message with a signature that follows the one of the query, or of the message before (RFC 8945 section 5.3.1), and
// returns its own.
func (ks keyring) sign(m *dns.Msg, g signature, previous string, timersOnly bool) (out []byte, mac string, err error) {
	t := *g.tsig
	m.Extra = append(m.Extra, &t)
	if t.Error == dns.RcodeBadKey || t.Error == dns.RcodeBadSig {
		previous = "" // nothing to follow
	}
	return dns.TsigGenerateWithProvider(m, ks, previous, timersOnly)
}
