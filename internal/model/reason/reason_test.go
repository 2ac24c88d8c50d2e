// SPDX-License-Identifier: Apache-2.0

package reason_test

import (
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/model/reason"
)

func TestEveryReasonIsDocumented(t *testing.T) {
	all := reason.All()
	if !slices.IsSortedFunc(all, func(a, b reason.Doc) int { return strings.Compare(string(a.Code), string(b.Code)) }) {
		t.Error("the reasons aren't sorted")
	}
	for _, d := range all {
		if d.Meaning == "" || !strings.HasSuffix(d.Meaning, ".") {
			t.Errorf("%s: %q isn't a sentence", d.Code, d.Meaning)
		}
		if strings.HasSuffix(d.Fix, ".") {
			t.Errorf("%s: the fix %q goes on after a semicolon, without a full stop", d.Code, d.Fix)
		}
	}
}

func TestReasonTellsTheFix(t *testing.T) {
	r := reason.New(reason.MarkerCNAME, "the marker and a CNAME would share the name %s", "www.example.com")
	if s := r.String(); !strings.Contains(s, "www.example.com; ") || !strings.HasSuffix(s, r.Fix()) || r.Fix() == "" {
		t.Errorf("String() = %q", s)
	}
	if bare := reason.New("Unheard", "text"); bare.String() != "text" || bare.None() || !(reason.Reason{}).None() {
		t.Errorf("a reason without a fix is its text, %q", bare)
	}
}
