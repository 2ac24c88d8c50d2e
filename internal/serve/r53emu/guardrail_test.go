// SPDX-License-Identifier: Apache-2.0

package r53emu_test

import (
	"errors"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/serve/r53emu"
)

func TestGuard(t *testing.T) {
	s, id := zoneWith(t, r53emu.Options{})
	other := s.AddZone("example.org", false)
	if _, err := s.Change(id, ch(create, "here.example.com", "A", "192.0.2.1")); err != nil {
		t.Fatal(err)
	}
	s.Guard(id, r53emu.Guardrail{Name: "www.example.com", Type: "A"}, r53emu.Guardrail{Check: "ALIAS_TARGET_CHECK", Action: r53emu.Delete}, r53emu.Guardrail{Type: "CAA", Text: "no"})
	for why, tc := range map[string]struct {
		zone   string
		change r53emu.Change
		want   string // part of the message; empty: taken
	}{
		"a protected name and type":    {id, ch(create, "WWW.example.com.", "A", "192.0.2.1"), "www.example.com has a resource record set protection"},
		"another type of the name":     {id, ch(create, "www.example.com", "AAAA", "2001:db8::1"), ""},
		"a guardrail of an action":     {id, ch(remove, "here.example.com", "A", "192.0.2.1"), "ALIAS_TARGET_CHECK"},
		"another action":               {id, ch(create, "new.example.com", "A", "192.0.2.1"), ""},
		"a message that names nobody":  {id, ch(create, "new.example.com", "CAA", `0 issue "ca.example.net"`), "[no]"},
		"another zone has other rules": {other, ch(create, "www.example.org", "CAA", `0 issue "ca.example.net"`), ""},
	} {
		_, err := s.Change(tc.zone, ch(create, "z."+tc.change.Set.Name, "TXT", `"along"`), tc.change)
		e, refused := errors.AsType[*r53emu.Error](err)
		if refused != (tc.want != "") || refused && (e.Code != "InvalidChangeBatch" || e.Status != 400 || !strings.Contains(e.Message, tc.want)) {
			t.Errorf("%s: got %v, want %q", why, err, tc.want)
		}
	}
	s.Guard(id)
	if _, err := s.Change(id, ch(create, "www.example.com", "A", "192.0.2.1")); err != nil {
		t.Errorf("still refused: %v", err)
	}
}
