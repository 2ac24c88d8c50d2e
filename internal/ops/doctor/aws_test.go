// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/internal/serve/r53emu"
)

const allowAll = `{"Effect":"Allow","Action":"route53:*","Resource":"*"}`

func policy(t testing.TB, statements ...string) *r53emu.Policy {
	t.Helper()
	p, err := r53emu.ParsePolicy([]byte(`{"Statement":[` + strings.Join(statements, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// everything is all that a zone holds.
func everything(t testing.TB, s *r53emu.Server, id string) []record.Set {
	t.Helper()
	z, there := s.DB().Zone(id)
	if !there {
		t.Fatal("the zone is gone")
	}
	return slices.Collect(z.From(""))
}

// TestForeignPermissionsChangeNothing tries every permission in zones that somebody else uses, and looks at each write.
func TestForeignPermissionsChangeNothing(t *testing.T) {
	var mu sync.Mutex
	var writes []r53emu.Change
	emu := r53emu.New(r53emu.Options{Log: func(c r53emu.Call) {
		mu.Lock()
		defer mu.Unlock()
		writes = append(writes, c.Changes...)
	}})
	id := emu.AddZone("example.com", false)
	put(t, emu, id, set("www.example.com", record.A, "192.0.2.1"), set("*.example.com", record.TXT, `"x"`), marker("a-www.example.com", "you"))
	before := everything(t, emu, id)
	p := Patient{Accounts: []Account{onAWS(t, emu, iamemu.New(), awsconf.Options{})}}
	expect(t, found(t, p, "permissions"), OK, "")
	expect(t, found(t, p, "permissions"), OK, "")
	if diff := cmp.Diff(before, everything(t, emu, id)); diff != "" {
		t.Errorf("invariant foreign: the zone was changed:\n%s", diff)
	}
	mu.Lock()
	defer mu.Unlock()
	names := make(map[string]bool)
	for _, w := range writes {
		if w.Action != r53emu.Delete || w.Set.Type != record.TXT || !strings.HasPrefix(string(w.Set.Name), "nafuda-doctor-") || len(w.Set.Name) < 26 || len(w.Set.Stored) != 1 {
			t.Errorf("invariant foreign: it asked for %+v", w)
		}
		names[string(w.Set.Name)+strings.Join(w.Set.Stored, "")] = true
	}
	if len(names) != 2 {
		t.Errorf("it asked for %d deletes by %d names and values, want 2 that differ", len(writes), len(names))
	}
}

// TestPermissionsAreTried denies one action after the other; the calls that AWS sees are those of the table.
func TestPermissionsAreTried(t *testing.T) {
	for action, level := range map[string]Level{"ListHostedZones": Fail, "ListResourceRecordSets": Fail, "ChangeResourceRecordSets": Fail, "GetChange": Warn, "GetHostedZoneLimit": OK} {
		t.Run(action, func(t *testing.T) {
			emu := r53emu.New(r53emu.Options{Policy: policy(t, allowAll, `{"Effect":"Deny","Action":"route53:`+action+`","Resource":"*"}`)})
			emu.AddZone("example.com", false)
			p := byMarkers(Patient{Accounts: []Account{onAWS(t, emu, iamemu.New(), awsconf.Options{})}}, markers(""))
			want := "route53:" + action + " is denied"
			if level == OK {
				want = "is allowed"
			}
			if action == "ListHostedZones" {
				expect(t, found(t, p, "zones"), Fail, "the zones aren't known")
				for _, name := range []string{"delegation", "owners", "markers", "quota"} {
					expect(t, found(t, p, name), Warn, "not looked at")
				}
			}
			if action == "GetHostedZoneLimit" {
				expect(t, found(t, p, "quota"), OK, "the permission route53:GetHostedZoneLimit is missing")
			}
			if action == "ListResourceRecordSets" {
				expect(t, found(t, p, "owners"), Warn, "not looked at")
			}
			expect(t, found(t, p, "permissions"), level, want)
		})
	}
}

// TestPermissionsUnderLimitedNames has a policy that lets only names below a domain be changed: the domain filter's.
func TestPermissionsUnderLimitedNames(t *testing.T) {
	limited := `{"Effect":"Allow","Action":"route53:ChangeResourceRecordSets","Resource":"*","Condition":{"ForAllValues:StringLike":{"route53:ChangeResourceRecordSetsNormalizedRecordNames":["*.apps.example.com"]}}}`
	emu := r53emu.New(r53emu.Options{Policy: policy(t, `{"Effect":"Allow","Action":["route53:List*","route53:Get*"],"Resource":"*"}`, limited)})
	emu.AddZone("example.com", false)
	p := Patient{Accounts: []Account{onAWS(t, emu, iamemu.New(), awsconf.Options{})}}
	expect(t, found(t, p, "permissions"), Fail, "route53:ChangeResourceRecordSets is denied")
	p.Domains = []dnsname.Name{"other.example.org", "apps.example.com"}
	expect(t, found(t, p, "permissions"), OK, "")
}

// TestThrottledCallsAreSentAgain has the first answers be that too much is asked.
func TestThrottledCallsAreSentAgain(t *testing.T) {
	emu := r53emu.New(r53emu.Options{})
	emu.AddZone("example.com", false)
	emu.Fail("", 3, r53emu.Throttled())
	p := Patient{Accounts: []Account{onAWS(t, emu, iamemu.New(), awsconf.Options{})}}
	expect(t, found(t, p, "zones"), OK, "used: example.com")
	if n := emu.Calls()["ListHostedZones"]; n != 4 {
		t.Errorf("the zones were asked for %d times", n)
	}
}

func TestIdentityIsAsked(t *testing.T) {
	iam := iamemu.New()
	p := Patient{Accounts: []Account{onAWS(t, r53emu.New(r53emu.Options{}), iam, awsconf.Options{})}}
	expect(t, found(t, p, "identity"), OK, "arn:aws:iam::"+iamemu.Account+":user/admin in the AWS account "+iamemu.Account)
	iam.Refuse("GetCallerIdentity", "ExpiredToken")
	expect(t, found(t, p, "identity"), Fail, "AWS doesn't take the credentials: call GetCallerIdentity of STS: ExpiredToken")
	root := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:aws:iam::123456789012:root</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	})
	p.Accounts = []Account{onAWS(t, r53emu.New(r53emu.Options{}), root, awsconf.Options{})}
	expect(t, found(t, p, "identity"), Warn, "root user's of 123456789012")
	p = byMarkers(Patient{NoAccounts: errTest}, markers(""))
	expect(t, found(t, p, "identity"), Fail, "can't be opened: out of order")
	for _, c := range []string{"region", "permissions", "zones", "delegation", "quota", "owners", "markers", "taken", "addresses"} {
		expect(t, found(t, p, c), Warn, "not looked at")
	}
}

func TestRegionIsRead(t *testing.T) {
	for region, want := range map[string]struct {
		level Level
		text  string
	}{"": {OK, "no region"}, "eu-west-1": {OK, "eu-west-1"}, "eu-wset-1": {Warn, "eu-wset-1"}, "nowhere": {Warn, "nowhere"}} {
		t.Setenv("AWS_REGION", region)
		account := onAWS(t, r53emu.New(r53emu.Options{}), iamemu.New(), awsconf.Options{})
		expect(t, found(t, Patient{Accounts: []Account{account}}, "region"), want.level, want.text)
	}
	t.Setenv("AWS_REGION", "eu-wset-1")
	account := onAWS(t, r53emu.New(r53emu.Options{}), iamemu.New(), awsconf.Options{AssumeRole: "arn:aws:iam::123456789012:role/dns"})
	expect(t, found(t, Patient{Accounts: []Account{account}}, "region"), Fail, "STS is asked there")
}

// TestClockIsRead has AWS say another time, with answers that refuse as well.
func TestClockIsRead(t *testing.T) {
	for by, level := range map[time.Duration]Level{0: OK, -2 * time.Minute: Warn, 10 * time.Minute: Fail} {
		for _, status := range []int{http.StatusOK, http.StatusForbidden} {
			aws := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(-by).UTC().Format(http.TimeFormat))
				w.WriteHeader(status)
				fmt.Fprint(w, `<ListHostedZonesResponse><HostedZones/><IsTruncated>false</IsTruncated><MaxItems>1</MaxItems></ListHostedZonesResponse>`)
			})
			p := Patient{Accounts: []Account{onAWS(t, aws, iamemu.New(), awsconf.Options{})}}
			expect(t, found(t, p, "clock"), level, "our clock is")
		}
	}
	silent := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	p := Patient{Accounts: []Account{onAWS(t, silent, iamemu.New(), awsconf.Options{})}}
	expect(t, found(t, p, "clock"), Warn, "isn't known")
}

func TestQuotaIsAsked(t *testing.T) {
	for limit, level := range map[int]Level{1000: OK, 5: Warn, 4: Fail} {
		emu := r53emu.New(r53emu.Options{})
		id := emu.AddZone("example.com", false)
		put(t, emu, id, set("a.example.com", record.A, "192.0.2.1"), set("b.example.com", record.A, "192.0.2.1"))
		dns := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.URL.Path, "hostedzonelimit") {
				emu.ServeHTTP(w, r)
				return
			}
			fmt.Fprintf(w, `<GetHostedZoneLimitResponse><Limit><Type>MAX_RRSETS_BY_ZONE</Type><Value>%d</Value></Limit><Count>4</Count></GetHostedZoneLimitResponse>`, limit)
		})
		expect(t, found(t, Patient{Accounts: []Account{onAWS(t, dns, iamemu.New(), awsconf.Options{})}}, "quota"), level, "4")
	}
	emu := r53emu.New(r53emu.Options{})
	emu.AddZone("example.com", false)
	expect(t, found(t, Patient{Accounts: []Account{onAWS(t, emu, iamemu.New(), awsconf.Options{})}}, "quota"), OK, "has 2 of 10000")
	emu.Fail("GetHostedZoneLimit", -1, r53emu.Unavailable())
	expect(t, found(t, Patient{Accounts: []Account{onAWS(t, emu, iamemu.New(), awsconf.Options{})}}, "quota"), Warn, "isn't known")
}

// TestHostileService has AWS answer with a terminal's control characters, a flood and rubbish: every check ends, and shows none of it.
func TestHostileService(t *testing.T) {
	hostile := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "<ErrorResponse><Error><Code>\u202e&#27;[2J"+strings.Repeat("x", 1<<20)+"</Code><Message>"+secret+"\n</Message></Error></ErrorResponse>")
	})
	p := Patient{Accounts: []Account{onAWS(t, hostile, hostile, awsconf.Options{})}}
	for _, c := range Checks() {
		r := found(t, p, c.Name)
		for _, f := range r.Findings {
			if strings.ContainsAny(f.Text+f.Fix, "\x1b\n\u202e") || len(f.Text) > 4*maxText {
				t.Errorf("%s shows %.200q", c.Name, f.Text)
			}
		}
	}
}

// TestZonesAreReadOnce runs all checks: however many look at a zone, it is read once.
func TestZonesAreReadOnce(t *testing.T) {
	emu := r53emu.New(r53emu.Options{})
	id := emu.AddZone("example.com", false)
	var sets []record.Set
	for i := range 700 {
		sets = append(sets, set(fmt.Sprintf("n%d.example.com", i), record.A, "192.0.2.1"))
	}
	put(t, emu, id, sets...)
	p := byMarkers(Patient{Accounts: []Account{onAWS(t, emu, iamemu.New(), awsconf.Options{})}, NoDNS: true}, markers(""))
	r := Run(t.Context(), p, Options{Timeout: 30 * time.Second})
	if r.Level == Fail {
		t.Errorf("%+v", r)
	}
	want := map[string]int{"ListHostedZones": 3, "ListResourceRecordSets": 3 + 1, "ChangeResourceRecordSets": 1, "GetChange": 1, "GetHostedZoneLimit": 1}
	if calls := emu.Calls(); !maps.Equal(calls, want) {
		t.Errorf("the calls are %v, want %v", calls, want)
	}
}
