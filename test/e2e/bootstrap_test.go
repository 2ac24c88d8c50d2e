// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/ops/bootstrap"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/stsemu"
	"nafuda.io/nafuda/internal/serve/sdemu"
	"nafuda.io/nafuda/test/kube"
)

// setUp are bootstrap's options for the emulator's first zone.
func setUp(name, domain string, limit bool) bootstrap.Options {
	return bootstrap.Options{
		Domain: domain, Zone: "example.com", ZoneID: "Z00000000000000000001", ZoneType: "public", Sources: []string{"service", "ingress"}, Policy: "sync",
		Prefix: "prefix_", Name: name, Namespace: "kube-system", Image: "x", Region: "us-east-1", Auth: "user", Limit: limit,
	}
}

// bootstrapGrants runs the program with nothing but what bootstrap makes: its role, its policy, its arguments. What it asks for is
// granted, and what is granted it asks for.
func bootstrapGrants(t *testing.T, s *suite) {
	for _, o := range []bootstrap.Options{
		setUp("nafuda", "example.com", false), setUp("nafuda", "apps.example.com", true), setUp("external-dns", "example.com", true),
	} {
		t.Run(fmt.Sprintf("%s %s %t", o.Name, o.Domain, o.Limit), func(t *testing.T) { grants(t, s, o) })
	}
	s.cluster.Apply(t, file(t, "testdata/clusterrole.yaml")) // the usual name is that of the suite's role
}

func grants(t *testing.T, s *suite, o bootstrap.Options) {
	p, err := bootstrap.MakePlan(o)
	if err != nil {
		t.Fatal(err)
	}
	w := s.worldWith(t, r53emu.Options{Policy: policy(t, string(p.Policy))})
	if w.zone != o.ZoneID {
		t.Fatalf("the zone is %s", w.zone)
	}
	as := *s
	as.user = w.whoHas(p)
	w.suite = &as
	names := []string{"www." + o.Domain, o.Domain, "*." + o.Domain, "a.b." + o.Domain}
	for i, n := range names {
		w.cluster.Apply(t, ingress(fmt.Sprintf("i%d", i), n, "192.0.2.1"))
	}
	w.cluster.Apply(t, headless)
	run := w.start(append(o.Arguments(), "--leader-elect=true", "--lease-namespace="+o.Namespace, "--delete-after=0s", "--control-socket=none", "--max-delete-percent=100"))
	holds := func(want int) {
		t.Helper()
		kube.Wait(t, "the zone's record sets", func() error {
			if got := len(split([]string{w.sets()})); got != want {
				return fmt.Errorf("%d are there, want %d:\n%s", got, want, w.sets())
			}
			return nil
		})
	}
	holds(2 * len(names))
	w.cluster.Apply(t, ingress("i0", names[0], "lb.example.net"))
	kube.Wait(t, "the change of type", func() error {
		if !strings.Contains(w.sets(), "CNAME") {
			return fmt.Errorf("there is no CNAME")
		}
		return nil
	})
	w.cluster.Delete(t, ingress("i1", names[1], "192.0.2.1"))
	holds(2 * (len(names) - 1))
	kube.Wait(t, "the questions whether a change is everywhere and how much room there is", func() error { // they come last, and change nothing that we see
		if calls := w.emu.Calls(); calls["GetChange"] == 0 || calls["GetHostedZoneLimit"] == 0 {
			return errors.New("they aren't asked")
		}
		return nil
	})
	run.ready()
	run.stop()
	if diff := cmp.Diff(granted(t, p.Policy), slices.Sorted(maps.Keys(w.emu.Calls()))); diff != "" {
		t.Errorf("-granted +asked for:\n%s", diff)
	}
	if n := run.count(`level=(warning|error)`); n > 0 {
		t.Errorf("the log has %d warnings or errors", n)
	}
}

// bootstrapAssumes runs the program with keys that may do nothing but assume a role in the account that has the zone, and a role that
// may do what bootstrap says it has to. A limit of names goes to where the changes are made.
func bootstrapAssumes(t *testing.T, s *suite) {
	o := setUp("nafuda", "example.com", true)
	o.ZoneID = r53emu.New(r53emu.Options{ZoneMark: "TWO"}).AddZone("example.com", false)
	o.Account, o.Assume, o.External = first, theRole, "ext-1"
	p, err := bootstrap.MakePlan(o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"sts:AssumeRole"}, granted(t, p.Policy)); diff != "" {
		t.Errorf("the keys may do more than assume the role: %s", diff)
	}
	i := slices.IndexFunc(p.Files, func(f bootstrap.File) bool { return f.Name == "assumed-role-policy.json" })
	w := s.world(t)
	c := w.cloud()
	theirs := r53emu.New(r53emu.Options{ZoneMark: "TWO", Policy: policy(t, string(p.Files[i].Content))})
	c.other = &world{suite: s, t: t, emu: theirs, zone: theirs.AddZone("example.com", false)}
	c.AddAccount(second, theirs)
	c.AddKey(first, keyOne)
	c.AddRole(stsemu.Role{ARN: theRole, Account: second, Trusts: []string{first}, ExternalID: "ext-1"})
	c.write(t, "default="+keyOne)
	as := *s
	as.user = w.whoHas(p)
	w.suite = &as
	w.cluster.Apply(t, ingress("web", "web.example.com", "192.0.2.1"))
	run := w.start(append(o.Arguments(), "--leader-elect=true", "--lease-namespace="+o.Namespace, "--control-socket=none"), c.env...)
	c.other.want("web.example.com A 300 192.0.2.1", markerOf(o.ZoneID, "prefix_a-web.example.com", "ingress/default/web"))
	kube.Wait(t, "what is granted to the role is asked for", func() error {
		if diff := cmp.Diff(granted(t, p.Files[i].Content), slices.Sorted(maps.Keys(theirs.Calls()))); diff != "" {
			return errors.New("-granted +asked for:\n" + diff)
		}
		return nil
	})
	run.stop()
	if calls := w.emu.Calls(); len(calls) > 0 {
		t.Errorf("the keys themselves were used for Route 53: %v", calls)
	}
}

// bootstrapCloudMap runs the program against Cloud Map. What its policy names of Route 53 is for the health checks that AWS says Cloud
// Map asks about; we make none.
func bootstrapCloudMap(t *testing.T, s *suite) {
	o := setUp("nafuda", "example.com", false)
	o.Provider, o.Zone, o.ZoneID, o.Owner = "aws-sd", "", "", "home"
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	p, err := bootstrap.MakePlan(o)
	if err != nil {
		t.Fatal(err)
	}
	w := s.world(t)
	emu := sdemu.New(sdemu.Options{})
	namespace := emu.AddNamespace("example.com", sdemu.Public)
	server := httptest.NewServer(emu)
	t.Cleanup(server.Close)
	as := *s
	as.user = w.whoHas(p)
	w.suite = &as
	w.cluster.Apply(t, ingress("web", "web.example.com", "192.0.2.1")+ingress("old", "old.example.com", "192.0.2.2"))
	run := w.start(append(o.Arguments(), "--leader-elect=true", "--lease-namespace="+o.Namespace, "--control-socket=none", "--delete-after=0s",
		"--max-delete-percent=100", "--no-verify"), "AWS_ENDPOINT_URL_SERVICEDISCOVERY="+server.URL)
	has := func(want int) {
		t.Helper()
		kube.Wait(t, "the namespace's services", func() error {
			if got := emu.Services(namespace); len(got) != want {
				return fmt.Errorf("%d are there, want %d: %v", len(got), want, got)
			}
			return nil
		})
	}
	has(2)
	w.cluster.Apply(t, ingress("web", "web.example.com", "lb.example.net")) // another type: the service goes and comes again
	w.cluster.Apply(t, ingress("old", "old.example.com", "192.0.2.2", "ttl=60"))
	kube.Wait(t, "what is granted is asked for", func() error {
		want := slices.DeleteFunc(granted(t, p.Policy), func(a string) bool { return strings.HasSuffix(a, "HealthCheck") })
		var got []string
		for action := range emu.Calls() {
			got = append(got, "servicediscovery:"+action)
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			return errors.New("-granted +asked for:\n" + diff)
		}
		return nil
	})
	run.stop()
}

// whoHas applies a plan's role objects, and gives a user who has them: pods need a kubelet.
func (w *world) whoHas(p bootstrap.Plan) kube.User {
	w.t.Helper()
	for _, o := range p.Objects {
		w.cluster.Apply(w.t, string(o.Body))
	}
	u := w.cluster.CreateUser(w.t, p.Options.Name)
	w.cluster.Apply(w.t, fmt.Sprintf(`
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: %s, namespace: %s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %s}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %s}]
`, u.Name, p.Options.Namespace, p.Options.Name, u.Name))
	return u
}

// granted lists the actions of a policy.
func granted(t *testing.T, doc []byte) []string {
	t.Helper()
	var policy struct{ Statement []struct{ Action []string } }
	if err := json.Unmarshal(doc, &policy); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range policy.Statement {
		for _, a := range s.Action {
			out = append(out, strings.TrimPrefix(a, "route53:"))
		}
	}
	slices.Sort(out)
	return out
}
