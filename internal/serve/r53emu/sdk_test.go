// SPDX-License-Identifier: Apache-2.0

package r53emu_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
	"nafuda.io/nafuda/internal/serve/zonedb"
)

// client is the real SDK, without its retries, on the emulator.
func client(url string) *route53.Client {
	keys := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "example"}, nil
	})
	return route53.New(route53.Options{Region: "us-east-1", BaseEndpoint: &url, Credentials: keys, RetryMaxAttempts: 1})
}

func simple(name, kind string, values ...string) types.ResourceRecordSet {
	set := types.ResourceRecordSet{Name: &name, Type: types.RRType(kind), TTL: aws.Int64(300)}
	for _, v := range values {
		set.ResourceRecords = append(set.ResourceRecords, types.ResourceRecord{Value: aws.String(v)})
	}
	return set
}

func edit(action types.ChangeAction, set types.ResourceRecordSet) types.Change {
	return types.Change{Action: action, ResourceRecordSet: &set}
}

func send(t *testing.T, c *route53.Client, zone string, changes ...types.Change) (*route53.ChangeResourceRecordSetsOutput, error) {
	t.Helper()
	return c.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: &zone, ChangeBatch: &types.ChangeBatch{Changes: changes},
	})
}

func wantCode(t *testing.T, err error, code, message string) {
	t.Helper()
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok || api.ErrorCode() != code || !strings.Contains(api.ErrorMessage(), message) {
		t.Errorf("got %v, want %s with %q", err, code, message)
	}
}

func TestSDKZones(t *testing.T) {
	url, _ := r53emutest.Start(t, r53emu.Options{})
	c, ctx := client(url), t.Context()
	made, err := c.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{
		Name: aws.String("Example.com"), CallerReference: aws.String("one"), HostedZoneConfig: &types.HostedZoneConfig{Comment: aws.String("a comment")},
	})
	if err != nil {
		t.Fatal(err)
	}
	id := *made.HostedZone.Id
	if *made.HostedZone.Name != "example.com." || len(made.DelegationSet.NameServers) != 4 || made.Location == nil || *made.HostedZone.ResourceRecordSetCount != 2 {
		t.Errorf("new zone: %+v", made)
	}
	_, err = c.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: aws.String("example.net"), CallerReference: aws.String("one")})
	wantCode(t, err, "HostedZoneAlreadyExists", "caller reference")
	private, err := c.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{
		Name: aws.String("example.com"), CallerReference: aws.String("two"), VPC: &types.VPC{VPCId: aws.String("vpc-1"), VPCRegion: types.VPCRegionEuWest1},
	})
	if err != nil {
		t.Fatal(err)
	}
	again := &route53.CreateHostedZoneInput{
		Name: aws.String("example.com"), CallerReference: aws.String("three"), VPC: &types.VPC{VPCId: aws.String("vpc-1"), VPCRegion: types.VPCRegionEuWest1},
	}
	_, err = c.CreateHostedZone(ctx, again)
	wantCode(t, err, "ConflictingDomainExists", "VPC")
	if !private.HostedZone.Config.PrivateZone {
		t.Error("a zone with a VPC should be private")
	}
	got, err := c.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: private.HostedZone.Id})
	if err != nil || len(got.VPCs) != 1 || got.DelegationSet != nil {
		t.Errorf("private zone: %+v, %v", got, err)
	}
	count, err := c.GetHostedZoneCount(ctx, &route53.GetHostedZoneCountInput{})
	if err != nil || *count.HostedZoneCount != 2 {
		t.Errorf("count: %+v, %v", count, err)
	}
	limit, err := c.GetHostedZoneLimit(ctx, &route53.GetHostedZoneLimitInput{HostedZoneId: &id, Type: types.HostedZoneLimitTypeMaxRrsetsByZone})
	if err != nil || *limit.Limit.Value != 10000 || limit.Count != 2 {
		t.Errorf("limit: %+v, %v", limit, err)
	}
	if _, err := send(t, c, id, edit("CREATE", simple("www.example.com", "A", "192.0.2.1"))); err != nil {
		t.Fatal(err)
	}
	_, err = c.DeleteHostedZone(ctx, &route53.DeleteHostedZoneInput{Id: &id})
	wantCode(t, err, "HostedZoneNotEmpty", "non-required")
	if _, err := c.DeleteHostedZone(ctx, &route53.DeleteHostedZoneInput{Id: private.HostedZone.Id}); err != nil {
		t.Error(err)
	}
	_, err = c.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: private.HostedZone.Id})
	wantCode(t, err, "NoSuchHostedZone", "No hosted zone found with ID")
	if _, ok := errors.AsType[*types.NoSuchHostedZone](err); !ok {
		t.Errorf("the SDK doesn't know %v", err)
	}
	_, err = c.GetChange(ctx, &route53.GetChangeInput{Id: aws.String("C0")})
	wantCode(t, err, "NoSuchChange", "C0")
	_, err = c.ListHealthChecks(ctx, &route53.ListHealthChecksInput{})
	if r, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); !ok || r.HTTPStatusCode() != http.StatusNotFound {
		t.Errorf("an action that isn't emulated: %v", err)
	}
}

func TestSDKZonePages(t *testing.T) {
	url, s := r53emutest.Start(t, r53emu.Options{})
	c := client(url)
	for i := range 205 {
		s.AddZone(dnsname.Name(fmt.Sprintf("z%03d.example.com", i)), false)
	}
	seen := map[string]bool{}
	pages := route53.NewListHostedZonesPaginator(c, &route53.ListHostedZonesInput{})
	n := 0
	for ; pages.HasMorePages(); n++ {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, z := range page.HostedZones {
			seen[*z.Name] = true
		}
	}
	if n != 3 || len(seen) != 205 {
		t.Errorf("%d pages with %d zones, want 3 with 205", n, len(seen))
	}
	var names []string
	in := &route53.ListHostedZonesByNameInput{DNSName: aws.String("z100.example.com"), MaxItems: aws.Int32(2)}
	for range 2 {
		page, err := c.ListHostedZonesByName(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, z := range page.HostedZones {
			names = append(names, *z.Name)
		}
		in.DNSName, in.HostedZoneId = page.NextDNSName, page.NextHostedZoneId
	}
	if diff := cmp.Diff([]string{"z100.example.com.", "z101.example.com.", "z102.example.com.", "z103.example.com."}, names); diff != "" {
		t.Errorf("by name (-want +got):\n%s", diff)
	}
}

func TestSDKListing(t *testing.T) {
	url, s := r53emutest.Start(t, r53emu.Options{})
	c, id := client(url), s.AddZone("example.com", false)
	for start := 0; start < 601; start += 200 {
		var changes []types.Change
		for i := start; i < min(start+200, 601); i++ {
			changes = append(changes, edit("CREATE", simple(fmt.Sprintf("n%03d.example.com", i), "A", "192.0.2.1")))
		}
		if _, err := send(t, c, id, changes...); err != nil {
			t.Fatal(err)
		}
	}
	weighted := simple("n000.example.com", "TXT", `"x"`)
	weighted.SetIdentifier, weighted.Weight = aws.String("blue"), aws.Int64(0)
	if _, err := send(t, c, id, edit("CREATE", weighted), edit("CREATE", simple("*.example.com", "A", "192.0.2.9")),
		edit("CREATE", simple("a@b.n000.example.com", "TXT", `"é \"q\" \\ \303\251"`))); err != nil {
		t.Fatal(err)
	}
	var names []string
	n := 0
	pages := route53.NewListResourceRecordSetsPaginator(c, &route53.ListResourceRecordSetsInput{HostedZoneId: &id})
	for ; pages.HasMorePages(); n++ {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, set := range page.ResourceRecordSets {
			names = append(names, *set.Name+" "+string(set.Type))
		}
	}
	want := []string{"example.com. NS", "example.com. SOA", `\052.example.com. A`, "n000.example.com. A", "n000.example.com. TXT", `a\100b.n000.example.com. TXT`}
	if diff := cmp.Diff(want, names[:6]); diff != "" || n != 3 || len(names) != 606 {
		t.Errorf("%d pages, %d sets, want 3 with 606 (-want +got):\n%s", n, len(names), diff)
	}
	page, err := c.ListResourceRecordSets(t.Context(), &route53.ListResourceRecordSetsInput{
		HostedZoneId: &id, StartRecordName: aws.String("N000.example.com."), StartRecordType: types.RRTypeTxt, StartRecordIdentifier: aws.String("blue"), MaxItems: aws.Int32(2),
	})
	if err != nil {
		t.Fatal(err)
	}
	first, second := page.ResourceRecordSets[0], page.ResourceRecordSets[1]
	if *first.SetIdentifier != "blue" || first.Weight == nil || *first.Weight != 0 || *page.NextRecordName != "n001.example.com." || page.NextRecordType != "A" || !page.IsTruncated {
		t.Errorf("start in the middle: %+v, next %s", first, *page.NextRecordName)
	}
	if got := *second.ResourceRecords[0].Value; got != `"\303\251 \"q\" \\ \303\251"` {
		t.Errorf("TXT comes back as %s", got)
	}
}

// TestSDKRoundTrip writes sets of every kind and reads back what was written.
func TestSDKRoundTrip(t *testing.T) {
	url, s := r53emutest.Start(t, r53emu.Options{})
	c, id := client(url), s.AddZone("example.com", false)
	alias := func(name, kind, zone, target string) types.ResourceRecordSet {
		return types.ResourceRecordSet{Name: &name, Type: types.RRType(kind), AliasTarget: &types.AliasTarget{HostedZoneId: &zone, DNSName: &target, EvaluateTargetHealth: true}}
	}
	routed := func(id string, set types.ResourceRecordSet, f func(*types.ResourceRecordSet)) types.ResourceRecordSet {
		set.SetIdentifier = &id
		f(&set)
		return set
	}
	want := []types.ResourceRecordSet{
		simple("a.example.com.", "A", "192.0.2.2", "192.0.2.1"), alias("b.example.com.", "A", id, "a.example.com."),
		alias("c.example.com.", "AAAA", "Z35SXDOTRQ7X7K", "dualstack.lb-1.us-east-1.elb.amazonaws.com."),
		simple("d.example.com.", "MX", "10 mail.example.com"), simple("e.example.com.", "SRV", "1 2 3 Host.example.com."),
		routed("x", simple("f.example.com.", "A", "192.0.2.1"), func(s *types.ResourceRecordSet) { s.Region = "eu-west-1"; s.HealthCheckId = aws.String("hc") }),
		routed("x", simple("g.example.com.", "A", "192.0.2.1"), func(s *types.ResourceRecordSet) { s.Failover = "PRIMARY" }),
		routed("x", simple("h.example.com.", "A", "192.0.2.1"), func(s *types.ResourceRecordSet) {
			s.GeoLocation = &types.GeoLocation{CountryCode: aws.String("US"), SubdivisionCode: aws.String("NY")}
		}),
		routed("x", simple("i.example.com.", "A", "192.0.2.1"), func(s *types.ResourceRecordSet) { s.MultiValueAnswer = aws.Bool(true) }),
		routed("x", simple("j.example.com.", "A", "192.0.2.1"), func(s *types.ResourceRecordSet) {
			s.GeoProximityLocation = &types.GeoProximityLocation{Bias: aws.Int32(-3), Coordinates: &types.Coordinates{Latitude: aws.String("1.5"), Longitude: aws.String("-2")}}
		}),
		routed("x", simple("k.example.com.", "A", "192.0.2.1"), func(s *types.ResourceRecordSet) {
			s.CidrRoutingConfig = &types.CidrRoutingConfig{CollectionId: aws.String("c1"), LocationName: aws.String("*")}
		}),
	}
	var create, remove []types.Change
	for _, set := range want {
		create, remove = append(create, edit("CREATE", set)), append(remove, edit("DELETE", set))
	}
	if _, err := send(t, c, id, create...); err != nil {
		t.Fatal(err)
	}
	got, err := c.ListResourceRecordSets(t.Context(), &route53.ListResourceRecordSetsInput{HostedZoneId: &id, StartRecordName: aws.String("a.example.com")})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.ResourceRecordSets, unexported()); diff != "" {
		t.Errorf("read back (-written +read):\n%s", diff)
	}
	if _, err := send(t, c, id, remove...); err != nil {
		t.Errorf("what was read can't be deleted: %v", err)
	}
	z, _ := s.DB().Zone(id)
	if z.Len() != 2 {
		t.Errorf("%d sets are left, want NS and SOA", z.Len())
	}
}

func TestSDKTags(t *testing.T) {
	url, s := r53emutest.Start(t, r53emu.Options{})
	c, id := client(url), s.AddZone("example.com", false)
	s.DB().Put(zone.Zone{Key: zone.Key{ID: "ZOTHER"}, Name: "example.net", Tags: map[string]string{"env": "test"}}, nil)
	if _, err := c.ChangeTagsForResource(t.Context(), &route53.ChangeTagsForResourceInput{
		ResourceId: &id, ResourceType: types.TagResourceTypeHostedzone, AddTags: []types.Tag{{Key: aws.String("b"), Value: aws.String("2")}, {Key: aws.String("a"), Value: aws.String("1")}},
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.ChangeTagsForResource(t.Context(), &route53.ChangeTagsForResourceInput{
		ResourceId: &id, ResourceType: types.TagResourceTypeHostedzone, RemoveTagKeys: []string{"b"},
	}); err != nil {
		t.Fatal(err)
	}
	one, err := c.ListTagsForResource(t.Context(), &route53.ListTagsForResourceInput{ResourceId: &id, ResourceType: types.TagResourceTypeHostedzone})
	if err != nil || len(one.ResourceTagSet.Tags) != 1 || *one.ResourceTagSet.Tags[0].Value != "1" {
		t.Errorf("tags: %+v, %v", one, err)
	}
	many, err := c.ListTagsForResources(t.Context(), &route53.ListTagsForResourcesInput{ResourceIds: []string{id, "ZOTHER"}, ResourceType: types.TagResourceTypeHostedzone})
	if err != nil || len(many.ResourceTagSets) != 2 || *many.ResourceTagSets[1].Tags[0].Key != "env" {
		t.Errorf("tags of two: %+v, %v", many, err)
	}
}

func TestSDKPropagation(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	url, s := r53emutest.Start(t, r53emu.Options{Now: func() time.Time { return now }, Delay: 30 * time.Second, Processing: 2 * time.Second})
	c, id := client(url), s.AddZone("example.com", false)
	out, err := send(t, c, id, edit("UPSERT", simple("a.example.com", "A", "192.0.2.1")))
	if err != nil {
		t.Fatal(err)
	}
	if out.ChangeInfo.Status != "PENDING" || !out.ChangeInfo.SubmittedAt.Equal(now) {
		t.Errorf("after the change: %+v", out.ChangeInfo)
	}
	_, err = send(t, c, id, edit("UPSERT", simple("b.example.com", "A", "192.0.2.1")))
	wantCode(t, err, "PriorRequestNotComplete", "still processing")
	for _, tc := range []struct {
		after time.Duration
		want  types.ChangeStatus
	}{{29 * time.Second, "PENDING"}, {time.Second, "INSYNC"}} {
		now = now.Add(tc.after)
		got, err := c.GetChange(t.Context(), &route53.GetChangeInput{Id: out.ChangeInfo.Id})
		if err != nil || got.ChangeInfo.Status != tc.want {
			t.Errorf("%v later: %+v, %v; want %s", tc.after, got, err, tc.want)
		}
	}
	if _, err := send(t, c, id, edit("UPSERT", simple("b.example.com", "A", "192.0.2.1"))); err != nil {
		t.Error(err)
	}
}

// TestSDKAtOnce has writers and readers at the same time; the race detector watches, and no page is torn: a batch's two sets are both
// there or both not.
func TestSDKAtOnce(t *testing.T) {
	url, s := r53emutest.Start(t, r53emu.Options{Rate: 1e6, Delay: time.Hour})
	id := s.AddZone("example.com", false)
	var wg sync.WaitGroup
	for w := range 4 {
		c := client(url)
		wg.Go(func() {
			for i := range 10 {
				name := fmt.Sprintf("w%d-%d.example.com", w, i)
				if _, err := send(t, c, id, edit("CREATE", simple(name, "A", "192.0.2.1")), edit("CREATE", simple(name, "TXT", `"x"`))); err != nil {
					t.Error(err)
				}
				s.Calls()
				page, err := c.ListResourceRecordSets(t.Context(), &route53.ListResourceRecordSetsInput{HostedZoneId: &id})
				if err != nil || len(page.ResourceRecordSets)%2 != 0 {
					t.Errorf("%d sets, %v; want pairs", len(page.ResourceRecordSets), err)
				}
			}
		})
	}
	wg.Wait()
	if z, _ := s.DB().Zone(id); z.Len() != 82 {
		t.Errorf("%d sets, want 82", z.Len())
	}
}

// TestSDKLarge lists a zone of 200,000 sets: a page from anywhere costs what a page costs.
func TestSDKLarge(t *testing.T) {
	db := zonedb.New()
	sets := make([]record.Set, 0, 200_000)
	for i := range cap(sets) {
		sets = append(sets, record.Set{Key: record.Key{Name: dnsname.Name(fmt.Sprintf("n%06d.example.com", i)), Type: record.A}, TTL: 60, Values: []string{"192.0.2.1"}})
	}
	db.Put(zone.Zone{Key: zone.Key{ID: "Z1"}, Name: "example.com"}, sets)
	url, s := r53emutest.Start(t, r53emu.Options{DB: db, Limits: r53emu.Limits{Sets: 500_000}})
	c := client(url)
	page, err := c.ListResourceRecordSets(t.Context(), &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String("Z1"), StartRecordName: aws.String("n150000.example.com")})
	if err != nil || len(page.ResourceRecordSets) != 300 || *page.NextRecordName != "n150300.example.com." {
		t.Fatalf("page: %v", err)
	}
	if _, err := send(t, c, "Z1", edit("DELETE", func() types.ResourceRecordSet {
		set := simple("n150000.example.com", "A", "192.0.2.1")
		set.TTL = aws.Int64(60)
		return set
	}())); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(map[string]int{"ListResourceRecordSets": 1, "ChangeResourceRecordSets": 1}, s.Calls()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// unexported has cmp look past the SDK's markers in its types.
func unexported() cmp.Option {
	return cmp.Exporter(func(reflect.Type) bool { return true })
}
