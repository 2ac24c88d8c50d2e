// SPDX-License-Identifier: Apache-2.0

package parse_test

import (
	"strings"
	"testing"
	"unicode"
)

// Whatever the arguments, each mistake is one line, and what is accepted is within what the grammar allows.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"--source=service", "--source\nservice\nplan\n--name\nx", "--no-dry-run=1", "--\n--x", "-", "--=", "---source=service", "--no-", "@", "-h",
		"--interval=1h\n--interval=1h", "--txt-cache-interval\n1m",
	} {
		f.Add(seed, "NAFUDA_SOURCE=service\nEXTERNAL_DNS_EVENTS=1")
	}
	f.Fuzz(func(t *testing.T, args, env string) {
		if strings.Contains(args, "@") {
			return // no files here
		}
		g, res, errs := run(strings.Split(args, "\n"), strings.Split(env, "\n"))
		for _, err := range errs {
			if strings.ContainsFunc(err, func(r rune) bool { return unicode.IsControl(r) }) {
				t.Errorf("%q has a control character", err)
			}
		}
		if len(errs) == 0 && res.Help == "" && res.Command == "" && len(g.Run.Source) == 0 {
			t.Error("accepted without the required flag")
		}
	})
}
