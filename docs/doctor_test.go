// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/ops/doctor"
)

var checkRow = regexp.MustCompile("(?m)^\\| `([a-z]+)` \\| (.+) \\| (.+) \\| (.+) \\|$")

// TestDoctorPagesListEveryCheck holds both pages to the checks that there are, in their order.
func TestDoctorPagesListEveryCheck(t *testing.T) {
	all := pages(t)
	var want []string
	for _, c := range doctor.Checks() {
		want = append(want, c.Name)
	}
	for _, name := range []string{"docs/doctor.md", "docs/doctor.ja.md"} {
		var listed []string
		for _, m := range checkRow.FindAllStringSubmatch(all[name], -1) {
			listed = append(listed, m[1])
		}
		if diff := cmp.Diff(want, listed); diff != "" {
			t.Errorf("the checks, -the code +%s:\n%s", name, diff)
		}
	}
	en, ja := all["docs/doctor.md"], all["docs/doctor.ja.md"]
	sameTwins(t, "docs/doctor.md", "docs/doctor.ja.md")
	for _, f := range flagged.FindAllString(en, -1) {
		if !strings.Contains(ja, f) {
			t.Errorf("docs/doctor.ja.md doesn't name %s", f)
		}
	}
}
