// SPDX-License-Identifier: Apache-2.0

package verify

import (
	"slices"
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	good := func(edit func(*Options)) Options {
		o := Options{Limit: 100, Nobody: "192.0.2.53:53"}
		edit(&o)
		return o
	}
	for name, tc := range map[string]struct {
		why  string
		opts Options
		want string // part of the error; empty: none
	}{
		"defaults":        {why: "as they come", opts: good(func(*Options) {})},
		"resolver":        {why: "an address", opts: good(func(o *Options) { o.Resolver = "2001:db8::53" })},
		"resolver, port":  {why: "with its port", opts: good(func(o *Options) { o.Resolver = "[2001:db8::53]:5353" })},
		"resolver's name": {why: "who would resolve it", opts: good(func(o *Options) { o.Resolver = "dns.example.com" }), want: "--resolver=dns.example.com"},
		"port 0":          {why: "nobody listens there", opts: good(func(o *Options) { o.Resolver = "192.0.2.53:0" }), want: "--resolver"},
		"no limit":        {why: "nothing would be asked", opts: good(func(o *Options) { o.Limit = 0 }), want: "--limit=0"},
		"no check":        {why: "where it isn't allowed", opts: good(func(o *Options) { o.Nobody = "none" })},
		"bad check":       {why: "whom", opts: good(func(o *Options) { o.Nobody = "" }), want: "--interception-check"},
		"port":            {why: "out of range", opts: good(func(o *Options) { o.Ports = []int{443, 65536} }), want: "--connect-port=65536"},
		"ports":           {why: "each is tried for each address", opts: good(func(o *Options) { o.Ports = make([]int, 9) }), want: "more than 8"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.opts.Check()
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Check() = %v, want %q (%s)", err, tc.want, tc.why)
			}
		})
	}
}

func TestNameservers(t *testing.T) {
	for name, tc := range map[string]struct {
		why, text string
		want      []string
	}{
		"usual":    {why: "port 53", text: "search example.com\nnameserver 192.0.2.1\nnameserver 2001:db8::1\n", want: []string{"192.0.2.1:53", "[2001:db8::1]:53"}},
		"most":     {why: "the C library asks three", text: strings.Repeat("nameserver 192.0.2.1\n", 5), want: []string{"192.0.2.1:53", "192.0.2.1:53", "192.0.2.1:53"}},
		"comments": {why: "and blanks", text: "# nameserver 192.0.2.9\n\n\tnameserver\t192.0.2.1 # LAN\nnameserver\nnameserver x\n", want: []string{"192.0.2.1:53"}},
		"link":     {why: "an address with its interface", text: "nameserver fe80::1%eth0\n", want: []string{"[fe80::1%eth0]:53"}},
		"empty":    {why: "none"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := nameservers(strings.NewReader(tc.text)); !slices.Equal(got, tc.want) {
				t.Errorf("%v, want %v (%s)", got, tc.want, tc.why)
			}
		})
	}
}

// FuzzNameservers: what is read of a resolv.conf can be dialled, or isn't read.
func FuzzNameservers(f *testing.F) {
	f.Add("nameserver 192.0.2.1\noptions edns0\n")
	f.Add("nameserver fe80::1%eth0")
	f.Add("nameserver [::1]:53")
	f.Fuzz(func(t *testing.T, text string) {
		list := nameservers(strings.NewReader(text))
		if len(list) > 3 {
			t.Fatalf("%d resolvers", len(list))
		}
		for _, at := range list {
			if _, err := address(at); err != nil {
				t.Fatalf("%q: %v", at, err)
			}
		}
	})
}

// TestPrivate: which addresses aren't reached from everywhere.
func TestPrivate(t *testing.T) {
	for _, a := range []string{"10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "169.254.1.1", "fd00::1", "fe80::1", "::1", "::ffff:192.168.1.1", "0.0.0.0"} {
		if !private(a) {
			t.Errorf("%s isn't private", a)
		}
	}
	for _, a := range []string{"198.51.100.7", "100.128.0.1", "172.32.0.1", "2001:db8::1", "lb.example.net", ""} {
		if private(a) {
			t.Errorf("%s is private", a)
		}
	}
}
