// SPDX-License-Identifier: Apache-2.0

package all_test

import (
	"cmp"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/source/all"
	"nafuda.io/nafuda/internal/source/kinds"
	"nafuda.io/nafuda/internal/source/sourcetest"
)

const (
	vectors    = "../../../test/vectors"
	defaultTTL = 300 // what ExternalDNS gives Route 53 where an object says nothing
)

// vector is one run of ExternalDNS: which objects, with which flags, and what its filters let through.
type vector struct {
	file, objects string
	flags         []string
	sources       []string
	types         []record.Type
	domains       []dnsname.Name // of --domain-filter, cut to the zones that the run had
	class         string
}

var runs = []vector{
	{file: "zones-1a", objects: "objects-1", sources: []string{"service", "ingress"}, types: addresses(), domains: []dnsname.Name{"example.com"}},
	{file: "zones-1b", objects: "objects-1", flags: []string{"--publish-internal-services"}, sources: []string{"service", "ingress"}, types: append(addresses(), record.SRV), domains: []dnsname.Name{"example.com", "example.org"}},
	{file: "zones-2a", objects: "objects-2", sources: []string{"service", "ingress"}, types: addresses(), domains: []dnsname.Name{"example.com", "example.org"}},
	{file: "zones-2b", objects: "objects-2", flags: []string{"--ignore-ingress-tls-spec"}, sources: []string{"ingress"}, types: addresses(), domains: []dnsname.Name{"sub.example.com", "example.org"}, class: "nginx"},
}

func addresses() []record.Type { return []record.Type{record.A, record.AAAA, record.CNAME} }

// TestVectors compares what our sources ask for with the record sets that ExternalDNS made of the same objects. No two of these
// objects want one name, so there is no conflict to resolve and the two must be the same.
func TestVectors(t *testing.T) {
	for _, v := range runs {
		t.Run(v.file, func(t *testing.T) {
			if diff := gocmp.Diff(v.published(t), v.asked(t)); diff != "" {
				t.Errorf("%s: what ExternalDNS publishes (-) and what we ask for (+):\n%s", v.file, diff)
			}
		})
	}
}

// published reads the record sets of a run, without those of its registry.
func (v vector) published(t *testing.T) map[record.Key]record.Set {
	var zones map[string][]struct {
		Name, Type      string
		TTL             uint32
		ResourceRecords []struct{ Value string }
	}
	load(t, v.file, &zones)
	out := make(map[record.Key]record.Set)
	for _, sets := range zones {
		for _, s := range sets {
			if s.Type == "TXT" {
				continue
			}
			var values []string
			for _, r := range s.ResourceRecords {
				values = append(values, r.Value)
			}
			values, err := record.Canonical(record.Type(s.Type), values)
			if err != nil {
				t.Fatal(err)
			}
			key := record.Key{Name: dnsname.MustParse(strings.ReplaceAll(s.Name, `\052`, "*")), Type: record.Type(s.Type)}
			out[key] = record.Set{Key: key, TTL: s.TTL, Values: values}
		}
	}
	if len(out) < 10 {
		t.Fatalf("%s has only %d record sets", v.file, len(out))
	}
	return out
}

// asked evaluates the objects of a run and applies the filters that are a view's business.
func (v vector) asked(t *testing.T) map[record.Key]record.Set {
	o, err := parse(append([]string{"--annotation-prefix=external-dns.alpha.kubernetes.io/"}, v.flags...)...)
	if err != nil {
		t.Fatal(err)
	}
	var raw json.RawMessage
	load(t, v.objects, &raw)
	objects, err := sourcetest.Decode(raw, kinds.All(o.Shared))
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[record.Key]record.Set)
	for _, name := range v.sources {
		src := all.Sources(o)[name]
		for _, obj := range objects.Of(src.Kind) {
			for _, e := range src.Eval(obj, objects).Endpoints {
				if !v.selects(e) {
					continue
				}
				if other, ok := out[e.Key()]; ok {
					t.Errorf("%s and another object ask for %s %v: extend the test by conflicts", e.From.Ref, e.Key(), other.Values)
				}
				out[e.Key()] = record.Set{Key: e.Key(), TTL: cmp.Or(e.TTL, defaultTTL), Values: e.Targets}
			}
		}
	}
	return out
}

func (v vector) selects(e endpoint.Endpoint) bool {
	return slices.Contains(v.types, e.Type) && (v.class == "" || e.From.Class == v.class) &&
		slices.ContainsFunc(v.domains, func(d dnsname.Name) bool { return e.Name.In(d) })
}

func load(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(vectors, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}
