// SPDX-License-Identifier: Apache-2.0

// Package handover checks that an installation can change from ExternalDNS to Nafuda and back: what the one has left in the zones
// is ours as it stands, and what the other writes is owned under the rules by which ExternalDNS reads.
package handover

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/cli"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/ops/report"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
)

const vectors = "../vectors"

// run is one run of ExternalDNS of the vectors' README.
type run struct {
	file, objects string
	flags         []string
	affix         affixes               // as the flags say; without an owner for noop
	differs       map[string]difference // what we write otherwise on purpose, by what ExternalDNS wrote
}

// difference is what we write instead, and why.
type difference struct{ line, why string }

func runs() []run {
	return []run{
		{file: "zones-1a", objects: "objects-1", affix: affixes{owner: "ZOWNER", prefix: "prefix_"}, flags: []string{
			"--source=service", "--source=ingress", "--domain-filter=example.com", "--policy=upsert-only", "--aws-zone-type=public",
			"--registry=txt", "--txt-owner-id=ZOWNER", "--txt-prefix=prefix_",
		}},
		{file: "zones-1b", objects: "objects-1", affix: affixes{owner: "me"}, flags: []string{
			"--source=service", "--source=ingress", "--policy=sync", "--registry=txt", "--txt-owner-id=me", "--publish-internal-services",
			"--managed-record-types=A", "--managed-record-types=AAAA", "--managed-record-types=CNAME", "--managed-record-types=SRV",
		}, differs: map[string]difference{
			"Z1 _svc29._tcp.mixed67.example.com SRV 300 0 50 30129 Mixed67.example.com.": {
				"Z1 _svc29._tcp.mixed67.example.com SRV 300 0 50 30129 mixed67.example.com.", "names are compared and written in lower case",
			},
		}},
		{file: "zones-2a", objects: "objects-2", affix: affixes{owner: "me", prefix: "%{record_type}-edns.", wildcard: "any"}, flags: []string{
			"--source=service", "--source=ingress", "--policy=sync", "--registry=txt", "--txt-owner-id=me",
			"--txt-prefix=%{record_type}-edns.", "--txt-wildcard-replacement=any",
		}},
		{file: "zones-2b", objects: "objects-2", flags: []string{
			"--source=ingress", "--policy=sync", "--registry=noop", "--ingress-class=nginx", "--domain-filter=sub.example.com",
			"--domain-filter=example.org", "--ignore-ingress-tls-spec",
		}},
	}
}

func (r run) manifests() string { return filepath.Join(vectors, r.objects+".json") }

// account is an emulated account with the vectors' three zones.
type account struct {
	emu *r53emu.Server
	ids map[string]string // of the zones by their names in the vectors
}

// open starts an account whose zones hold the record sets, and points the program at it.
func open(t *testing.T, sets map[string][]record.Set) *account {
	t.Helper()
	url, emu := r53emutest.Start(t, r53emu.Options{})
	a := &account{emu: emu, ids: make(map[string]string)}
	for _, z := range []struct {
		id   string
		name dnsname.Name
	}{{"Z1", "example.com"}, {"Z2", "sub.example.com"}, {"Z3", "example.org"}} {
		a.ids[z.id] = emu.AddZone(z.name, false)
		for part := range slices.Chunk(sets[z.id], 100) {
			var changes []r53emu.Change
			for _, s := range part {
				changes = append(changes, r53emu.Change{Action: r53emu.Create, Set: s})
			}
			if _, err := emu.Change(a.ids[z.id], changes...); err != nil {
				t.Fatalf("put the record sets into %s: %v", z.name, err)
			}
		}
	}
	t.Setenv("AWS_ENDPOINT_URL_ROUTE_53", url)
	t.Setenv("AWS_ACCESS_KEY_ID", "example")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "example")
	t.Setenv("AWS_DEFAULT_REGION", "us-east-1")
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	return a
}

// sets are what a zone holds, its own NS and SOA left out.
func (a *account) sets(t *testing.T, id string) []record.Set {
	t.Helper()
	z, ok := a.emu.DB().Zone(a.ids[id])
	if !ok {
		t.Fatalf("the zone %s is gone", id)
	}
	return slices.DeleteFunc(slices.Collect(z.From("")), func(s record.Set) bool {
		return s.Name == z.Name && (s.Type == record.NS || s.Type == record.SOA)
	})
}

// lines are the record sets of all zones as text: all that the emulator stores, the order of values apart.
func (a *account) lines(t *testing.T) map[string]bool {
	t.Helper()
	out := make(map[string]bool)
	for id := range a.ids {
		for _, s := range a.sets(t, id) {
			out[id+" "+line(s)] = true
		}
	}
	return out
}

func line(s record.Set) string {
	values := s.Values
	if s.Stored != nil {
		values = s.Stored
	}
	text := fmt.Sprintf("%s %d %s", s.Key, s.TTL, strings.Join(slices.Sorted(slices.Values(values)), " "))
	if s.Alias != nil {
		text += fmt.Sprintf(" alias %+v", *s.Alias)
	}
	for _, p := range s.Props {
		text += fmt.Sprintf(" %s=%s", p.Name, p.Value)
	}
	return text
}

// program runs the program with a run's flags and more, and returns its exit status and output.
func (r run) program(t *testing.T, command, manifests string, more ...string) (int, string) {
	t.Helper()
	args := slices.Concat([]string{
		command, "--provider=aws", "--annotation-prefix=external-dns.alpha.kubernetes.io/", "--manifests=" + manifests,
		"--aws-api-rate=1000", "--aws-api-burst=1000", "--log-level=warning",
	}, r.flags, more)
	var out, log bytes.Buffer
	status := cli.Main(t.Context(), cli.IO{Args: args, Out: &out, Err: &log})
	if status == 1 {
		t.Fatalf("%s ended with an error:\n%s", command, log.String())
	}
	return status, out.String()
}

// plan is what the program would do.
func (r run) plan(t *testing.T, manifests string, more ...string) report.View {
	t.Helper()
	status, out := r.program(t, "plan", manifests, append(more, "--output=json")...)
	var p report.Plan
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Views) != 1 || (status == 2) == p.Empty() {
		t.Fatalf("status %d and %d views", status, len(p.Views))
	}
	return p.Views[0]
}

// apply does it.
func (r run) apply(t *testing.T, manifests string, more ...string) {
	t.Helper()
	r.program(t, "run", manifests, append(more, "--once", "--metrics-address=127.0.0.1:0")...)
}

func wantNothing(t *testing.T, v report.View) {
	t.Helper()
	for _, c := range v.Changes {
		t.Errorf("would %s %s %s %v → %v (%s)", c.Action, c.Name, c.Type, c.Before, c.After, c.From)
	}
}

// left reads the record sets that ExternalDNS left, by zone.
func (r run) left(t *testing.T) map[string][]record.Set {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(vectors, r.file+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var zones map[string][]struct {
		Name            dnsname.Name
		Type            record.Type
		TTL             uint32
		ResourceRecords []struct{ Value string }
	}
	if err := json.Unmarshal(data, &zones); err != nil {
		t.Fatal(err)
	}
	out := make(map[string][]record.Set)
	for id, sets := range zones {
		for _, s := range sets {
			name := dnsname.Name(strings.TrimSuffix(strings.ReplaceAll(string(s.Name), `\052`, "*"), "."))
			set := record.Set{Key: record.Key{Name: name, Type: s.Type}, TTL: s.TTL}
			for _, v := range s.ResourceRecords {
				set.Stored = append(set.Stored, v.Value)
			}
			out[id] = append(out[id], set)
		}
	}
	if len(out) == 0 {
		t.Fatalf("%s has no record sets", r.file)
	}
	return out
}

// edited copies the first vector's objects with another address for one Ingress, and names it and its host.
func edited(t *testing.T) (path, object, host string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(vectors, "objects-1.json"))
	if err != nil {
		t.Fatal(err)
	}
	before, after := []byte(`"198.51.100.109"`), []byte(`"192.0.2.77"`)
	if bytes.Count(data, before) != 1 {
		t.Fatalf("%s isn't the address of one object", before)
	}
	path = filepath.Join(t.TempDir(), "objects.json")
	if err := os.WriteFile(path, bytes.Replace(data, before, after, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	return path, "ingress/ns1/ing01", "b7048.example.com"
}
