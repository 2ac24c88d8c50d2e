// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/record"
)

const nginx = "ingress/default/nginx-test-ingress"

func ingressBecomesRecord(t *testing.T, s *suite) {
	w := s.world(t)
	p := w.start(reference())
	w.cluster.Apply(t, ingress("nginx-test-ingress", "dev1.example.com", "192.168.10.51"))
	w.want("dev1.example.com A 300 192.168.10.51", marker("prefix_a-dev1.example.com", nginx))
	w.wantAWS("dev1.example.com. A 300 192.168.10.51", `prefix_a-dev1.example.com. TXT 300 `+heritage("ZOWNER", nginx))
	w.wantDig("dev1.example.com", "A", "192.168.10.51")
	w.wantDig("prefix_a-dev1.example.com", "TXT", heritage("ZOWNER", nginx))
	p.ready()

	w.cluster.Apply(t, ingress("nginx-test-ingress", "dev1.example.com", "2001:db8::51"))
	w.want("dev1.example.com AAAA 300 2001:db8::51", marker("prefix_aaaa-dev1.example.com", nginx))
	w.wantDig("dev1.example.com", "AAAA", "2001:db8::51")
}

// v010 is what ExternalDNS v0.10 leaves for a name.
func v010(name, prefix string) []record.Set {
	return []record.Set{
		set(dnsName(name+".example.com"), record.A, "192.168.10.50"), mark("ZOWNER", dnsName(prefix+name+".example.com"), "ingress/default/"+name),
	}
}

func untypedZone(t *testing.T, s *suite) {
	w := s.world(t)
	w.put(v010("old1", "prefix_")...)
	w.put(v010("old2", "prefix_")...)
	before := sorted([]string{w.sets()})
	w.start(reference())
	w.cluster.Apply(t, ingress("nginx-test-ingress", "dev1.example.com", "192.168.10.51"))
	w.want(slices.Concat(split(before), []string{"dev1.example.com A 300 192.168.10.51", marker("prefix_dev1.example.com", nginx)})...)

	// AAAA is always typed, and an owned name keeps the form it has.
	w.cluster.Apply(t, ingress("six", "six.example.com", "2001:db8::6")+ingress("old1", "old1.example.com", "192.168.10.99"))
	w.want("dev1.example.com A 300 192.168.10.51", marker("prefix_dev1.example.com", nginx),
		"old1.example.com A 300 192.168.10.99", marker("prefix_old1.example.com", "ingress/default/old1"),
		"old2.example.com A 300 192.168.10.50", marker("prefix_old2.example.com", "ingress/default/old2"),
		"six.example.com AAAA 300 2001:db8::6", marker("prefix_aaaa-six.example.com", "ingress/default/six"))
}

func forcedForms(t *testing.T, s *suite) {
	for name, tt := range map[string]struct {
		zone []record.Set
		want []string
		why  string
	}{
		"typed":   {v010("old1", "prefix_"), []string{"prefix_a-dev1.example.com"}, "though the zone's majority isn't"},
		"untyped": {nil, []string{"prefix_dev1.example.com"}, "though the zone is empty"},
		"both":    {nil, []string{"prefix_a-dev1.example.com", "prefix_dev1.example.com"}, "for the time of a change-over"},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.world(t)
			w.put(tt.zone...)
			want := append(split([]string{w.sets()}), "dev1.example.com A 300 192.168.10.51")
			for _, at := range tt.want {
				want = append(want, marker(at, nginx))
			}
			w.start(with("--txt-format=" + name))
			w.cluster.Apply(t, ingress("nginx-test-ingress", "dev1.example.com", "192.168.10.51"))
			w.want(want...)
		})
	}
}

// unprefixedMarkers has the history of the reference user, who went from no prefix to prefix_, and of one who had another prefix.
func unprefixedMarkers(t *testing.T, s *suite) {
	for name, tt := range map[string]struct {
		flags       []string
		before      string
		after, kept string
	}{
		"untyped, without a prefix": {nil, "dev1.example.com", "prefix_dev1.example.com", "old1.example.com"},
		"typed, without a prefix":   {nil, "a-dev1.example.com", "prefix_a-dev1.example.com", "a-old1.example.com"},
		"typed, of an old prefix":   {[]string{"--txt-old-prefix=was-"}, "was-a-dev1.example.com", "prefix_a-dev1.example.com", "was-a-old1.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.world(t)
			w.put(set("dev1.example.com", record.A, "192.168.10.51"), mark("ZOWNER", dnsName(tt.before), nginx),
				set("old1.example.com", record.A, "192.168.10.50"), mark("ZOWNER", dnsName(tt.kept), "ingress/default/old1"))
			w.cluster.Apply(t, ingress("nginx-test-ingress", "dev1.example.com", "192.168.10.51")+ingress("old1", "old1.example.com", "192.168.10.50"))
			p := w.start(with(tt.flags...))
			p.wantLog(`level=info msg="All records are already up to date"`)
			if got := w.attempts(); got > 0 {
				t.Errorf("markers were moved though nothing else changes: %q", w.batches())
			}
			w.cluster.Apply(t, ingress("nginx-test-ingress", "dev1.example.com", "192.168.10.52"))
			w.want("dev1.example.com A 300 192.168.10.52", marker(tt.after, nginx),
				"old1.example.com A 300 192.168.10.50", marker(tt.kept, "ingress/default/old1"))
			want := []string{"CREATE " + tt.after + " TXT", "CREATE dev1.example.com A", "DELETE " + tt.before + " TXT", "DELETE dev1.example.com A"}
			if diff := cmp.Diff([][]string{sorted(want)}, w.sortedBatches()); diff != "" {
				t.Errorf("not one batch (-want +got):\n%s", diff)
			}
		})
	}
}
