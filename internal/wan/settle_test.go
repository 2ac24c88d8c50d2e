// SPDX-License-Identifier: Apache-2.0

package wan

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/model/reason"
)

// verdict reads one: an address, or a letter for why there is none.
func verdict(text string) Verdict {
	if a, err := netip.ParseAddr(text); err == nil {
		return Verdict{Addr: a}
	}
	code := map[string]reason.Code{"u": reason.WANUnknown, "d": reason.WANDisagree, "p": reason.WANPrivate, "s": reason.WANShared}[text]
	return Verdict{Why: reason.New(code, "%s", text)}
}

func TestSettle(t *testing.T) {
	const a, b, c = "192.0.2.1", "192.0.2.2", "192.0.2.3"
	for name, x := range map[string]struct {
		steps string // SECONDS:VERDICT
		want  string // what is believed after each
		why   string
	}{
		"at once":            {"0:" + a, a, "nothing was known before"},
		"at once unknown":    {"0:u 1:" + a, "WANNotKnown WANNotKnown", "5 s"},
		"first":              {"0:u 1:" + a + " 6:" + a, "WANNotKnown WANNotKnown " + a, "it stayed"},
		"a change":           {"0:" + a + " 10:" + b + " 14:" + b + " 15:" + b, a + " " + a + " " + a + " " + b, "after 5 s"},
		"a blip":             {"0:" + a + " 10:" + b + " 14:" + a + " 30:" + b, a + " " + a + " " + a + " " + a, "the time begins anew"},
		"another":            {"0:" + a + " 10:" + b + " 14:" + c + " 16:" + c, a + " " + a + " " + a + " " + a, "c is there for 2 s"},
		"the second":         {"0:" + a + " 10:" + b + " 15:" + b + " 20:" + a + " 39:" + a + " 40:" + a, a + " " + a + " " + b + " " + b + " " + b + " " + a, "20 s"},
		"later":              {"0:" + a + " 10:" + b + " 15:" + b + " 700:" + a + " 705:" + a, a + " " + a + " " + b + " " + b + " " + a, "10 minutes are over"},
		"an outage":          {"0:" + a + " 10:u 69:u 70:u", a + " " + a + " " + a + " WANNotKnown", "60 s"},
		"a short outage":     {"0:" + a + " 10:u 60:" + a + " 70:u 100:u", a + " " + a + " " + a + " " + a + " " + a, "the time begins anew"},
		"back":               {"0:" + a + " 10:u 70:u 80:" + a, a + " " + a + " WANNotKnown " + a, "it was believed before"},
		"CGNAT":              {"0:" + a + " 10:p 24:p 25:p", a + " " + a + " " + a + " WANPrivate", "15 s"},
		"shared":             {"0:" + a + " 10:s 25:s", a + " " + a + " WANShared", "15 s"},
		"a clock that jumps": {"0:" + a + " 10:" + b + " 3610:" + b + " 3611:" + a, a + " " + a + " " + b + " " + b, "it was there twice; the next change takes 20 s"},
		"two reasons":        {"0:" + a + " 10:u 60:d 70:d 120:d", a + " " + a + " " + a + " " + a + " WANMethodsDisagree", "each for itself"},
	} {
		t.Run(name, func(t *testing.T) {
			var s settle
			var got []string
			begin := time.Unix(1_000_000, 0)
			for step := range strings.FieldsSeq(x.steps) {
				at, what, _ := strings.Cut(step, ":")
				d, err := time.ParseDuration(at + "s")
				if err != nil {
					t.Fatal(err)
				}
				v, wait := s.step(begin.Add(d), verdict(what))
				if (wait > 0) == v.same(verdict(what)) {
					t.Errorf("after %s it waits for %v", step, wait)
				}
				got = append(got, show(v))
			}
			if text := strings.Join(got, " "); text != x.want {
				t.Errorf("got  %s\nwant %s, for %s", text, x.want, x.why)
			}
		})
	}
}
