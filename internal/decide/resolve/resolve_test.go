// SPDX-License-Identifier: Apache-2.0

package resolve_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/decide/resolve"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// read reads lines of "age kind/namespace/name[#id[=policy]] TYPE target..." or "age kind/namespace/name[#id] hold [TYPE]", all of one host name.
func read(t *testing.T, text string) (eps []endpoint.Endpoint, holds []endpoint.Hold) {
	t.Helper()
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		age, err := strconv.Atoi(f[0])
		if err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		resource, id, _ := strings.Cut(f[1], "#")
		ref, _ := endpoint.ParseRef(resource)
		id, policy, _ := strings.Cut(id, "=")
		var props []record.Prop
		if policy != "" {
			props = []record.Prop{{Name: "routing", Value: policy}}
		}
		from := &endpoint.Origin{Source: ref.Kind, Ref: ref, Created: time.Unix(int64(1000-age), 0)}
		if f[2] == "hold" {
			hold := endpoint.Hold{Name: "www.example.com", ID: id, From: from, Why: reason.New(reason.NoAddressYet, "%s has no address", ref)}
			if len(f) > 3 {
				hold.Type = record.Type(f[3])
			}
			holds = append(holds, hold)
			continue
		}
		eps = append(eps, endpoint.Endpoint{Name: "www.example.com", Type: record.Type(f[2]), ID: id, Targets: f[3:], Props: props, From: from})
	}
	return eps, holds
}

// show writes rows as "id TYPE values = resource (askers)" and decisions as "verdict code resource".
func show(rows []resolve.Row, decisions []change.Decision) string {
	var out []string
	for _, r := range rows {
		for _, w := range r.Wants {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s = %s", r.ID, w.Set.Type, strings.Join(w.Set.Values, " "), strings.Join(append([]string{w.Resource}, others(w)...), " "))))
		}
		if !r.Hold.None() {
			out = append(out, strings.TrimSpace(r.ID+" held"))
		}
		for _, t := range slices.Sorted(maps.Keys(r.Holds)) {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s held: %s", r.ID, t, r.Holds[t].Text)))
		}
	}
	for _, d := range decisions {
		out = append(out, fmt.Sprintf("%s %s %s", d.Verdict, d.Why.Code, d.Resource))
	}
	return strings.Join(out, "\n")
}

// others are the objects that contribute to a want beside the one that it is for.
func others(w change.Want) []string {
	return slices.DeleteFunc(slices.Clone(w.Askers), func(a string) bool { return a == w.Resource })
}

func routing(props []record.Prop) string {
	policy, _ := record.FindProp(props, "routing")
	return policy
}

func TestName(t *testing.T) {
	for name, tc := range map[string]struct {
		why     string
		asked   string
		claimed string // "id resource", which has the name, or "id resource TYPE", which has a type of it, with commas
		merge   bool
		stands  string // routing policy
		want    string
	}{
		"one":                {why: "nobody else asks", asked: "1 ingress/a/x A 192.0.2.1", want: "A 192.0.2.1 = ingress/a/x"},
		"same namespace":     {why: "objects of one source and namespace are merged", asked: "1 ingress/a/x A 192.0.2.2\n2 ingress/a/y A 192.0.2.1", want: "A 192.0.2.1 192.0.2.2 = ingress/a/y ingress/a/x"},
		"two namespaces":     {why: "the older has it", asked: "1 ingress/a/x A 192.0.2.1\n2 ingress/b/y A 192.0.2.2", want: "A 192.0.2.2 = ingress/b/y\nlost OlderObjectWins ingress/a/x"},
		"claim holder":       {why: "who has it keeps it", asked: "1 ingress/a/x A 192.0.2.1\n2 ingress/b/y A 192.0.2.2", claimed: " ingress/a/x", want: "A 192.0.2.1 = ingress/a/x\nlost ClaimHolderWins ingress/b/y"},
		"holders by type":    {why: "each keeps the types that it has, whoever is older", asked: "1 ingress/a/x A 192.0.2.1\n1 ingress/a/x AAAA 2001:db8::1\n2 service/a/y A 192.0.2.2", claimed: " service/a/y A, ingress/a/x AAAA", want: "A 192.0.2.2 = service/a/y\nAAAA 2001:db8::1 = ingress/a/x\nlost ClaimHolderWins ingress/a/x"},
		"holder without":     {why: "who has it keeps it, though its address isn't known", asked: "1 ingress/a/x hold\n2 ingress/b/y A 192.0.2.2", claimed: " ingress/a/x", want: "held\nlost ClaimHolderWins ingress/b/y"},
		"equal age":          {why: "then the name of the object decides", asked: "1 ingress/b/x A 192.0.2.1\n1 ingress/a/y A 192.0.2.2", want: "A 192.0.2.2 = ingress/a/y\nlost OlderObjectWins ingress/b/x"},
		"merged namespaces":  {why: "as ExternalDNS does", merge: true, asked: "1 ingress/a/x A 192.0.2.1\n2 ingress/b/y A 192.0.2.2", want: "A 192.0.2.1 192.0.2.2 = ingress/b/y ingress/a/x"},
		"two sources":        {why: "sources aren't merged", asked: "1 ingress/a/x A 192.0.2.1\n2 service/a/y A 192.0.2.2", want: "A 192.0.2.2 = service/a/y\nlost OlderObjectWins ingress/a/x"},
		"two sources, equal": {why: "they ask for the same", asked: "1 ingress/a/x A 192.0.2.1\n2 service/a/y A 192.0.2.1", want: "A 192.0.2.1 = service/a/y ingress/a/x"},
		"both families":      {why: "types don't conflict", asked: "1 ingress/a/x A 192.0.2.1\n1 ingress/a/x AAAA 2001:db8::1", want: "A 192.0.2.1 = ingress/a/x\nAAAA 2001:db8::1 = ingress/a/x"},
		"address and CNAME":  {why: "addresses beat a CNAME", asked: "2 ingress/a/x CNAME lb.example.net\n1 ingress/a/y A 192.0.2.1", want: "A 192.0.2.1 = ingress/a/y\nlost AddressBeatsCNAME ingress/a/x"},
		"two CNAMEs":         {why: "a CNAME has one target, the older object's", asked: "1 ingress/a/x CNAME a.example.net\n2 ingress/a/y CNAME b.example.net", want: "CNAME b.example.net = ingress/a/y\nlost OlderObjectWins ingress/a/x"},
		"equal CNAMEs":       {why: "they ask for the same", asked: "1 ingress/a/x CNAME a.example.net\n2 ingress/a/y CNAME a.example.net", want: "CNAME a.example.net = ingress/a/y ingress/a/x"},
		"CNAME of two":       {why: "the first is published", asked: "1 ingress/a/x CNAME b.example.net a.example.net", want: "CNAME a.example.net = ingress/a/x\nnoted OneCNAMETarget ingress/a/x"},
		"hold":               {why: "nothing but a hold", asked: "1 ingress/a/x hold", want: "held"},
		"hold of a type":     {why: "the first of each type counts, and one of all types beside", asked: "1 ingress/a/y hold AAAA\n2 ingress/a/x hold AAAA\n1 ingress/a/z hold\n1 ingress/a/y A 192.0.2.1", want: "A 192.0.2.1 = ingress/a/y\nheld\nAAAA held: ingress/a/x has no address"},
		"hold and address":   {why: "the hold keeps what is there, the address is added", asked: "1 ingress/a/x hold\n1 ingress/a/y A 192.0.2.1", want: "A 192.0.2.1 = ingress/a/y\nheld"},
		"identifiers":        {why: "each set identifier is a row of its own", asked: "1 ingress/a/x#one A 192.0.2.1\n1 ingress/b/y#two A 192.0.2.2", want: "one A 192.0.2.1 = ingress/a/x\ntwo A 192.0.2.2 = ingress/b/y"},
		"one identifier":     {why: "namespaces don't share a row", asked: "1 ingress/a/x#one A 192.0.2.1\n2 ingress/b/y#one A 192.0.2.2", want: "one A 192.0.2.2 = ingress/b/y\nlost OlderObjectWins ingress/a/x"},
		"simple, weighted":   {why: "they can't stand side by side: the older has it", asked: "1 ingress/a/x A 192.0.2.1\n2 ingress/b/y#two A 192.0.2.2", want: "two A 192.0.2.2 = ingress/b/y\nlost OlderObjectWins ingress/a/x"},
		"weighted, claimed":  {why: "who has it keeps it", asked: "1 ingress/a/x A 192.0.2.1\n2 ingress/b/y#two A 192.0.2.2", claimed: " ingress/a/x", want: "A 192.0.2.1 = ingress/a/x\nlost ClaimHolderWins ingress/b/y"},
		"weighted AAAA":      {why: "other types don't exclude each other", asked: "1 ingress/a/x A 192.0.2.1\n2 ingress/b/y#two AAAA 2001:db8::1", want: "A 192.0.2.1 = ingress/a/x\ntwo AAAA 2001:db8::1 = ingress/b/y"},
		"claim of another":   {why: "a claim under another identifier is none", asked: "1 ingress/a/x A 192.0.2.1\n2 ingress/b/y A 192.0.2.2", claimed: "two ingress/a/x", want: "A 192.0.2.2 = ingress/b/y\nlost OlderObjectWins ingress/a/x"},
		"cluster's object":   {why: "an object of the cluster is a namespace of its own", asked: "1 ingress/a/x A 192.0.2.1\n2 node/n A 192.0.2.2", want: "A 192.0.2.2 = node/n\nlost OlderObjectWins ingress/a/x"},
		"two policies":       {why: "record sets of a type have one routing policy: the older's", asked: "1 ingress/a/x#one=latency A 192.0.2.1\n2 ingress/b/y#two=weighted A 192.0.2.2", want: "one held\ntwo A 192.0.2.2 = ingress/b/y\nrefused RoutingDiffers ingress/a/x"},
		"policies, claimed":  {why: "who has something there is asked first", asked: "1 ingress/a/x#one=latency A 192.0.2.1\n2 ingress/b/y#two=weighted A 192.0.2.2", claimed: "one ingress/a/x", want: "one A 192.0.2.1 = ingress/a/x\ntwo held\nrefused RoutingDiffers ingress/b/y"},
		"policy that stands": {why: "one alone can't leave it", stands: "weighted", asked: "2 ingress/a/x#one=latency A 192.0.2.1\n1 ingress/b/y#two=weighted A 192.0.2.2", claimed: "one ingress/a/x,two ingress/b/y", want: "one held\ntwo A 192.0.2.2 = ingress/b/y\nrefused RoutingDiffers ingress/a/x"},
		"policy left by all": {why: "both leave it at once", stands: "weighted", asked: "2 ingress/a/x#one=latency A 192.0.2.1\n1 ingress/b/y#two=latency A 192.0.2.2", want: "one A 192.0.2.1 = ingress/a/x\ntwo A 192.0.2.2 = ingress/b/y"},
		"policies by type":   {why: "types don't exclude each other", asked: "1 ingress/a/x#one=latency A 192.0.2.1\n2 ingress/b/y#two=weighted AAAA 2001:db8::1", want: "one A 192.0.2.1 = ingress/a/x\ntwo AAAA 2001:db8::1 = ingress/b/y"},
		"nobody":             {why: "nothing is asked"},
	} {
		t.Run(name, func(t *testing.T) {
			eps, holds := read(t, tc.asked)
			claimed := func(k record.Key, resource string) bool {
				return slices.ContainsFunc(strings.Split(tc.claimed, ","), func(c string) bool {
					id, rest, _ := strings.Cut(c, " ")
					who, typ, _ := strings.Cut(rest, " ")
					return c != "" && id == k.ID && who == resource && (k.Type == "" || typ == "" || typ == string(k.Type))
				})
			}
			got := show(resolve.Name(eps, holds, claimed, resolve.Options{
				MergeNamespaces: tc.merge, Routing: routing, Standing: func(record.Type) string { return tc.stands },
			}))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestAskersHaveThoseThatWait(t *testing.T) {
	eps, holds := read(t, "1 ingress/a/x hold\n1 ingress/a/y A 192.0.2.1\n1 ingress/b/z A 192.0.2.2")
	rows, _ := resolve.Name(eps, holds, func(record.Key, string) bool { return false }, resolve.Options{})
	if len(rows) != 1 || !slices.Equal(rows[0].Askers, []string{"ingress/a/x", "ingress/a/y"}) {
		t.Errorf("rows %+v; want the askers ingress/a/x, which waits, and ingress/a/y, and not who lost", rows)
	}
}

// TestOrderDoesNotMatter checks that the same objects give the same rows and decisions in whatever order they come, and that
// they aren't changed.
func TestOrderDoesNotMatter(t *testing.T) {
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		seen := make(map[string]bool)
		var lines []string
		for range rapid.IntRange(0, 6).Draw(t, "objects") {
			ref := rapid.SampledFrom([]string{"ingress/a/x", "ingress/b/y", "service/a/z", "node/n"}).Draw(t, "ref")
			id := rapid.SampledFrom([]string{"", "#one", "#one=weighted", "#two=latency", "#three=weighted"}).Draw(t, "id")
			what := rapid.SampledFrom([]string{"hold", "hold AAAA", "A 192.0.2.1", "A 192.0.2.1 192.0.2.2", "AAAA 2001:db8::1", "CNAME b.example.net a.example.net"}).Draw(t, "what")
			if key := ref + id + strings.Fields(what)[0]; !seen[key] {
				seen[key] = true
				lines = append(lines, fmt.Sprintf("%d %s%s %s", len(ref)%3, ref, id, what))
			}
		}
		merge := resolve.Options{MergeNamespaces: rapid.Bool().Draw(t, "merge"), Routing: routing}
		claimed := func(k record.Key, resource string) bool { return k.ID == "" && resource == "service/a/z" }
		run := func(lines []string) string {
			eps, holds := read(outer, strings.Join(lines, "\n"))
			epsBefore, holdsBefore := slices.Clone(eps), slices.Clone(holds)
			rows, decisions := resolve.Name(eps, holds, claimed, merge)
			if diff := cmp.Diff(epsBefore, eps) + cmp.Diff(holdsBefore, holds); diff != "" {
				t.Fatalf("the input has changed:\n%s", diff)
			}
			for _, r := range rows {
				if !slices.IsSorted(r.Askers) {
					t.Fatalf("askers %v aren't sorted", r.Askers)
				}
			}
			return show(rows, decisions)
		}
		if diff := cmp.Diff(run(lines), run(rapid.Permutation(lines).Draw(t, "order"))); diff != "" {
			t.Fatalf("another order gives another result:\n%s", diff)
		}
	})
}
