// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/cli"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/why"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

// told is where a report tells a reason.
type told string

const (
	stops   told = "stop"    // the walk stops there
	notes   told = "note"    // something to know beside
	refuses told = "refusal" // a part of the object can't be used
	says    told = "says"    // a step says it, and the walk goes on
	waits   told = "waits"   // the walk ends there, and nothing is wrong
)

// scenario is what is there, what is asked, and which reason the answer has to have.
type scenario struct {
	because   string
	flags     []string
	manifests string // YAML
	zone      string // record sets of example.com, a line each: name, type, values
	ask       string
	as        told
	at        why.Place
}

// ingress is an Ingress of the namespace default.
func ingressYAML(name, host, address string, annotations ...string) string {
	meta := ""
	for _, a := range annotations {
		meta += ", " + a
	}
	status := ""
	if address != "" {
		status = "\nstatus: {loadBalancer: {ingress: [" + address + "]}}"
	}
	return "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: " + name + meta + "}\nspec: {rules: [{host: " + host + "}]}" + status + "\n"
}

func noted(key, value string) string {
	return "annotations: {external-dns.kubernetes.io/" + key + ": " + value + "}"
}

const (
	ip     = "{ip: 192.0.2.1}"
	lb     = "{hostname: lb.example.net}"
	marked = `a-own.web.example.com TXT "heritage=external-dns,external-dns/owner=me,external-dns/resource=ingress/default/web"` + "\n"
	broken = "\n---\nkind: [\n"
	// A Route whose status nobody has written.
	atGateway = `
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: edge}
spec: {listeners: [{name: web, port: 80, protocol: HTTP}]}
status: {addresses: [{value: 192.0.2.1}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: web}
spec: {parentRefs: [{name: edge}], hostnames: [route.example.com]}
`
)

func markedFor(resource string) string {
	return strings.Replace(marked, "ingress/default/web", resource, 1)
}

// scenarios has one for each reason that objects, zones and flags can bring about.
func scenarios() map[reason.Code]scenario {
	web := ingressYAML("web", "web.example.com", ip)
	const long = "x1234567890123456789012345678901234567890123456789012345678901.example.com"
	two := strings.Replace(web, "name: web", "name: web, namespace: one, creationTimestamp: 2026-01-01T00:00:00Z", 1) +
		strings.Replace(web, "name: web", "name: web, namespace: two, creationTimestamp: 2026-02-01T00:00:00Z", 1)
	policies := ingressYAML("web, namespace: one, creationTimestamp: 2026-01-01T00:00:00Z", "web.example.com", ip, `annotations: {external-dns.kubernetes.io/set-identifier: one, external-dns.kubernetes.io/aws-weight: "1"}`) +
		ingressYAML("web, namespace: two, creationTimestamp: 2026-02-01T00:00:00Z", "web.example.com", ip, `annotations: {external-dns.kubernetes.io/set-identifier: two, external-dns.kubernetes.io/aws-region: eu-west-1}`)
	return map[reason.Code]scenario{
		reason.BadName:   {because: "an underscore at the wrong place", manifests: ingressYAML("web", `"we b.example.com"`, ip), ask: "ingress/default/web", as: refuses},
		reason.BadTTL:    {because: "a TTL in words", manifests: ingressYAML("web", "web.example.com", ip, noted("ttl", "soon")), ask: "ingress/default/web", as: refuses},
		reason.BadTarget: {because: "nothing can be published", manifests: ingressYAML("web", "web.example.com", ip, noted("target", `"!"`)), ask: "web.example.com", as: stops, at: why.Source},
		reason.BadValue:  {because: "a CNAME of itself", manifests: ingressYAML("web", "web.example.com", "{hostname: web.example.com}"), ask: "web.example.com", as: stops, at: why.Plan},
		reason.BadObject: {because: "the object may be in the file", manifests: broken, ask: "web.example.com", as: stops, at: why.Source},
		reason.NoZone:    {because: "nobody has example.org", manifests: ingressYAML("web", "web.example.org", ip), ask: "web.example.org", as: stops, at: why.Zone},
		reason.NoTarget:  {because: "an alias of nothing", manifests: ingressYAML("web", "web.example.com", ip, `annotations: {external-dns.kubernetes.io/alias: "true", external-dns.kubernetes.io/target: not.example.com}`), ask: "web.example.com", as: stops, at: why.Plan},

		reason.NobodyAsks: {because: "the name is misspelt", manifests: web, ask: "wbe.example.com", as: stops, at: why.Source},
		reason.NoObject:   {because: "the object is misspelt", manifests: web, ask: "ing/wbe", as: stops, at: why.Source},
		reason.NoHost:     {because: "the annotation is misspelt", manifests: ingressYAML("web", `""`, ip, noted("hostnam", "web.example.com")), ask: "ing/web", as: stops, at: why.Source},

		reason.Asked:    {because: "not published yet", manifests: web, ask: "web.example.com", as: stops, at: why.Sent},
		reason.Differs:  {because: "the address moved", manifests: web, zone: "web.example.com A 192.0.2.9\n" + marked, ask: "web.example.com", as: stops, at: why.Sent},
		reason.NotAsked: {because: "the Ingress is gone", flags: []string{"--policy=sync"}, zone: "web.example.com A 192.0.2.9\n" + marked, ask: "web.example.com", as: stops, at: why.Sent},
		reason.Replaced: {because: "an address became a host name", manifests: ingressYAML("web", "web.example.com", lb), zone: "web.example.com A 192.0.2.1\n" + marked, ask: "web.example.com", as: stops, at: why.Sent},
		reason.Marks:    {because: "only the marker is to name another object", manifests: web, zone: "web.example.com A 192.0.2.1\n" + markedFor("ingress/default/old"), ask: "web.example.com", as: stops, at: why.Sent},

		reason.NoAddressYet:  {because: "the load balancer isn't ready", manifests: ingressYAML("web", "web.example.com", ""), ask: "web.example.com", as: stops, at: why.Source},
		reason.NotAttached:   {because: "the controller hasn't said anything", flags: []string{"--source=gateway-httproute"}, manifests: atGateway, ask: "route.example.com", as: stops, at: why.Source},
		reason.SourceUnknown: {because: "nobody watches Gateways", flags: []string{"--policy=sync"}, zone: "web.example.com A 192.0.2.1\n" + markedFor("gateway/default/web"), ask: "web.example.com", as: stops, at: why.Source},
		reason.NotSynced:     {because: "the Ingress may be in the broken file", flags: []string{"--policy=sync"}, manifests: broken, zone: "web.example.com A 192.0.2.1\n" + marked, ask: "web.example.com", as: stops, at: why.Source},
		reason.PolicyKeeps:   {because: "upsert-only deletes nothing", zone: "web.example.com A 192.0.2.1\n" + marked, ask: "web.example.com", as: stops, at: why.Plan},

		reason.OlderObjectWins: {because: "another namespace had it first", manifests: two, ask: "ingress/two/web", as: stops, at: why.Owner},
		reason.ClaimHolderWins: {because: "another namespace has it", manifests: two, zone: "web.example.com A 192.0.2.1\n" + markedFor("ingress/two/web"), ask: "ingress/one/web", as: stops, at: why.Owner},
		reason.AddressBeats:    {because: "an address and a host name", manifests: ingressYAML("web", "web.example.com", ip+", "+lb), ask: "ing/web", as: notes},
		reason.OneCNAME:        {because: "two host names", manifests: ingressYAML("web", "web.example.com", lb+", {hostname: mb.example.net}"), ask: "web.example.com", as: notes},
		reason.RoutingDiffers:  {because: "the older is weighted", manifests: policies, ask: "ingress/two/web", as: stops, at: why.Owner},
		reason.Foreign:         {because: "made by hand", manifests: web, zone: "web.example.com A 192.0.2.9", ask: "web.example.com", as: stops, at: why.Owner},
		reason.OtherOwner:      {because: "made by another installation", manifests: web, zone: "web.example.com A 192.0.2.9\n" + strings.Replace(marked, "owner=me", "owner=you", 1), ask: "web.example.com", as: stops, at: why.Owner},
		reason.MarkerTaken:     {because: "a text where the marker goes", manifests: web, zone: `a-own.web.example.com TXT "hello"`, ask: "web.example.com", as: stops, at: why.Owner},
		reason.MarkerCNAME:     {because: "the marker has the CNAME's name", flags: []string{"--txt-prefix=", "--txt-format=untyped"}, manifests: ingressYAML("web", "web.example.com", lb), ask: "web.example.com", as: stops, at: why.Owner},
		reason.MarkerTooLong:   {because: "a label of 62 letters, and a- before it", flags: []string{"--txt-prefix="}, manifests: ingressYAML("web", long, ip), ask: long, as: stops, at: why.Owner},
		reason.MarkerOutside:   {because: "a-example.com isn't in example.com", flags: []string{"--txt-prefix="}, manifests: ingressYAML("web", "example.com", ip), ask: "example.com", as: stops, at: why.Owner},
		reason.Ambiguous: {
			because: "a marker of web's type, or of a-web's without", flags: []string{"--txt-prefix="}, manifests: web, ask: "web.example.com", as: stops, at: why.Owner,
			zone: "web.example.com A 192.0.2.9\na-web.example.com A 192.0.2.9\n" + `a-web.example.com TXT "heritage=external-dns,external-dns/owner=me"`,
		},

		reason.NoReverse:        {because: "nobody has 2.0.192.in-addr.arpa", flags: []string{"--create-ptr", "--managed-record-types=A,PTR"}, manifests: web, ask: "1.2.0.192.in-addr.arpa", as: stops, at: why.Zone},
		reason.Filtered:         {because: "another class", flags: []string{"--ingress-class=internal"}, manifests: web, ask: "web.example.com", as: stops, at: why.Filters},
		reason.OtherControl:     {because: "the object says so", manifests: ingressYAML("web", "web.example.com", ip, noted("controller", "other")), ask: "ing/web", as: stops, at: why.Filters},
		reason.TypeNotManaged:   {because: "only IPv6", flags: []string{"--managed-record-types=AAAA"}, manifests: web, ask: "web.example.com", as: stops, at: why.Filters},
		reason.PrivateTarget:    {because: "nothing else is left", flags: []string{"--private-targets=drop"}, manifests: ingressYAML("web", "web.example.com", "{ip: 192.168.10.51}"), ask: "web.example.com", as: stops, at: why.Filters},
		reason.TargetReplaced:   {because: "the address is private", flags: []string{"--private-targets=replace", "--target-from=192.0.2.7"}, manifests: ingressYAML("web", "web.example.com", "{ip: 192.168.10.51}"), ask: "web.example.com", as: notes},
		reason.PrivatePublished: {because: "the zone is public", manifests: ingressYAML("web", "web.example.com", "{ip: 192.168.10.51}"), ask: "web.example.com", as: notes},
		reason.ZoneNotChosen:    {because: "another zone is pinned", manifests: ingressYAML("web", "web.example.com", ip, noted("aws-hosted-zone-id", "Z9")), ask: "web.example.com", as: stops, at: why.Zone},
	}
}

// TestWhy proves the invariant why: each reason that there is has a scenario in which why tells it, where it belongs.
func TestWhy(t *testing.T) {
	all := scenarios()
	for code, s := range all {
		t.Run(string(code), func(t *testing.T) {
			r, status, plan := s.run(t)
			if !tells(r, code, s.as, s.at) {
				text, _ := json.MarshalIndent(r, "", "  ")
				t.Errorf("why tells no %s with the code %s at %q (%s):\n%s", s.as, code, s.at, s.because, text)
			}
			if text := textOf(r, code); !slices.Contains(unplanned, code) && !strings.Contains(plan, text) {
				t.Errorf("plan doesn't say %s, as why does (%s):\n%s", text, s.because, plan)
			}
			if s.as != notes && (status != 2 || r.Good) {
				t.Errorf("status %d, good %v; want 2 and not good (%s)", status, r.Good, s.because)
			}
		})
	}
	for _, d := range reason.All() {
		_, here := all[d.Code]
		_, scripted := scriptedScenarios()[d.Code]
		if here == scripted && !slices.Contains(toldElsewhere, d.Code) {
			t.Errorf("%s needs a scenario, here or with a scripted provider", d.Code)
		}
		if (here || scripted) && slices.Contains(toldElsewhere, d.Code) {
			t.Errorf("%s has a scenario and is said to be told elsewhere", d.Code)
		}
	}
}

// toldElsewhere are reasons that no name is as it is for: an undo that would undo more than was asked for says so itself, and what
// others answer is told by verify; names that views leave behind are counted in the log.
var toldElsewhere = []reason.Code{
	reason.ChangedSince, reason.LeftBehind,
	reason.Intercepted, reason.NotDelegated, reason.NotForwarded, reason.OtherZone, reason.PrivateUnseen, reason.Rebinding, reason.AbsenceCached, reason.StaleCache,
	reason.LocalAnswer, reason.LongerTTL, reason.ResolverFails, reason.NoResolver, reason.TargetAbsent, reason.NoConnection, reason.NoHairpin,
}

// unplanned are reasons that a plan doesn't tell: it shows names that change or can't, not those that nobody asks for, nor by
// which rule a target came about, nor addresses of whose reverse names nobody has the zone.
var unplanned = []reason.Code{reason.TargetReplaced, reason.PrivatePublished, reason.NobodyAsks, reason.NoObject, reason.NoHost, reason.OtherControl, reason.TypeNotManaged, reason.NoReverse}

// textOf finds the text of a reason in a report, as it stands in JSON.
func textOf(r why.Report, code reason.Code) string {
	all, _ := json.Marshal(r)
	_, rest, _ := strings.Cut(string(all), `{"code":"`+string(code)+`","text":`)
	text, _, _ := strings.Cut(rest, `}`)
	return text
}

// run asks the program, with an emulator of Route 53, and for a plan, too.
func (s scenario) run(t *testing.T) (r why.Report, status int, plan string) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "objects.yaml"), []byte(s.manifests), 0o600); err != nil {
		t.Fatal(err)
	}
	emu := r53emu.New(r53emu.Options{})
	zone := emu.AddZone(dnsname.MustParse("example.com"), false)
	for line := range strings.Lines(s.zone) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		typ, value, _ := strings.Cut(rest, " ")
		set := record.Set{Key: record.Key{Name: dnsname.Name(name), Type: record.Type(typ)}, TTL: 300, Values: []string{value}}
		if _, err := emu.Change(zone, r53emu.Change{Action: r53emu.Create, Set: set}); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(emu)
	defer server.Close()
	for key, value := range map[string]string{ // the SDK reads those of the process
		"AWS_ENDPOINT_URL_ROUTE_53": server.URL, "AWS_ACCESS_KEY_ID": "example", "AWS_SECRET_ACCESS_KEY": "example",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(key, value)
	}
	args := []string{
		"--source=ingress", "--source=service", "--provider=aws", "--txt-owner-id=me", "--aws-api-rate=1000", "--aws-api-burst=1000",
		"--log-level=error", "--no-verify", "--control-socket=none", "--manifests=" + dir, "-o", "json",
	}
	if !slices.Contains(s.flags, "--txt-prefix=") {
		args = append(args, "--txt-prefix=%{record_type}-own.")
	}
	args = append(args, s.flags...)
	status, out := execute(t, append([]string{"why", s.ask}, args...))
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v: status %d, %s", err, status, out)
	}
	_, out = execute(t, append([]string{"plan"}, args...))
	return r, status, string(out)
}

func execute(t *testing.T, args []string) (status int, out []byte) {
	var stdout, log bytes.Buffer
	status = cli.Main(context.Background(), cli.IO{Args: args, Out: &stdout, Err: &log})
	if status == 1 {
		t.Fatalf("%v: %s", args, log.Bytes())
	}
	return status, stdout.Bytes()
}

// tells reports whether a report tells a reason as it should.
func tells(r why.Report, code reason.Code, as told, at why.Place) bool {
	switch as {
	case refuses:
		return r.Object != nil && len(r.Object.Refusals) > 0 && r.Object.Refusals[0].Reason.Code == code
	case says:
		return slices.ContainsFunc(r.Walks[0].Steps, func(s why.Step) bool {
			return s.Mark == why.None && s.Step == at && s.Reason != nil && s.Reason.Code == code
		})
	case waits:
		last := r.Walks[0].Steps[len(r.Walks[0].Steps)-1]
		return last.Mark == why.Wait && last.Step == at && last.Reason.Code == code && strings.HasPrefix(last.Text, "sent, waiting for in sync: ")
	case stops:
		if r.Object != nil && r.Object.Stop != nil {
			return r.Object.Stop.Reason.Code == code && r.Object.Stop.Step == at
		}
		if len(r.Walks) != 1 || r.Walks[0].Stop() == nil {
			return false
		}
		s := r.Walks[0].Stop()
		return s.Reason.Code == code && s.Step == at && s.Fix == s.Reason.Fix()
	default:
		return slices.ContainsFunc(r.Walks, func(w why.Walk) bool {
			return slices.ContainsFunc(w.Steps, func(s why.Step) bool {
				return slices.ContainsFunc(s.Notes, func(n why.Note) bool { return n.Reason.Code == code })
			})
		})
	}
}
