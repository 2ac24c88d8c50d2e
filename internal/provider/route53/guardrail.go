// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"fmt"
	"regexp"
	"strings"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// What names a rule in a message, once names and values have been taken out of it: they are hostile. A change guardrail is told by its
// name, NS_FORMAT_CHECK and its like, or the word; a record set protection by the word (developer guide, "Change Guardrails for hosted zones" and
// "Protecting records from changes"; the wording of neither is published).
var (
	quoted     = regexp.MustCompile(`\[[^\]]*\]|'[^']*'|"[^"]*"`)
	dotted     = regexp.MustCompile(`[A-Za-z0-9_*\\-]+(?:\.[A-Za-z0-9_*\\-]+)+\.?`)
	checkName  = regexp.MustCompile(`\b[A-Z]{2,20}(?:_[A-Z]{2,20}){0,4}_CHECK\b`)
	guardWord  = regexp.MustCompile(`(?i)\bguardrails?\b`)
	protection = regexp.MustCompile(`(?i)\bprotect(?:ed|ions?)\b`)
)

// rule names the guardrail or protection that a message tells of; empty: none.
func rule(message string) string {
	bare := dotted.ReplaceAllString(quoted.ReplaceAllString(message, ""), "")
	switch name := checkName.FindString(bare); {
	case name != "":
		return "the change guardrail " + name
	case guardWord.MatchString(bare):
		return "a change guardrail"
	case protection.MatchString(bare):
		return "a record set protection"
	default:
		return ""
	}
}

// guarded finds the first rule that messages tell of, what they say of it, and the record sets that they name.
func guarded(messages []string, b change.Batch) (keys []record.Key, refusal error) {
	var which string
	var said []string
	for _, m := range sentences(messages) {
		r := rule(m)
		if r == "" || which != "" && r != which {
			continue
		}
		which = r
		said = append(said, m)
		keys = append(keys, mentioned(m, b)...)
	}
	if which == "" {
		return nil, nil
	}
	return sorted(keys), fmt.Errorf("%s of the zone forbids it: %s", which, scrubbed(said))
}

// sentences takes texts that have several messages in brackets apart: each begins with a capital.
func sentences(messages []string) []string {
	var out []string
	for _, m := range messages {
		if strings.HasPrefix(m, "[") && strings.HasSuffix(m, "]") {
			m = m[1 : len(m)-1]
		}
		from := 0
		for i := 2; i < len(m); i++ {
			if m[i-2] == ',' && m[i-1] == ' ' && m[i] >= 'A' && m[i] <= 'Z' {
				out = append(out, m[from:i-2])
				from = i
			}
		}
		out = append(out, m[from:])
	}
	return out
}

// mentioned lists the keys of a batch whose names a message has, with or without the dot at the end.
func mentioned(m string, b change.Batch) []record.Key {
	said := make(map[dnsname.Name]bool)
	for _, n := range dotted.FindAllString(inZone.ReplaceAllString(m, ""), maxMessages) {
		said[readName(n)] = true
	}
	var out []record.Key
	for _, k := range keys(b) {
		if said[k.Name] {
			out = append(out, k)
		}
	}
	return out
}
