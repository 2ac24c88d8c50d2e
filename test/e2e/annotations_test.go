// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"strings"
	"testing"
)

const older = "external-dns.alpha.kubernetes.io/"

// nineAnnotations has each annotation of the reference set-up at work.
func nineAnnotations(t *testing.T, s *suite) {
	w := s.world(t)
	w.start(reference())
	w.cluster.Apply(t, strings.Join([]string{
		service("elsewhere", "192.168.10.60", "hostname=elsewhere.example.com", "controller=another"),
		service("here", "192.168.10.61", "hostname=here.example.com", "controller=dns-controller", "ttl=2m"),
		service("pointed", "192.168.10.62", "hostname=pointed.example.com", "target=192.0.2.62", "ttl=60"),
		service("two", "192.168.10.63", "hostname=one.example.com, two.example.com"),
		strings.Replace(service("inside", "", "internal-hostname=inside.example.com"), "{type: LoadBalancer,", "{type: LoadBalancer, clusterIP: 10.0.77.7,", 1),
		ingress("only", "dropped.example.com", "192.168.10.64", "hostname=annotated.example.com", "ingress-hostname-source=annotation-only"),
		ingress("defined", "defined.example.com", "192.168.10.65", "hostname=ignored.example.com", "ingress-hostname-source=defined-hosts-only"),
		node("node-1", "192.168.10.11", "198.51.100.11"),
		nodePort("private", "hostname=private.example.com", "access=private"),
		nodePort("public", "hostname=public.example.com", "access=public"),
	}, "\n---\n"))
	w.want(
		"annotated.example.com A 300 192.168.10.64", marker("prefix_a-annotated.example.com", "ingress/default/only"),
		"defined.example.com A 300 192.168.10.65", marker("prefix_a-defined.example.com", "ingress/default/defined"),
		"here.example.com A 120 192.168.10.61", marker("prefix_a-here.example.com", "service/default/here"),
		"inside.example.com A 300 10.0.77.7", marker("prefix_a-inside.example.com", "service/default/inside"),
		"one.example.com A 300 192.168.10.63", marker("prefix_a-one.example.com", "service/default/two"),
		"two.example.com A 300 192.168.10.63", marker("prefix_a-two.example.com", "service/default/two"),
		"pointed.example.com A 60 192.0.2.62", marker("prefix_a-pointed.example.com", "service/default/pointed"),
		"private.example.com A 300 192.168.10.11", marker("prefix_a-private.example.com", "service/default/private"),
		"public.example.com A 300 198.51.100.11", marker("prefix_a-public.example.com", "service/default/public"),
	)
}

func node(name, internal, external string) string {
	return strings.NewReplacer("NAME", name, "IN", internal, "OUT", external).Replace(`
apiVersion: v1
kind: Node
metadata: {name: NAME}
status: {addresses: [{type: InternalIP, address: IN}, {type: ExternalIP, address: OUT}]}
`)
}

func nodePort(name string, annotations ...string) string {
	return strings.Replace(service(name, "", annotations...), "type: LoadBalancer", "type: NodePort", 1)
}

// bothPrefixes has the older prefix read beside the newer one, which wins annotation by annotation.
func bothPrefixes(t *testing.T, s *suite) {
	objects := service("old", "192.168.10.61", older+"hostname=old.example.com", older+"ttl=61") +
		service("mixed", "192.168.10.62", older+"hostname=lost.example.com", "hostname=won.example.com", older+"ttl=62") +
		service("own", "192.168.10.63", "dns.example.com/hostname=own.example.com", "dns.example.com/ttl=63")
	for name, tt := range map[string]struct {
		flags []string
		want  []string
		why   string
	}{
		"both": {nil, []string{
			"old.example.com A 61 192.168.10.61", marker("prefix_a-old.example.com", "service/default/old"),
			"won.example.com A 62 192.168.10.62", marker("prefix_a-won.example.com", "service/default/mixed"),
		}, "without the flag both are read"},
		"the older only": {[]string{"--annotation-prefix=" + older}, []string{
			"old.example.com A 61 192.168.10.61", marker("prefix_a-old.example.com", "service/default/old"),
			"lost.example.com A 62 192.168.10.62", marker("prefix_a-lost.example.com", "service/default/mixed"),
		}, "the flag names the only one"},
		"the newer only": {[]string{"--annotation-prefix=external-dns.kubernetes.io/"}, []string{
			"won.example.com A 300 192.168.10.62", marker("prefix_a-won.example.com", "service/default/mixed"),
		}, "the default of ExternalDNS, given"},
		"one of their own": {[]string{"--annotation-prefix=dns.example.com/"}, []string{
			"own.example.com A 63 192.168.10.63", marker("prefix_a-own.example.com", "service/default/own"),
		}, "the others aren't read then"},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.world(t)
			w.cluster.Apply(t, objects)
			w.start(with(tt.flags...))
			w.want(tt.want...)
		})
	}
}

// aliases has load balancers' names from the table of hosted zones, and a name of the same zone.
func aliases(t *testing.T, s *suite) {
	w := s.world(t)
	w.start(reference())
	const alb, nlb = "my-alb-1.ap-northeast-1.elb.amazonaws.com", "my-nlb-1.elb.ap-northeast-1.amazonaws.com"
	w.cluster.Apply(t, strings.Join([]string{
		ingress("alb", "alb.example.com", alb),
		service("nlb", nlb, "hostname=nlb.example.com"),
		service("plain", alb, "hostname=plain.example.com", "alias=false"),
		service("back", "192.168.10.51,2001:db8::51", "hostname=back.example.com"),
	}, ""))
	base := []string{
		"alb.example.com A alias " + alb + " of Z14GRHDCWA56QT", "alb.example.com AAAA alias " + alb + " of Z14GRHDCWA56QT",
		marker("prefix_a-alb.example.com", "ingress/default/alb"), marker("prefix_aaaa-alb.example.com", "ingress/default/alb"),
		"nlb.example.com A alias " + nlb + " of Z31USIVHYNEOWT", "nlb.example.com AAAA alias " + nlb + " of Z31USIVHYNEOWT",
		marker("prefix_a-nlb.example.com", "service/default/nlb"), marker("prefix_aaaa-nlb.example.com", "service/default/nlb"),
		"plain.example.com CNAME 300 " + alb, marker("prefix_cname-plain.example.com", "service/default/plain"),
		"back.example.com A 300 192.168.10.51", marker("prefix_a-back.example.com", "service/default/back"),
		"back.example.com AAAA 300 2001:db8::51", marker("prefix_aaaa-back.example.com", "service/default/back"),
	}
	w.want(base...)
	w.cluster.Apply(t, service("front", "", "hostname=front.example.com,example.com", "target=back.example.com", "alias=true"))
	w.want(append(base,
		"example.com A alias back.example.com of "+w.zone, "example.com AAAA alias back.example.com of "+w.zone,
		marker("a-prefix_.example.com", "service/default/front"), marker("aaaa-prefix_.example.com", "service/default/front"),
		"front.example.com A alias back.example.com of "+w.zone, "front.example.com AAAA alias back.example.com of "+w.zone,
		marker("prefix_a-front.example.com", "service/default/front"), marker("prefix_aaaa-front.example.com", "service/default/front"),
	)...)
	w.wantDig("front.example.com", "A", "192.168.10.51")
	w.wantDig("example.com", "AAAA", "2001:db8::51")
}

// aliasBeforeItsTarget has an alias wait for its target, and follow the types that it has.
func aliasBeforeItsTarget(t *testing.T, s *suite) {
	w := s.world(t)
	p := w.start(reference())
	w.cluster.Apply(t, service("front", "", "hostname=front.example.com", "target=back.example.com", "alias=true"))
	p.wantLog(`level=info .*name=front\.example\.com .*alias target back\.example\.com`)
	w.cluster.Apply(t, service("back", "192.168.10.51", "hostname=back.example.com"))
	lines := []string{
		"back.example.com A 300 192.168.10.51", marker("prefix_a-back.example.com", "service/default/back"),
		"front.example.com A alias back.example.com of " + w.zone, marker("prefix_a-front.example.com", "service/default/front"),
	}
	w.want(lines...)
	w.cluster.Apply(t, service("back", "192.168.10.51,2001:db8::51", "hostname=back.example.com"))
	w.want(append(lines,
		"back.example.com AAAA 300 2001:db8::51", marker("prefix_aaaa-back.example.com", "service/default/back"),
		"front.example.com AAAA alias back.example.com of "+w.zone, marker("prefix_aaaa-front.example.com", "service/default/front"),
	)...)
}

// weighted has two Services share a name by set identifiers.
func weighted(t *testing.T, s *suite) {
	w := s.world(t)
	p := w.start(reference())
	w.cluster.Apply(t, service("blue", "192.168.10.71", "hostname=app.example.com", "set-identifier=blue", "aws-weight=10")+
		service("green", "192.168.10.72", "hostname=app.example.com", "set-identifier=green", "aws-weight=20")+
		service("loose", "192.168.10.73", "hostname=loose.example.com", "set-identifier=one"))
	owned := func(id, weight, resource string) []string {
		return []string{"prefix_a-app.example.com TXT " + id + " aws/weight=" + weight + " 300 " + heritage("ZOWNER", resource)}
	}
	blue, green := owned("blue", "10", "service/default/blue"), owned("green", "20", "service/default/green")
	w.want("app.example.com A blue aws/weight=10 300 192.168.10.71", blue[0], "app.example.com A green aws/weight=20 300 192.168.10.72", green[0])
	w.wantAWS("app.example.com. A blue weight=10 300 192.168.10.71", "app.example.com. A green weight=20 300 192.168.10.72",
		"prefix_a-app.example.com. TXT blue weight=10 300 "+heritage("ZOWNER", "service/default/blue"),
		"prefix_a-app.example.com. TXT green weight=20 300 "+heritage("ZOWNER", "service/default/green"))
	p.wantLog(`level=warning .*name=loose\.example\.com .*needs a routing policy`)

	w.cluster.Apply(t, service("blue", "192.168.10.71", "hostname=app.example.com", "set-identifier=blue", "aws-weight=0"))
	w.want("app.example.com A blue aws/weight=0 300 192.168.10.71", owned("blue", "0", "service/default/blue")[0],
		"app.example.com A green aws/weight=20 300 192.168.10.72", green[0])
	w.wantDig("app.example.com", "A", "192.168.10.72")
}
