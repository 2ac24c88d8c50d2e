// SPDX-License-Identifier: Apache-2.0

package r53emu_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/test/moto"
)

// outcome sends batches to a new zone and tells the last one's error code and what the zone then holds, apart from NS and SOA.
func outcome(t *testing.T, c *route53.Client, reference string, batches ...[]types.Change) []string {
	t.Helper()
	z, err := c.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: aws.String("example.com"), CallerReference: &reference})
	if err != nil {
		t.Fatal(err)
	}
	out := []string{"ok"}
	for i, b := range batches {
		_, err := send(t, c, *z.HostedZone.Id, b...)
		if err == nil {
			continue
		}
		api, ok := errors.AsType[smithy.APIError](err)
		if !ok || i < len(batches)-1 {
			t.Fatalf("batch %d: %v", i, err)
		}
		out[0] = api.ErrorCode()
	}
	pages := route53.NewListResourceRecordSetsPaginator(c, &route53.ListResourceRecordSetsInput{HostedZoneId: z.HostedZone.Id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range page.ResourceRecordSets {
			if set.Type != types.RRTypeNs && set.Type != types.RRTypeSoa {
				out = append(out, describeSet(set))
			}
		}
	}
	return out
}

func describeSet(s types.ResourceRecordSet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", *s.Name, s.Type)
	if s.SetIdentifier != nil {
		fmt.Fprintf(&b, " %s", *s.SetIdentifier)
	}
	if s.Weight != nil {
		fmt.Fprintf(&b, " weight %d", *s.Weight)
	}
	if s.TTL != nil {
		fmt.Fprintf(&b, " %d", *s.TTL)
	}
	for _, v := range s.ResourceRecords {
		fmt.Fprintf(&b, " %s", *v.Value)
	}
	if s.AliasTarget != nil {
		fmt.Fprintf(&b, " alias %s", strings.TrimSuffix(*s.AliasTarget.DNSName, "."))
	}
	return b.String()
}

// TestAgreesWithMoto has both emulators answer the same calls. Where moto is at fault the case says why and what moto answers: a
// case whose fault is gone fails, so that the list stays true.
func TestAgreesWithMoto(t *testing.T) {
	t.Parallel()
	theirs := client(moto.Start(t))
	url, _ := r53emutest.Start(t, r53emu.Options{})
	ours := client(url)
	a := simple("a.example.com", "A", "192.0.2.1")
	weighted := func(id string, weight int64) types.ResourceRecordSet {
		set := simple("w.example.com", "A", "192.0.2.1")
		set.SetIdentifier, set.Weight = &id, &weight
		return set
	}
	many := func(n int, value string) (out []types.Change) {
		for i := range n {
			out = append(out, edit("CREATE", simple(fmt.Sprintf("n%04d.example.com", i), "TXT", value)))
		}
		return out
	}
	b := func(changes ...types.Change) []types.Change { return changes }
	for name, tc := range map[string]struct {
		batches [][]types.Change
		fault   string // of moto; empty where it is right
		moto    string // the code that moto answers
	}{
		"create":             {batches: [][]types.Change{b(edit("CREATE", a))}},
		"create twice":       {batches: [][]types.Change{b(edit("CREATE", a)), b(edit("CREATE", a))}},
		"delete":             {batches: [][]types.Change{b(edit("CREATE", a)), b(edit("DELETE", a))}},
		"delete nothing":     {batches: [][]types.Change{b(edit("DELETE", a))}, fault: "answers another code", moto: "InvalidInput"},
		"upsert":             {batches: [][]types.Change{b(edit("UPSERT", a)), b(edit("UPSERT", simple("a.example.com", "A", "192.0.2.2")))}},
		"atomic":             {batches: [][]types.Change{b(edit("CREATE", a)), b(edit("CREATE", simple("b.example.com", "A", "192.0.2.1")), edit("CREATE", a))}},
		"outside":            {batches: [][]types.Change{b(edit("CREATE", simple("a.example.net", "A", "192.0.2.1")))}},
		"1,001 records":      {batches: [][]types.Change{many(1001, `"x"`)}},
		"601 sets in pages":  {batches: [][]types.Change{many(601, `"x"`)}},
		"weighted":           {batches: [][]types.Change{b(edit("CREATE", weighted("x", 1)), edit("CREATE", weighted("y", 0)))}},
		"order of names":     {batches: [][]types.Change{b(edit("CREATE", simple("b.a.example.com", "A", "192.0.2.1")), edit("CREATE", simple("c.example.com", "A", "192.0.2.1")), edit("CREATE", a))}},
		"delete other value": {batches: [][]types.Change{b(edit("CREATE", a)), b(edit("DELETE", simple("a.example.com", "A", "192.0.2.9")))}, fault: "answers another code", moto: "InvalidInput"},
		"delete and create":  {batches: [][]types.Change{b(edit("CREATE", a)), b(edit("DELETE", a), edit("CREATE", simple("a.example.com", "A", "192.0.2.2")))}},
		"weight edited":      {batches: [][]types.Change{b(edit("CREATE", weighted("x", 1))), b(edit("DELETE", weighted("x", 1)), edit("CREATE", weighted("x", 2)))}},
		"A to CNAME":         {batches: [][]types.Change{b(edit("CREATE", a)), b(edit("DELETE", a), edit("CREATE", simple("a.example.com", "CNAME", "example.net")))}},
		"create, recreate":   {batches: [][]types.Change{b(edit("CREATE", a)), b(edit("DELETE", a), edit("CREATE", a))}, fault: "refuses CREATE of what was created before and the batch deletes", moto: "InvalidChangeBatch"},
		"create other value": {batches: [][]types.Change{b(edit("CREATE", a)), b(edit("CREATE", simple("a.example.com", "A", "192.0.2.2")))}, fault: "lets CREATE replace a set by other values", moto: "ok"},
		"delete twice":       {batches: [][]types.Change{b(edit("CREATE", a)), b(edit("DELETE", a), edit("DELETE", a))}, fault: "lets a batch delete a set twice (API_ChangeResourceRecordSets)", moto: "ok"},
		"alias": {
			batches: [][]types.Change{b(edit("CREATE", types.ResourceRecordSet{
				Name: aws.String("l.example.com"), Type: "A",
				AliasTarget: &types.AliasTarget{HostedZoneId: aws.String("Z35SXDOTRQ7X7K"), DNSName: aws.String("lb.us-east-1.elb.amazonaws.com")},
			}))}, fault: "returns a TTL of 0 with an alias (API_ResourceRecordSet, TTL)", moto: "ok",
		},
		"32,000 characters": {batches: [][]types.Change{many(330, `"`+strings.Repeat("x", 98)+`"`)}, fault: "has no limit of characters", moto: "ok"},
		"no address":        {batches: [][]types.Change{b(edit("CREATE", simple("a.example.com", "A", "www")))}, fault: "doesn't check values", moto: "ok"},
		"CNAME beside A":    {batches: [][]types.Change{b(edit("CREATE", a)), b(edit("CREATE", simple("a.example.com", "CNAME", "example.net")))}, fault: "lets CNAME stand beside others", moto: "ok"},
		"simple and routed": {batches: [][]types.Change{b(edit("CREATE", weighted("x", 1))), b(edit("CREATE", simple("w.example.com", "A", "192.0.2.1")))}, fault: "mixes routing policies", moto: "ok"},
		"wildcard":          {batches: [][]types.Change{b(edit("CREATE", simple("*.example.com", "A", "192.0.2.1")))}, fault: `returns * where Route 53 returns \052 (DomainNameFormat)`, moto: "ok"},
	} {
		t.Run(name, func(t *testing.T) {
			want, got := outcome(t, theirs, name, tc.batches...), outcome(t, ours, name, tc.batches...)
			if tc.fault == "" {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-moto +ours):\n%s", diff)
				}
				return
			}
			if cmp.Equal(want, got) || want[0] != tc.moto {
				t.Errorf("moto %s: it answers %s now, we answer %s; see what became of the fault", tc.fault, want[0], got[0])
			}
		})
	}
}
