// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTogether: what all views say stands there once, what one says with its name, and the worst first.
func TestTogether(t *testing.T) {
	same, own := ok("the API server answers"), warn("mend it", "half delegated")
	views := []Report{
		newReport([]Result{result("kubeconfig", []Finding{same}), result("delegation", nil), result("listen", nil)}),
		newReport([]Result{result("kubeconfig", []Finding{same}), result("delegation", []Finding{own, ok("read")}), result("listen", nil)}),
	}
	got := Together([]string{"public", "lan"}, views)
	shown, read := own, ok("read")
	shown.View, read.View = "lan", "lan"
	want := Report{Level: Warn, Checks: []Result{
		{"kubeconfig", OK, []Finding{same}}, {"delegation", Warn, []Finding{shown, read}}, {"listen", OK, []Finding{nothing()}},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var text bytes.Buffer
	if err := got.Write(&text, false); err != nil || !strings.Contains(text.String(), "warn  delegation   view lan: half delegated\n") {
		t.Errorf("%v\n%s", err, text.String())
	}
	if r := Together(nil, nil); r.Level != OK || len(r.Checks) != 0 {
		t.Errorf("of nothing: %+v", r)
	}
}
