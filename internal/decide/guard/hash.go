// SPDX-License-Identifier: Apache-2.0

package guard

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
)

// Hash identifies a set of changes of a zone, whatever their order: 24 hexadecimal digits, the same in every process. No changes
// have the empty hash. How a provider spells values, and markers' and objects' names, don't matter to it.
func Hash(z zone.Key, changes []change.Change) string {
	if len(changes) == 0 {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q\n", z.Provider, z.ID)
	for _, line := range lines(changes) {
		fmt.Fprintln(h, line)
	}
	return hex.EncodeToString(h.Sum(nil)[:hashBytes])
}

const hashBytes = 12

// IsHash reports whether a text could be what Hash gives for some changes.
func IsHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == hashBytes && strings.ToLower(s) == s
}

// lines spells each change in one line that no other change has, sorted.
func lines(changes []change.Change) []string {
	out := make([]string, 0, len(changes))
	for _, c := range changes {
		var b strings.Builder
		spell(&b, c.Before)
		b.WriteString(" > ")
		spell(&b, c.After)
		out = append(out, b.String())
	}
	slices.Sort(out)
	return out
}

// spell quotes every text, so that no value can look like the end of another.
func spell(w io.Writer, s *record.Set) {
	if s == nil {
		fmt.Fprint(w, "-")
		return
	}
	fmt.Fprintf(w, "%q %q %q %d %q %q", string(s.Name), string(s.Type), s.ID, s.TTL, s.Values, s.Props)
	if s.Alias != nil {
		fmt.Fprintf(w, " %q %q %t", string(s.Alias.Target), s.Alias.Zone, s.Alias.EvaluateHealth)
	}
}

// unitOf names what a name's shifts are counted as: the shifts themselves where each takes away one target and brings one at
// most, else the name.
func unitOf(name dnsname.Name, shifts []shift) string {
	spelled := make([]string, 0, len(shifts))
	for _, s := range shifts {
		if len(s.gone) > 1 || len(s.come) > 1 {
			return "name " + string(name)
		}
		spelled = append(spelled, fmt.Sprintf("%q > %q", s.gone, s.come))
	}
	slices.Sort(spelled)
	sum := sha256.Sum256([]byte(strings.Join(slices.Compact(spelled), "\n")))
	return "shift " + string(sum[:])
}
