// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/route53"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

func TestGuardrailMessages(t *testing.T) {
	for why, tc := range map[string]struct {
		message, rule string // no rule: bad content
		keys          []string
	}{
		"a guardrail and a name":  {"[The record a.example.com. would be hidden (NS_OCCLUSION_CHECK)]", "the change guardrail NS_OCCLUSION_CHECK", []string{"a.example.com A", "a.example.com TXT"}},
		"a name without its dot":  {"[The guardrail ALIAS_TARGET_CHECK rejects the change of L.example.com in zone example.com]", "the change guardrail ALIAS_TARGET_CHECK", []string{"l.example.com A"}},
		"a guardrail without one": {"[A guardrail rejects the change of [name='a.example.com.', type='A']]", "a change guardrail", []string{"a.example.com A", "a.example.com TXT"}},
		"a protection":            {`[The resource record set \052.w.example.com. A is protected]`, "a record set protection", []string{"*.w.example.com A blue", "*.w.example.com A green"}},
		"nobody is named":         {"[A record set protection rejects the change]", "a record set protection", nil},
		"one rule at a time":      {"[The guardrail NS_FORMAT_CHECK rejects l.example.com, The record a.example.com is protected, The guardrail NS_FORMAT_CHECK rejects *.w.example.com]", "the change guardrail NS_FORMAT_CHECK", []string{"l.example.com A", "*.w.example.com A blue", "*.w.example.com A green"}},
		"bad content comes later": {"[RRSet with DNS name l.example.com. is not permitted in zone example.com., The record a.example.com. is protected]", "a record set protection", []string{"a.example.com A", "a.example.com TXT"}},
		"a name isn't a rule":     {"[RRSet with DNS name guardrail.protected.l.example.com. is not permitted in zone protection.example.com.]", "", nil},
		"a value isn't a rule":    {"[Invalid Resource Record: 'FATAL problem: protected X_CHECK' encountered with '192.0.2.1'']", "", []string{"a.example.com A"}},
	} {
		t.Run(why, func(t *testing.T) {
			e := applyTo(t, five, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidChangeBatch</Code><Message>%s</Message></Error></ErrorResponse>", tc.message)
			})
			var got []string
			for _, k := range e.Keys {
				got = append(got, k.String())
			}
			if diff := cmp.Diff(tc.keys, got); diff != "" || e.Class != provider.Rejected || e.Guardrail != (tc.rule != "") {
				t.Errorf("%v, a guardrail: %v\n%s", e, e.Guardrail, diff)
			}
			if !strings.Contains(e.Error(), "example.com: "+tc.rule) {
				t.Errorf("%q doesn't tell of %q", e, tc.rule)
			}
		})
	}
}

// TestGuarded has the emulator refuse batches by its rules: the rest of each goes through without what the error names.
func TestGuarded(t *testing.T) {
	e := emulate(t)
	z := e.zone("example.com")
	p := e.open(route53.Defaults(), provider.Filter{})
	e.Guard(z.ID, r53emu.Guardrail{Name: "a.example.com", Type: "A"}, r53emu.Guardrail{Check: "NS_OCCLUSION_CHECK", Name: "b.example.com"})
	a, b := change.Change{After: set("a.example.com", "A", "", "192.0.2.1")}, change.Change{After: set("b.example.com", "A", "", "192.0.2.2")}
	c := change.Change{After: set("c.example.com", "A", "", "192.0.2.3")}
	for _, step := range []struct {
		batch change.Batch
		want  string // the error has it; empty: none
		key   string
	}{
		{batch(a, b, c), "a record set protection", "a.example.com A"},
		{batch(b, c), "the change guardrail NS_OCCLUSION_CHECK", "b.example.com A"},
		{batch(c), "", ""},
	} {
		_, err := p.Apply(t.Context(), z, step.batch)
		if step.want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		got, ok := errors.AsType[*provider.Error](err)
		if !ok || !got.Guardrail || len(got.Keys) != 1 || got.Keys[0].String() != step.key || !strings.Contains(err.Error(), step.want) {
			t.Errorf("got %v, want %s to be forbidden by %s", err, step.key, step.want)
		}
	}
	e.Guard(z.ID)
	if _, err := p.Apply(t.Context(), z, batch(a, b)); err != nil {
		t.Errorf("the rules are lifted, but: %v", err)
	}
}
