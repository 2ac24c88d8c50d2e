// SPDX-License-Identifier: Apache-2.0

package nameserver

import (
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
