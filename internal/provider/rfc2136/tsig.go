// SPDX-License-Identifier: Apache-2.0

package rfc2136

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // hmac-sha1 must be there (RFC 8945 section 6), and old keys have it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/miekg/dns"
)

const (
	fudge = 300 // seconds that clocks may differ (RFC 8945 section 10)
	// mostUnsigned is how many messages of a transfer may come between two signed ones (RFC 8945 section 5.3.1).
	mostUnsigned = 99
)

// algorithms are the hashes of the TSIG algorithms, by name without the final dot (RFC 8945 section 6).
func algorithms() map[string]func() hash.Hash {
	return map[string]func() hash.Hash{
		"hmac-sha1": sha1.New, "hmac-sha224": sha256.New224, "hmac-sha256": sha256.New, "hmac-sha384": sha512.New384, "hmac-sha512": sha512.New,
	}
}

// key is a TSIG key. It is never printed.
type key struct {
	name, algorithm string // in canonical form
	secret          []byte
	hash            func() hash.Hash
}

// newKey makes the key of checked options; nil where nothing is signed.
func newKey(o Options) *key {
	if o.Insecure || o.KeyName == "" {
		return nil
	}
	secret, err := base64.StdEncoding.DecodeString(o.Secret)
	if err != nil {
		return nil
	}
	return &key{dns.CanonicalName(o.KeyName), o.algorithm() + ".", secret, algorithms()[o.algorithm()]}
}

// String keeps the secret out of whatever prints a key.
func (k key) String() string { return "TSIG key" }

// GoString does so for %#v.
func (k key) GoString() string { return k.String() }

// pack makes a message's bytes, signed where there is a key, and the chain of signatures that its answers go on with.
func (k *key) pack(m *dns.Msg) ([]byte, *chain, error) {
	if k == nil {
		out, err := m.Pack()
		return out, nil, err
	}
	m = m.Copy()
	m.SetTsig(k.name, k.algorithm, fudge, time.Now().Unix())
	out, text, err := dns.TsigGenerate(m, base64.StdEncoding.EncodeToString(k.secret), "", false)
	if err != nil {
		return nil, nil, err
	}
	mac, err := hex.DecodeString(text)
	if err != nil {
		return nil, nil, err
	}
	return out, k.chain(mac), nil
}

// chain checks the signatures of one question's answers: each covers the signature before it and everything that came since.
type chain struct {
	key      *key
	sum      hash.Hash
	later    bool // an answer has been signed already, so that the next signature covers times only of its TSIG record
	unsigned int  // messages since the last signature
}

func (k *key) chain(requestMAC []byte) *chain {
	c := &chain{key: k}
	c.restart(requestMAC)
	return c
}

func (c *chain) restart(mac []byte) {
	c.sum = hmac.New(c.key.hash, c.key.secret)
	c.unsigned = 0
	_, _ = c.sum.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(mac))), mac...)) // a hash never fails
}

var (
	errUnsigned  = errors.New("the answer isn't signed, though the question was")
	errSignature = errors.New("the answer's signature is wrong")
	errClocks    = errors.New("the answer was signed at another time: set the clocks of both machines")
)

// check takes the next message of an answer: the bytes, and what they say. A message without a signature is an error where it is the
// last one, or where too many came.
func (c *chain) check(raw []byte, m *dns.Msg, last bool) error {
	if c == nil {
		return nil
	}
	t := m.IsTsig()
	if t != nil {
		return c.verify(raw, t)
	}
	c.unsigned++
	_, _ = c.sum.Write(raw)
	if last || !c.later || c.unsigned > mostUnsigned {
		return errUnsigned
	}
	return nil
}

// verify takes a signed message.
func (c *chain) verify(raw []byte, t *dns.TSIG) error {
	if t.Error != dns.RcodeSuccess {
		return tsigError(t.Error)
	}
	if dns.CanonicalName(t.Hdr.Name) != c.key.name || dns.CanonicalName(t.Algorithm) != c.key.algorithm {
		return fmt.Errorf("%w: it is made with another key", errSignature)
	}
	at, err := lastRecord(raw)
	if err != nil {
		return err
	}
	head := append([]byte(nil), raw[:12]...)
	binary.BigEndian.PutUint16(head, t.OrigId)
	binary.BigEndian.PutUint16(head[10:], binary.BigEndian.Uint16(head[10:])-1)
	_, _ = c.sum.Write(head)
	_, _ = c.sum.Write(raw[12:at])
	_, _ = c.sum.Write(variables(t, c.later))
	got, err := hex.DecodeString(t.MAC)
	if err != nil || !hmac.Equal(got, c.sum.Sum(nil)) { // a cut one is refused too (RFC 8945 section 5.2.2.1)
		return errSignature
	}
	if d := time.Now().Unix() - int64(t.TimeSigned); d > int64(t.Fudge) || -d > int64(t.Fudge) {
		return errClocks
	}
	c.restart(got)
	c.later = true
	return nil
}

// variables is what a signature covers of its own record (RFC 8945 section 4.3.3); only the times in later answers (5.3.1).
func variables(t *dns.TSIG, timesOnly bool) []byte {
	times := binary.BigEndian.AppendUint64(nil, t.TimeSigned)[2:]
	times = binary.BigEndian.AppendUint16(times, t.Fudge)
	if timesOnly {
		return times
	}
	out := canonicalWire(t.Hdr.Name)
	out = binary.BigEndian.AppendUint16(out, dns.ClassANY)
	out = binary.BigEndian.AppendUint32(out, 0) // TTL
	out = append(out, canonicalWire(t.Algorithm)...)
	out = append(out, times...)
	out = binary.BigEndian.AppendUint16(out, t.Error)
	other, _ := hex.DecodeString(t.OtherData) // the library has made it of bytes
	out = binary.BigEndian.AppendUint16(out, uint16(len(other)))
	return append(out, other...)
}

func canonicalWire(name string) []byte {
	out := make([]byte, 256)
	n, err := dns.PackDomainName(dns.CanonicalName(name), out, 0, nil, false)
	if err != nil {
		return nil // no signature fits then
	}
	return out[:n]
}

var errShort = errors.New("the message ends too early")

// lastRecord finds where a message's last record begins.
func lastRecord(raw []byte) (int, error) {
	if len(raw) < 12 {
		return 0, errShort
	}
	count := func(at int) int { return int(binary.BigEndian.Uint16(raw[at:])) }
	off, last := 12, 0
	for range count(4) {
		end := skipName(raw, off)
		if end < 0 || end+4 > len(raw) {
			return 0, errShort
		}
		off = end + 4
	}
	for range count(6) + count(8) + count(10) {
		end := skipName(raw, off)
		if end < 0 || end+10 > len(raw) {
			return 0, errShort
		}
		last, off = off, end+10+count(end+8)
		if off > len(raw) {
			return 0, errShort
		}
	}
	if last == 0 || off != len(raw) {
		return 0, errShort
	}
	return last, nil
}

// skipName returns where a name ends (RFC 1035 section 4.1.4), or -1.
func skipName(raw []byte, off int) int {
	for off < len(raw) {
		switch b := int(raw[off]); {
		case b == 0:
			return off + 1
		case b >= 0xc0:
			return off + 2
		case b >= 0x40:
			return -1
		default:
			off += 1 + b
		}
	}
	return -1
}
