// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
	"strings"
	"testing"
	"time"
)

func TestCheck(t *testing.T) {
	for name, c := range map[string]struct {
		opts Options
		ok   bool
	}{
		"zero":                  {Options{}, true},
		"all":                   {Options{Host: "ns.example.com", NegativeTTL: time.Minute, TTL: time.Hour}, true},
		"host isn't a name":     {Options{Host: "a..b"}, false},
		"negative ttl below 0":  {Options{NegativeTTL: -1}, false},
		"ttl over 31 bits":      {Options{TTL: (maxTTL + 1) * time.Second}, false},
		"ttl of exactly 31 bit": {Options{TTL: maxTTL * time.Second}, true},
		"lists": {Options{
			Addresses: []string{"192.0.2.53:53", "[2001:db8::53]:53", ":53", "127.0.0.1:0"}, Transfer: []string{"192.0.2.0/24", "2001:db8::1", "key:one.example"},
			Notify: []string{"192.0.2.54", "192.0.2.54:5353", "2001:db8::54", "[2001:db8::54]:5353"}, Keys: []string{"one.example:hmac-sha256:/etc/key", "Two:HMAC-SHA512:env:KEY"}, RateLimit: 5,
		}, true},
		"listen without port":   {Options{Addresses: []string{"192.0.2.53"}}, false},
		"listen at a name":      {Options{Addresses: []string{"localhost:53"}}, false},
		"listen at no port":     {Options{Addresses: []string{"127.0.0.1:domain"}}, false},
		"transfer to a name":    {Options{Transfer: []string{"ns.example.com"}}, false},
		"transfer, zoned":       {Options{Transfer: []string{"fe80::1%eth0"}}, false},
		"transfer, no such key": {Options{Transfer: []string{"key:one"}}, false},
		"transfer, empty key":   {Options{Transfer: []string{"key:"}}, false},
		"notify a name":         {Options{Notify: []string{"ns.example.com"}}, false},
		"notify port 0":         {Options{Notify: []string{"192.0.2.54:0"}}, false},
		"key without file":      {Options{Keys: []string{"one:hmac-sha256"}}, false},
		"key with empty file":   {Options{Keys: []string{"one:hmac-sha256:"}}, false},
		"key of MD5":            {Options{Keys: []string{"one:hmac-md5:/etc/key"}}, false},
		"key without name":      {Options{Keys: []string{":hmac-sha256:/etc/key"}}, false},
		"key twice":             {Options{Keys: []string{"one:hmac-sha256:/etc/a", "ONE:hmac-sha256:/etc/b"}}, false},
		"rate below 0":          {Options{RateLimit: -1}, false},
		"rate beyond all":       {Options{RateLimit: maxRate + 1}, false},
	} {
		if err := c.opts.Check(); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestHost(t *testing.T) {
	r := Answer(testDB(t), ask(t, "child.example.com. NS"), Options{Host: "ns1.example.net", TTL: time.Minute})
	if got, want := text(r), "NOERROR aa\nanswer child.example.com. 60 IN NS ns1.example.net."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// All mistakes are told at once, each with its flag.
func TestCheckTellsAll(t *testing.T) {
	err := Options{Host: "a..b", TTL: -1, Addresses: []string{"x"}, Keys: []string{"x"}, Transfer: []string{"x"}, Notify: []string{"x"}, RateLimit: -1, NegativeTTL: -1}.Check()
	if err == nil {
		t.Fatal("nothing is wrong")
	}
	for _, flag := range []string{"--dns-host", "--dns-ttl", "--dns-listen", "--dns-tsig-key", "--dns-transfer", "--dns-notify", "--dns-rate-limit", "--dns-negative-ttl"} {
		if !strings.Contains(err.Error(), flag+"=") {
			t.Errorf("%s isn't told: %v", flag, err)
		}
	}
}

// TestSecretInPlaceOfItsFile: what stands where a key's file belongs, or anywhere else by mistake, is in no error (invariant secret).
func TestSecretInPlaceOfItsFile(t *testing.T) {
	const secret = "c2VjcmV0c2VjcmV0c2VjcmV0"
	for text, why := range map[string]string{
		"one:hmac-sha256:" + secret: "the secret itself, as nsupdate takes it",
		"hmac-sha256:one:" + secret: "the order that dig -y has",
		"one:" + secret:             "without an algorithm",
		"one:" + secret + ":x":      "in the place of the algorithm",
		secret:                      "alone",
		secret + "/+:x:y":           "first",
	} {
		o := Options{Keys: []string{text}}
		err := o.Check()
		if err == nil {
			_, err = o.Load()
		}
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%v (%s)", err, why)
		}
	}
}
