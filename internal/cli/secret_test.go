// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"regexp"
	"slices"
	"testing"

	"nafuda.io/nafuda/internal/app/flags"
	"nafuda.io/nafuda/internal/cli/parse"
)

// TestSecretFlagsAreMarked goes through every flag whose name or help has a word of secrets: its value is marked as one, or stands here
// with the reason why it isn't one.
func TestSecretFlagsAreMarked(t *testing.T) {
	harmless := map[string]string{
		"aws-profile":             "the name of a profile",
		"aws-assume-role":         "the name of a role",
		"aws-zone-role-tag":       "the key of a tag",
		"cloudflare-region-key":   "the name of a region",
		"dns-transfer":            "the name of a key",
		"dns-tsig-key":            "the name of a key, and of the file that has it",
		"dynamodb-region":         "the name of a region",
		"dynamodb-table":          "the name of a table",
		"rfc2136-tsig-keyname":    "the name of the key",
		"rfc2136-tsig-secret-alg": "an algorithm",
		"tls-client-cert":         "the name of a file",
		"tls-client-cert-key":     "the name of a file",
	}
	suspicious := regexp.MustCompile(`(?i)secret|token|passw|\bkey|key\b|credential`)
	list, err := parse.Describe(spec(new(grammar)), "run")
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	look := func(name, help string, secret bool) {
		why, known := harmless[name]
		used[name] = true
		switch suspect := suspicious.MatchString(name + " " + help); {
		case suspect && !secret && !known:
			t.Errorf("--%s (%s) may be a secret: give it the tag secret, or say here why it is none", name, help)
		case secret && known:
			t.Errorf("--%s is marked as a secret, and isn't one: %s", name, why)
		}
	}
	for _, f := range list {
		look(f.Name, f.Help, f.Secret)
	}
	for _, f := range flags.All() {
		look(f.Name, "", f.Secret)
		i := slices.IndexFunc(list, func(have parse.Flag) bool { return have.Name == f.Name })
		if i >= 0 && list[i].Secret != f.Secret {
			t.Errorf("--%s: the options say that it is a secret: %v; the table of ExternalDNS's flags: %v", f.Name, list[i].Secret, f.Secret)
		}
	}
	for name := range harmless {
		if !used[name] {
			t.Errorf("there is no flag --%s", name)
		}
	}
}
