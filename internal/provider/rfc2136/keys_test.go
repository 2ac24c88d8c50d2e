// SPDX-License-Identifier: Apache-2.0

package rfc2136_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/rfc2136"
)

// TestAlgorithms reads and writes with each algorithm of TSIG.
func TestAlgorithms(t *testing.T) {
	for name, start := range starters() {
		for _, alg := range []string{"hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"} {
			t.Run(name+"/"+alg, func(t *testing.T) {
				s := start(t, plan{algorithm: alg})
				z := s.fresh(t)
				o := s.options()
				o.Algorithm = strings.ToUpper(alg) + "."
				p := open(t, o)
				if _, err := p.Apply(t.Context(), z, batch(create(set(z, "www", record.A, "192.0.2.1")))); err != nil {
					t.Fatal(err)
				}
				if got := holds(t, p, z); len(got) != 1 {
					t.Error(got)
				}
			})
		}
	}
}

// TestDenied has keys that don't fit, or that may read only.
func TestDenied(t *testing.T) {
	for name, start := range starters() {
		s := start(t, plan{zones: 1})
		z := zoneOf(zoneName(0))
		for why, tc := range map[string]struct {
			change func(*rfc2136.Options)
			reads  bool
			text   string
		}{
			"another secret":    {func(o *rfc2136.Options) { o.Secret = "b3RoZXIgc2VjcmV0" }, false, "BADSIG"},
			"a key that isn't":  {func(o *rfc2136.Options) { o.KeyName = "unknown" }, false, "BADKEY"},
			"another algorithm": {func(o *rfc2136.Options) { o.Algorithm = "hmac-sha512" }, false, "BAD"},
			"no key at all":     {func(o *rfc2136.Options) { o.Insecure, o.KeyName, o.Secret = true, "", "" }, false, "the server answers"},
			"a reader's key":    {func(o *rfc2136.Options) { o.KeyName = "reader" }, true, "the server "},
		} {
			t.Run(name+"/"+why, func(t *testing.T) {
				o := s.options()
				tc.change(&o)
				p := open(t, o)
				_, err := p.Apply(t.Context(), z, batch(create(set(z, "www", record.A, "192.0.2.1"))))
				if e := failure(t, err); e.Class != provider.Denied || e.Action != "UPDATE" || !strings.Contains(err.Error(), tc.text) {
					t.Errorf("%v: %s, %q", err, e.Class, e.Action)
				}
				_, err = p.Records(t.Context(), z, "")
				switch {
				case tc.reads && err != nil:
					t.Error(err)
				case tc.reads:
				case failure(t, err).Class != provider.Denied || failure(t, err).Action != "AXFR":
					t.Error(err)
				}
				if _, err := p.Names(t.Context(), z, []dnsname.Name{z.Name}); tc.reads && err != nil {
					t.Errorf("names aren't read by a transfer where the key may not ask what stands there: %v", err)
				}
			})
		}
	}
}

// TestTLS talks to BIND over TLS, and finds out a server whose certificate isn't its own.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	certificate(t, dir, "server", net.IPv4(127, 0, 0, 1))
	certificate(t, dir, "other", net.IPv4(192, 0, 2, 1))
	file := func(name string) string { return filepath.Join(dir, name) }
	s := startBIND(t, plan{cert: file("server.crt"), certKey: file("server.key"), zones: 5})
	for why, tc := range map[string]struct {
		change func(*rfc2136.Options)
		err    string
	}{
		"its authority is known":     {func(o *rfc2136.Options) { o.CA = file("server.crt") }, ""},
		"nobody looks":               {func(o *rfc2136.Options) { o.SkipTLSVerify = true }, ""},
		"it is nobody's certificate": {func(*rfc2136.Options) {}, "certificate"},
		"of another authority":       {func(o *rfc2136.Options) { o.CA = file("other.crt") }, "certificate"},
		"we have one too": {func(o *rfc2136.Options) {
			o.CA, o.Cert, o.CertKey = file("server.crt"), file("other.crt"), file("other.key")
		}, ""},
	} {
		t.Run(why, func(t *testing.T) {
			z := s.fresh(t)
			o := s.options()
			o.Hosts, o.TLS = []string{s.tls}, true
			tc.change(&o)
			p := open(t, o)
			_, err := p.Apply(t.Context(), z, batch(create(set(z, "www", record.A, "192.0.2.1"))))
			if tc.err != "" {
				if e := failure(t, err); e.Class != provider.Unavailable || !strings.Contains(err.Error(), tc.err) {
					t.Error(err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := holds(t, p, z); len(got) != 1 {
				t.Error(got)
			}
		})
	}
}

// certificate writes a certificate that signs itself, and its key.
func certificate(t *testing.T, dir, name string, ip net.IP) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	is := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{ip}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, is, is, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".crt": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
