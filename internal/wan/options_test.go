// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"strings"
	"testing"
)

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(o *Options)
		want string
	}{
		"as they are":       {func(*Options) {}, ""},
		"a method":          {func(o *Options) { o.Methods = []string{"magic"} }, "--wan-method=magic"},
		"no quorum":         {func(o *Options) { o.Quorum = 0 }, "--wan-quorum=0"},
		"a large quorum":    {func(o *Options) { o.Quorum = 7 }, "--wan-quorum=7"},
		"static":            {func(o *Options) { o.Static = []string{"example.com"} }, "--wan-static=example.com"},
		"static, private":   {func(o *Options) { o.Static = []string{"10.0.0.1"} }, "--wan-static=10.0.0.1: must be a public address"},
		"static, allowed":   {func(o *Options) { o.Static, o.AllowRange = []string{"10.0.0.1"}, []string{"10.0.0.0/8"} }, ""},
		"a range":           {func(o *Options) { o.AllowRange = []string{"192.0.2.1"} }, "--wan-allow-range=192.0.2.1"},
		"host":              {func(o *Options) { o.Host = "192.0.2.1" }, "--wan-ipv6-host=192.0.2.1"},
		"a good host":       {func(o *Options) { o.Host = "::1" }, ""},
		"gateway":           {func(o *Options) { o.Gateway = "router" }, "--wan-gateway=router"},
		"a good gateway":    {func(o *Options) { o.Gateway = "192.0.2.1:5351" }, ""},
		"igd":               {func(o *Options) { o.IGD = "ftp://192.0.2.1" }, "--wan-igd=ftp://192.0.2.1"},
		"ssdp":              {func(o *Options) { o.SSDP = "here" }, "--wan-ssdp=here"},
		"stun":              {func(o *Options) { o.STUN = []string{"stun.example.com"} }, "--wan-stun=stun.example.com"},
		"many":              {func(o *Options) { o.STUN = make([]string, mostEndpoints+1) }, "--wan-stun: 17 are given"},
		"dns":               {func(o *Options) { o.DNS = []string{"udp://192.0.2.1"} }, "--wan-dns=udp://192.0.2.1"},
		"dns type":          {func(o *Options) { o.DNS = []string{"udp://192.0.2.1?name=example.com&type=MX"} }, "the type MX"},
		"dns class":         {func(o *Options) { o.DNS = []string{"udp://192.0.2.1?name=example.com&class=HS"} }, "the class HS"},
		"dns scheme":        {func(o *Options) { o.DNS = []string{"tcp://192.0.2.1?name=example.com"} }, "udp://, tls:// or https://"},
		"an open page":      {func(o *Options) { o.HTTPS = []string{"http://example.com"} }, "https://"},
		"a page at home":    {func(o *Options) { o.HTTPS = []string{"http://127.0.0.1:1"} }, ""},
		"a page and a user": {func(o *Options) { o.HTTPS = []string{"https://me:secret@example.com"} }, "without a user"},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Quorum: 2, SSDP: ssdpAddress}
			c.set(&o)
			err := o.Check()
			if c.want == "" != (err == nil) || c.want != "" && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestFirstStrangersAreIndependent: those that are asked first can make the quorum.
func TestFirstStrangersAreIndependent(t *testing.T) {
	all, err := Options{}.endpoints()
	if err != nil {
		t.Fatal(err)
	}
	var said []Said
	for i, m := range all {
		said = append(said, Said{By: m.Source()})
		if n := independent(said); i < 3 && n != i+1 {
			t.Errorf("%d independent answers of the first %d", n, i+1)
		}
	}
	if len(all) != 10 {
		t.Errorf("%d strangers, want all 10", len(all))
	}
	few, err := Options{Methods: []string{"dns"}}.endpoints()
	if err != nil || len(few) != 4 {
		t.Errorf("%d of DNS alone, %v", len(few), err)
	}
}

func TestOperators(t *testing.T) {
	for text, want := range map[string]string{
		"stun.l.example.com:1": "example.com", "a=stun.example.com:1": "a", "192.0.2.1:3478": "192.0.2.1:3478", "[2001:db8::1]:3478": "[2001:db8::1]:3478", "localhost:1": "localhost",
	} {
		m, err := endpoint(STUN, text, nil)
		if err != nil || m.Source().Operator != want {
			t.Errorf("%s is operated by %v, %v", text, m, err)
		}
	}
	m, err := endpoint(DNS, "udp://ns1.example.com?name=o-o.example.com&type=TXT", nil)
	if err != nil || m.Source().Operator != "example.com" {
		t.Errorf("got %+v, %v: what is behind a = isn't an operator's", m, err)
	}
}

// TestDefaultEndpoints: they can be asked, no operator has most of a kind, and the first ones are independent, so that one round of them
// may do. Nobody is asked here.
func TestDefaultEndpoints(t *testing.T) {
	list, err := Options{}.endpoints()
	if err != nil {
		t.Fatal(err)
	}
	kinds, operators := make(map[Kind]map[string]bool), make(map[string]bool)
	for _, m := range list {
		by := m.Source()
		if kinds[by.Kind] == nil {
			kinds[by.Kind] = make(map[string]bool)
		}
		kinds[by.Kind][by.Operator] = true
		operators[by.Operator] = true
	}
	for _, k := range []Kind{STUN, DNS, HTTPS} {
		if len(kinds[k]) < 3 || len(kinds[k]) != len(Endpoints()[k]) {
			t.Errorf("of %s there are the operators %v, want 3 or more, each once", k, kinds[k])
		}
	}
	if len(operators) < 7 {
		t.Errorf("there are only the operators %v", operators)
	}
	for i := range 2 {
		if a, b := list[i].Source(), list[i+1].Source(); a.Kind == b.Kind || a.Operator == b.Operator {
			t.Errorf("%v and %v come one after the other", a, b)
		}
	}
}
