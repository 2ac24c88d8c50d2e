// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
)

// typeChange has the annotations of the reference set-up's second point, and takes them away again.
func typeChange(t *testing.T, s *suite) {
	w := s.world(t)
	w.start(reference())
	address := ingress("nginx-test-ingress", "dev1.example.com", "192.168.10.51")
	w.cluster.Apply(t, address)
	w.want("dev1.example.com A 300 192.168.10.51", marker("prefix_a-dev1.example.com", nginx))

	w.cluster.Apply(t, ingress("nginx-test-ingress", "dev1.example.com", "192.168.10.51", "hostname=alias1.example.com", "target=lb.example.net"))
	w.want("alias1.example.com CNAME 300 lb.example.net", marker("prefix_cname-alias1.example.com", nginx),
		"dev1.example.com CNAME 300 lb.example.net", marker("prefix_cname-dev1.example.com", nginx))
	w.wantDig("alias1.example.com", "CNAME", "lb.example.net.")
	w.wantAWS("alias1.example.com. CNAME 300 lb.example.net", "prefix_cname-alias1.example.com. TXT 300 "+heritage("ZOWNER", nginx),
		"dev1.example.com. CNAME 300 lb.example.net", "prefix_cname-dev1.example.com. TXT 300 "+heritage("ZOWNER", nginx))

	// alias1 stays, for the policy deletes nothing.
	w.cluster.Apply(t, address)
	w.want("alias1.example.com CNAME 300 lb.example.net", marker("prefix_cname-alias1.example.com", nginx),
		"dev1.example.com A 300 192.168.10.51", marker("prefix_a-dev1.example.com", nginx))

	there := []string{"DELETE dev1.example.com A", "DELETE prefix_a-dev1.example.com TXT", "CREATE dev1.example.com CNAME", "CREATE prefix_cname-dev1.example.com TXT"}
	other := []string{"CREATE alias1.example.com CNAME", "CREATE prefix_cname-alias1.example.com TXT"}
	back := []string{"DELETE dev1.example.com CNAME", "DELETE prefix_cname-dev1.example.com TXT", "CREATE dev1.example.com A", "CREATE prefix_a-dev1.example.com TXT"}
	got := w.sortedBatches()
	together := func(batch []string, changes []string) bool {
		return !slices.ContainsFunc(changes, func(c string) bool { return !slices.Contains(batch, c) })
	}
	if len(got) < 3 || !slices.ContainsFunc(got, func(b []string) bool { return together(b, there) }) {
		t.Errorf("no batch has all of %q: %q", there, got)
	}
	if !slices.ContainsFunc(got, func(b []string) bool { return together(b, other) }) {
		t.Errorf("no batch has all of %q: %q", other, got)
	}
	if diff := cmp.Diff(sorted(back), got[len(got)-1]); diff != "" {
		t.Errorf("the last batch (-want +got):\n%s", diff)
	}
	if w.attempts() != len(got) {
		t.Errorf("%d of %d batches were refused", w.attempts()-len(got), w.attempts())
	}
}

// markerMeetsCNAME has untyped markers without a prefix, which stand where the CNAME would.
func markerMeetsCNAME(t *testing.T, s *suite) {
	w := s.world(t)
	w.cluster.Apply(t, ingress("nginx-test-ingress", "dev1.example.com", "192.168.10.51", "hostname=alias1.example.com", "target=lb.example.net"))
	w.cluster.Apply(t, ingress("web", "web.example.com", "192.168.10.52"))
	p := w.start(with("--txt-format=untyped", "-without--txt-prefix"))
	w.want("web.example.com A 300 192.168.10.52", marker("web.example.com", "ingress/default/web"))
	for _, name := range []string{"alias1.example.com", "dev1.example.com"} {
		p.wantVerdict(name, change.Refused, reason.MarkerCNAME)
		p.wantLog(`level=warning msg="decided about a name" name=` + name + ` .*reason=MarkerMeetsCNAME .*set --txt-prefix`)
	}
	if got := w.attempts(); got != 1 {
		t.Errorf("%d batches were sent, want only that of web.example.com", got)
	}
}

// typeChangeUntyped has a type change where an untyped marker with a prefix stays as it is: it goes along as a condition.
func typeChangeUntyped(t *testing.T, s *suite) {
	w := s.world(t)
	w.put(v010("dev1", "prefix_")...)
	w.cluster.Apply(t, ingress("dev1", "dev1.example.com", "192.168.10.50", "target=lb.example.net"))
	w.start(reference())
	w.want("dev1.example.com CNAME 300 lb.example.net", marker("prefix_dev1.example.com", "ingress/default/dev1"))
	if diff := cmp.Diff([][]string{{
		"CREATE dev1.example.com CNAME", "CREATE prefix_dev1.example.com TXT", "DELETE dev1.example.com A", "DELETE prefix_dev1.example.com TXT",
	}}, w.sortedBatches()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
