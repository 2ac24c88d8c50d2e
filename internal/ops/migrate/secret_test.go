// SPDX-License-Identifier: Apache-2.0

package migrate_test

import (
	"encoding/json"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/app/flags"
	"nafuda.io/nafuda/internal/ops/migrate"
)

// TestSecretOfAFlagIsNotPrinted has the swap of arguments with a secret among them.
func TestSecretOfAFlagIsNotPrinted(t *testing.T) {
	const value = "dmVyeS1zZWNyZXQ="
	for name, tc := range map[string]struct {
		args   []string
		hidden bool
		why    string
	}{
		"joined":    {[]string{"--rfc2136-tsig-secret=" + value}, true, "one word"},
		"apart":     {[]string{"--rfc2136-tsig-secret", value, "--once"}, true, "two words"},
		"reference": {[]string{"--rfc2136-tsig-secret=$(TSIG)"}, false, "the Deployment has no secret, so the arguments can be used as they are"},
		"ours":      {[]string{"--api-token=" + value}, true, "a flag that only we have"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := migrate.FromArgs(strings.Join(tc.args, " "), map[string]string{"TSIG": value})
			if err != nil {
				t.Fatal(err)
			}
			given := []migrate.Given{{Name: "rfc2136-tsig-secret", Value: value, Origin: "--rfc2136-tsig-secret"}, {Name: "api-token", Value: value, Origin: "--api-token"}}
			have := []migrate.Known{{Name: "rfc2136-tsig-secret", Kind: flags.Value}, {Name: "api-token", Kind: flags.Value, Secret: true}}
			r.HideFlags(given, have)
			swap := migrate.MakeSwap(r, migrate.Outcome{}, "nafuda.io/nafuda:dev")
			text, err := json.Marshal([]any{swap, r.Explain(given, have), r.Scrub("it is " + value)})
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), value) {
				t.Errorf("%s: %s", tc.why, text)
			}
			if got := strings.Contains(strings.Join(swap.Args, " "), "(hidden)"); got != tc.hidden {
				t.Errorf("%s: the arguments are %q", tc.why, swap.Args)
			}
			if got := strings.Contains(strings.Join(swap.Notes, " "), "in place of (hidden)"); got != tc.hidden {
				t.Errorf("%s: the notes are %q", tc.why, swap.Notes)
			}
		})
	}
}
