// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	awsroute53 "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/route53"
)

func under(zone dnsname.Name) func(dnsname.Name) bool {
	return func(n dnsname.Name) bool { return n.In(zone) }
}

func TestZoneFilters(t *testing.T) {
	e := emulate(t)
	var ids []string
	for _, z := range []struct {
		name    dnsname.Name
		private bool
		team    string
	}{{"example.com", false, "web"}, {"example.com", true, ""}, {"sub.example.com", false, "dns"}, {"example.net", false, "web"}} {
		id := e.AddZone(z.name, z.private)
		ids = append(ids, id)
		if z.team != "" {
			e.tag(t, id, "team", z.team)
		}
	}
	for why, tc := range map[string]struct {
		opts   func(*route53.Options)
		filter provider.Filter
		want   string
		tagged bool // whether tags are asked for
	}{
		"no filter":         {nil, provider.Filter{}, "example.com private:example.com sub.example.com example.net", false},
		"public":            {func(o *route53.Options) { o.ZoneType = "public" }, provider.Filter{}, "example.com sub.example.com example.net", false},
		"private":           {func(o *route53.Options) { o.ZoneType = "private" }, provider.Filter{}, "private:example.com", false},
		"ids in both forms": {nil, provider.Filter{IDs: []string{ids[3], "/hostedzone/" + ids[2]}}, "sub.example.com example.net", false},
		"a domain":          {nil, provider.Filter{Match: under("sub.example.com")}, "sub.example.com", false},
		"its parents as well": {func(o *route53.Options) { o.ZoneMatchParent = true }, provider.Filter{
			Match: under("sub.example.com"), Below: func(n dnsname.Name) bool { return dnsname.Name("sub.example.com").In(n) },
		}, "example.com private:example.com sub.example.com", false},
		"parents, not asked for": {nil, provider.Filter{Match: under("sub.example.com"), Below: func(dnsname.Name) bool { return true }}, "sub.example.com", false},
		"a tag":                  {func(o *route53.Options) { o.ZoneTags = []string{"team=web"} }, provider.Filter{}, "example.com example.net", true},
		"a tag of any value":     {func(o *route53.Options) { o.ZoneTags = []string{"team"} }, provider.Filter{}, "example.com sub.example.com example.net", true},
		"two tags":               {func(o *route53.Options) { o.ZoneTags = []string{"team=web", "other="} }, provider.Filter{}, "", true},
		"a blank tag is none":    {func(o *route53.Options) { o.ZoneTags = []string{""} }, provider.Filter{}, "example.com private:example.com sub.example.com example.net", false},
	} {
		t.Run(why, func(t *testing.T) {
			o := route53.Defaults()
			if tc.opts != nil {
				tc.opts(&o)
			}
			before := e.Calls()["ListTagsForResources"]
			used, skipped, err := e.open(o, tc.filter).ExplainZones(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if asked := e.Calls()["ListTagsForResources"] > before; asked != tc.tagged {
				t.Errorf("tags asked for: %v", asked)
			}
			if diff := cmp.Diff(slices.Sorted(slices.Values(strings.Fields(tc.want))), labels(used)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(used)+len(skipped) != len(ids) {
				t.Errorf("%d used and %d skipped of %d", len(used), len(skipped), len(ids))
			}
			for _, s := range skipped {
				if s.Why.Code != reason.Filtered || !strings.Contains(s.Why.Text, s.Zone.ID) {
					t.Errorf("%v", s)
				}
			}
		})
	}
}

// labels are the zones' names, sorted, with the private ones marked.
func labels(zones []zone.Zone) []string {
	var out []string
	for _, z := range zones {
		if z.Private {
			out = append(out, "private:"+string(z.Name))
		} else {
			out = append(out, string(z.Name))
		}
	}
	slices.Sort(out)
	return out
}

func (e *emulated) tag(t *testing.T, id, key, value string) {
	t.Helper()
	_, err := awsroute53.NewFromConfig(e.account.Config).ChangeTagsForResource(t.Context(), &awsroute53.ChangeTagsForResourceInput{
		ResourceId: &id, ResourceType: types.TagResourceTypeHostedzone, AddTags: []types.Tag{{Key: &key, Value: &value}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestZonesInPages(t *testing.T) {
	e := emulate(t)
	for i := range 205 {
		e.AddZone(dnsname.MustParse(fmt.Sprintf("z%d.example.com", i)), false)
	}
	o := route53.Defaults()
	o.ZoneTags = []string{"none=such"}
	used, skipped, err := e.open(o, provider.Filter{}).ExplainZones(t.Context())
	if err != nil || len(used) != 0 || len(skipped) != 205 {
		t.Errorf("%d used, %d skipped, %v", len(used), len(skipped), err)
	}
	if c := e.Calls(); c["ListHostedZones"] != 3 || c["ListTagsForResources"] != 21 {
		t.Errorf("%v", c)
	}
}

// TestReadersThatDontEnd meets services whose listings never end.
func TestReadersThatDontEnd(t *testing.T) {
	same := `<ResourceRecordSet><Name>x.example.com.</Name><Type>A</Type><TTL>1</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`
	for why, records := range map[string]string{
		"the same name again": `<ListResourceRecordSetsResponse><ResourceRecordSets>` + same + `</ResourceRecordSets><IsTruncated>true</IsTruncated><NextRecordName>x.example.com.</NextRecordName><NextRecordType>A</NextRecordType><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`,
		"no name at all":      `<ListResourceRecordSetsResponse><ResourceRecordSets>` + same + `</ResourceRecordSets><IsTruncated>true</IsTruncated><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`,
	} {
		t.Run(why, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/rrset") {
					io.WriteString(w, records)
					return
				}
				io.WriteString(w, `<ListHostedZonesResponse><HostedZones/><IsTruncated>true</IsTruncated><NextMarker>Z1</NextMarker><MaxItems>100</MaxItems></ListHostedZonesResponse>`)
			}))
			t.Cleanup(s.Close)
			p := route53.New(accountAt(s.URL), route53.Defaults(), provider.Filter{})
			_, zones := p.Zones(t.Context())
			_, page := p.Records(t.Context(), example, "")
			_, names := p.Names(t.Context(), example, []dnsname.Name{"x.example.com"})
			for call, err := range map[string]error{"Zones": zones, "Records": page, "Names": names} {
				if err == nil || provider.ClassOf(err) != provider.Unavailable {
					t.Errorf("%s: %v", call, err)
				}
			}
		})
	}
}

// TestHostilePage meets a service that says the next page starts before this one.
func TestHostilePage(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `<ListResourceRecordSetsResponse><ResourceRecordSets><ResourceRecordSet><Name>x.example.com.</Name><Type>A</Type></ResourceRecordSet></ResourceRecordSets><IsTruncated>true</IsTruncated><NextRecordName>a.example.com.</NextRecordName><NextRecordType>A</NextRecordType><MaxItems>300</MaxItems></ListResourceRecordSetsResponse>`)
	}))
	t.Cleanup(s.Close)
	page, err := route53.New(accountAt(s.URL), route53.Defaults(), provider.Filter{}).Records(t.Context(), example, "m.example.com")
	if provider.ClassOf(err) != provider.Unavailable || err == nil {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestPermissions(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>Not allowed</Message></Error></ErrorResponse>`)
	}))
	t.Cleanup(s.Close)
	p := route53.New(accountAt(s.URL), route53.Defaults(), provider.Filter{})
	_, zones := p.Zones(t.Context())
	_, page := p.Records(t.Context(), example, "")
	_, sync := p.InSync(t.Context(), "C1")
	_, quota := p.Quota(t.Context(), example)
	for action, err := range map[string]error{"route53:ListHostedZones": zones, "route53:ListResourceRecordSets": page, "route53:GetChange": sync, "route53:GetHostedZoneLimit": quota} {
		e, ok := errors.AsType[*provider.Error](err)
		if !ok || e.Class != provider.Denied || e.Action != action {
			t.Errorf("%s: %v", action, err)
		}
	}
	declared := make(map[string]bool)
	for _, a := range p.Describe().Actions {
		declared[a.Name] = true
		if a.Optional != (a.Benefit != "") {
			t.Errorf("%+v", a)
		}
	}
	for _, used := range []string{"route53:ListHostedZones", "route53:ListResourceRecordSets", "route53:GetChange", "route53:ChangeResourceRecordSets", "route53:ListTagsForResources", "route53:GetHostedZoneLimit"} {
		if !declared[used] {
			t.Errorf("%s isn't declared", used)
		}
	}
}

func TestOneCallEach(t *testing.T) {
	e := emulate(t)
	z := e.zone("example.com")
	p := e.open(route53.Defaults(), provider.Filter{})
	if _, err := p.Names(t.Context(), z, []dnsname.Name{"a.example.com", "b.example.com", "a.example.com"}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Records(t.Context(), z, ""); err != nil {
		t.Fatal(err)
	}
	if got := e.Calls()["ListResourceRecordSets"]; got != 3 {
		t.Errorf("%d calls for two names and a page", got)
	}
}
