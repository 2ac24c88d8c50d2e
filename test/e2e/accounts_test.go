// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/stsemu"
	"nafuda.io/nafuda/test/kube"
)

// The keys and accounts of these tests.
const (
	first, second   = "111111111111", "222222222222"
	keyOne, keyTwo  = "AKIAONE0000000000000", "AKIATWO0000000000000"
	keyNew, theRole = "AKIANEW0000000000000", "arn:aws:iam::222222222222:role/dns"
)

// cloud is two accounts behind one address: the world's own has example.com, the other one example.net.
type cloud struct {
	*stsemu.Cloud
	other *world // the second account's zone
	file  string // credentials
	env   []string
}

func (w *world) cloud() *cloud {
	w.t.Helper()
	c := &cloud{Cloud: stsemu.New(nil), file: filepath.Join(w.t.TempDir(), "credentials")}
	emu := r53emu.New(r53emu.Options{ZoneMark: "TWO"})
	c.other = &world{suite: w.suite, t: w.t, emu: emu, zone: emu.AddZone(dnsname.Name("example.net"), false)}
	c.AddAccount(first, w.emu)
	c.AddAccount(second, emu)
	s := httptest.NewServer(c)
	w.t.Cleanup(s.Close)
	w.url = s.URL
	c.env = []string{"AWS_ENDPOINT_URL_STS=" + s.URL, "AWS_SHARED_CREDENTIALS_FILE=" + c.file, "AWS_ACCESS_KEY_ID=", "AWS_SECRET_ACCESS_KEY=", "AWS_EC2_METADATA_DISABLED=true"}
	return c
}

// write replaces the credentials file as the kubelet does: by a rename. Each profile is given as name=key.
func (c *cloud) write(t *testing.T, profiles ...string) {
	t.Helper()
	var text strings.Builder
	for _, p := range profiles {
		name, key, _ := strings.Cut(p, "=")
		text.WriteString("[" + name + "]\naws_access_key_id = " + key + "\naws_secret_access_key = " + secret + "\n")
	}
	if err := os.WriteFile(c.file+".new", []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(c.file+".new", c.file); err != nil {
		t.Fatal(err)
	}
}

// twoAccounts (apart) has one of two profiles lose its key: its names wait, those of the other go on; both are there in the end.
func twoAccounts(t *testing.T, s *suite) {
	w := s.world(t)
	c := w.cloud()
	c.AddKey(first, keyOne)
	c.AddKey(second, keyTwo)
	c.write(t, "one="+keyOne, "two="+keyTwo)
	args := append(with("-without--domain-filter", "--policy=sync"), "--aws-profile=one", "--aws-profile=two")
	p := w.start(args, c.env...)
	object := func(address string) string {
		return ingress("com", "web.example.com", "192.168.10."+address) + ingress("net", "web.example.net", "192.168.10."+address)
	}
	com := func(address string) []string {
		return []string{"web.example.com A 300 192.168.10." + address, marker("prefix_a-web.example.com", "ingress/default/com")}
	}
	net := func(address string) []string {
		return []string{"web.example.net A 300 192.168.10." + address, marker("prefix_a-web.example.net", "ingress/default/net")}
	}
	w.cluster.Apply(t, object("1"))
	w.want(com("1")...)
	c.other.want(net("1")...)

	c.RemoveKey(keyTwo)
	w.cluster.Apply(t, object("2"))
	w.want(com("2")...)
	p.wantLog(`InvalidClientTokenId`)
	c.other.want(net("1")...)
	w.cluster.Apply(t, object("3"))
	w.want(com("3")...)

	c.AddKey(second, keyNew)
	c.write(t, "one="+keyOne, "two="+keyNew)
	c.other.want(net("3")...)
	if strings.Contains(p.log.String(), keyTwo) || strings.Contains(p.log.String(), keyNew) {
		t.Error("secret: the log has a key")
	}
}

// zoneRole has a hosted zone of another account used with a role that asks for an external id, and its own account with none.
func zoneRole(t *testing.T, s *suite) {
	w := s.world(t)
	c := w.cloud()
	c.AddKey(first, keyOne)
	c.AddRole(stsemu.Role{ARN: theRole, Account: second, Trusts: []string{first}, ExternalID: "ext-1"})
	c.write(t, "default="+keyOne)
	w.cluster.Apply(t, ingress("com", "web.example.com", "192.168.10.1")+ingress("net", "web.example.net", "192.168.10.2"))
	w.start(with("-without--domain-filter", "--aws-zone-role="+c.other.zone+"="+theRole, "--aws-assume-role-external-id=ext-1"), c.env...)
	w.want("web.example.com A 300 192.168.10.1", marker("prefix_a-web.example.com", "ingress/default/com"))
	c.other.want("web.example.net A 300 192.168.10.2", marker("prefix_a-web.example.net", "ingress/default/net"))
	if calls := c.Calls(); calls[theRole] == 0 {
		t.Errorf("the role isn't used: %v", calls)
	}
}

// keysRotate has the keys in the credentials file change, and the old ones end, while the program goes on.
func keysRotate(t *testing.T, s *suite) {
	w := s.world(t)
	c := w.cloud()
	c.AddKey(first, keyOne)
	c.AddKey(first, keyNew)
	c.write(t, "default="+keyOne)
	p := w.start(reference(), c.env...)
	w.cluster.Apply(t, ingress("a", "a.example.com", "192.168.10.1"))
	a := []string{"a.example.com A 300 192.168.10.1", marker("prefix_a-a.example.com", "ingress/default/a")}
	w.want(a...)
	c.write(t, "default="+keyNew)
	c.RemoveKey(keyOne)
	w.cluster.Apply(t, ingress("b", "b.example.com", "192.168.10.2"))
	w.want(append(a, "b.example.com A 300 192.168.10.2", marker("prefix_a-b.example.com", "ingress/default/b"))...)
	kube.Wait(t, "calls with the new key", func() error {
		if c.Calls()[keyNew] == 0 {
			return errors.New("none yet")
		}
		return nil
	})
	for _, key := range []string{keyOne, keyNew} {
		if strings.Contains(p.log.String(), key) {
			t.Errorf("secret: the log has the key %s", key)
		}
	}
	if n := p.count("InvalidClientTokenId"); n > 0 {
		t.Errorf("%d calls met a key that had ended", n)
	}
}
