// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// signedQuery signs a query as a client does, and returns it with its MAC.
func signedQuery(t testing.TB, m *dns.Msg, key, algorithm, secret string, at time.Time) ([]byte, string) {
	t.Helper()
	m.SetTsig(dns.Fqdn(key), algorithm, fudge, at.Unix())
	packet, mac, err := dns.TsigGenerate(m, secret, "", false)
	if err != nil {
		t.Fatal(err)
	}
	return packet, mac
}

// TestTSIG is RFC 8945 section 5.2: what becomes of good and bad signatures.
func TestTSIG(t *testing.T) {
	opts, err := Options{Keys: []string{keyName + ":hmac-sha256:" + keyFile(t)}}.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := New(testDB(t), opts)
	other := "YW5vdGhlciBzZWNyZXQ="
	now := time.Now()
	for name, c := range map[string]struct {
		why            string
		key, algorithm string
		secret         string
		at             time.Time
		spoil          func(packet []byte)
		code           int
		wrong          uint16 // the TSIG's error
		signed         bool   // the answer has a MAC
	}{
		"good":            {"5.3: the answer is signed", keyName, dns.HmacSHA256, keySecret, now, nil, dns.RcodeSuccess, 0, true},
		"other case":      {"names have no case", "NAFUDA-key", dns.HmacSHA256, keySecret, now, nil, dns.RcodeSuccess, 0, true},
		"unknown key":     {"5.2.1: BADKEY, not signed", "nobody", dns.HmacSHA256, keySecret, now, nil, dns.RcodeNotAuth, dns.RcodeBadKey, false},
		"other algorithm": {"5.2.1: the key isn't for it", keyName, dns.HmacSHA512, keySecret, now, nil, dns.RcodeNotAuth, dns.RcodeBadKey, false},
		"other secret":    {"5.2.2: BADSIG, not signed", keyName, dns.HmacSHA256, other, now, nil, dns.RcodeNotAuth, dns.RcodeBadSig, false},
		"changed":         {"the question was another", keyName, dns.HmacSHA256, keySecret, now, func(p []byte) { p[13] ^= 1 }, dns.RcodeNotAuth, dns.RcodeBadSig, false},
		"old":             {"5.2.3: BADTIME, signed", keyName, dns.HmacSHA256, keySecret, now.Add(-time.Hour), nil, dns.RcodeNotAuth, dns.RcodeBadTime, true},
		"future":          {"5.2.3", keyName, dns.HmacSHA256, keySecret, now.Add(time.Hour), nil, dns.RcodeNotAuth, dns.RcodeBadTime, true},
		"a little late":   {"within the fudge", keyName, dns.HmacSHA256, keySecret, now.Add(-time.Minute), nil, dns.RcodeSuccess, 0, true},
	} {
		for _, tcp := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/tcp=%t", name, tcp), func(t *testing.T) {
				packet, mac := signedQuery(t, ask(t, "www.example.com. A"), c.key, c.algorithm, c.secret, c.at)
				if c.spoil != nil {
					c.spoil(packet)
				}
				var raw []byte
				if err := s.exchange(query{packet: packet, tcp: tcp, from: loopback, buf: make([]byte, payload), send: func(b []byte) error {
					raw = append([]byte{}, b...)
					return nil
				}}); err != nil {
					t.Fatal(err)
				}
				r := new(dns.Msg)
				if err := r.Unpack(raw); err != nil {
					t.Fatal(err)
				}
				sig := r.IsTsig()
				if sig == nil {
					t.Fatalf("%s: the answer has no TSIG: %s", c.why, text(r))
				}
				if r.Rcode != c.code || sig.Error != c.wrong || (sig.MACSize > 0) != c.signed {
					t.Errorf("%s: code %s, error %d, MAC of %d bytes", c.why, dns.RcodeToString[r.Rcode], sig.Error, sig.MACSize)
				}
				if (r.Rcode == dns.RcodeSuccess) != (len(r.Answer) > 0) {
					t.Errorf("%s: %d answers", c.why, len(r.Answer))
				}
				if c.wrong == dns.RcodeBadTime && (sig.TimeSigned != uint64(c.at.Unix()) || sig.OtherLen != 6) {
					t.Errorf("%s: the client's time is %d, ours in %d bytes", c.why, sig.TimeSigned, sig.OtherLen)
				}
				if c.signed && c.code == dns.RcodeSuccess {
					if err := dns.TsigVerify(raw, c.secret, mac, false); err != nil {
						t.Errorf("%s: %v", c.why, err)
					}
				}
			})
		}
	}
}

// A signed answer fits with its signature, and a TSIG that isn't the last record is a format error (RFC 8945 section 5.1).
func TestSignedForms(t *testing.T) {
	opts, err := Options{Keys: []string{keyName + ":hmac-sha512:" + keyFile(t)}}.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := New(testDB(t), opts)
	packet, _ := signedQuery(t, ask(t, "many.example.com. A"), keyName, dns.HmacSHA512, keySecret, time.Now())
	size := 0
	if err := s.exchange(query{packet: packet, from: loopback, send: func(b []byte) error { size = len(b); return nil }}); err != nil {
		t.Fatal(err)
	}
	if size > dns.MinMsgSize || size < 100 {
		t.Errorf("a signed answer of %d bytes for a client that takes 512", size)
	}
	m := ask(t, "www.example.com. A")
	m.SetTsig(keyName+".", dns.HmacSHA512, fudge, time.Now().Unix())
	m.Extra = append(m.Extra, &dns.A{Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeA, Class: dns.ClassINET}, A: []byte{192, 0, 2, 1}})
	if got := formOf(messages(t, s, query{packet: packed(t, m), from: loopback})); got != "FORMERR" {
		t.Errorf("a TSIG before another record: %s", got)
	}
}

// secret: no error, and no way of printing options or a server, tells a key's secret.
func TestSecretIsNotTold(t *testing.T) {
	t.Setenv("NAFUDA_TEST_KEY", keySecret)
	file := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(file, []byte("key { secret \""+keySecret+"\"; };"), 0o600); err != nil {
		t.Fatal(err)
	}
	good, err := Options{Keys: []string{"one:hmac-sha256:env:NAFUDA_TEST_KEY", "two:hmac-sha256:" + keyFile(t)}}.Load()
	if err != nil || len(good.keys) != 2 {
		t.Fatalf("%d keys: %v", len(good.keys), err)
	}
	texts := []string{fmt.Sprintf("%v %+v %#v", good.keys, good, good.keys)}
	for _, bad := range []string{"x:hmac-sha256:" + file, "x:hmac-sha256:env:NAFUDA_TEST_NONE", "x:hmac-sha256:" + filepath.Join(t.TempDir(), "none")} {
		_, err := Options{Keys: []string{bad}}.Load()
		if err == nil {
			t.Errorf("%s is taken", bad)
			continue
		}
		texts = append(texts, err.Error())
	}
	decoded := "not a secret" // what the base64 says
	for _, text := range texts {
		if strings.Contains(text, keySecret) || strings.Contains(text, decoded) || strings.Contains(text, "110 111 116") {
			t.Errorf("the secret is in %q", text)
		}
	}
}
