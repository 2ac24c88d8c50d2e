// SPDX-License-Identifier: Apache-2.0

package route53

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// TestWaitingForOthers (apart) has an account wait for the first listing of those before it: once, and not for ever.
func TestWaitingForOthers(t *testing.T) {
	accounts := []awsconf.Account{{Name: "one"}, {Name: "two"}, {Name: "three"}}
	for why, tc := range map[string]struct {
		done func(context.CancelFunc, []share)
		want time.Duration
	}{
		"both have listed": {func(_ context.CancelFunc, s []share) { s[1].done(); s[0].done() }, 0},
		"one is slow": {func(_ context.CancelFunc, s []share) {
			s[1].done()
			time.Sleep(2 * time.Second)
			s[0].done()
			s[0].done()
		}, 2 * time.Second},
		"one never ends":           {func(_ context.CancelFunc, s []share) { s[0].done() }, patience},
		"we aren't to wait longer": {func(stop context.CancelFunc, _ []share) { time.Sleep(time.Second); stop() }, time.Second},
	} {
		t.Run(why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				shares, begin := newShares(accounts), time.Now()
				go tc.done(stop, shares)
				shares[2].wait(ctx)
				if took := time.Since(begin); took != tc.want {
					t.Errorf("it waits for %v, want %v", took, tc.want)
				}
			})
		})
	}
}

// TestListingEndsTheWait has others wait no longer for an account whose listing is done, or has failed.
func TestListingEndsTheWait(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusForbidden} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, `<ListHostedZonesResponse><HostedZones/><IsTruncated>false</IsTruncated><MaxItems>100</MaxItems></ListHostedZonesResponse>`)
		}))
		t.Cleanup(s.Close)
		account := awsconf.Account{Name: "one", Config: aws.Config{
			Region: "us-east-1", BaseEndpoint: aws.String(s.URL), Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "example", ""),
			Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		}}
		p := New(account, Defaults(), provider.Filter{})
		if _, err := p.Zones(t.Context()); (err == nil) != (status == http.StatusOK) {
			t.Errorf("%v", err)
		}
		select {
		case <-p.share.listed:
		default:
			t.Errorf("status %d: others go on waiting", status)
		}
	}
}

// TestZonesChangeHands has a zone that an account doesn't see any longer go to another, and one that is reserved stay.
func TestZonesChangeHands(t *testing.T) {
	s := newShares([]awsconf.Account{{Name: "one"}, {Name: "two"}, {Name: "role", Zones: []string{"Z9"}}})
	z := func(ids ...string) (out []zone.Zone) {
		for _, id := range ids {
			out = append(out, zone.Zone{Key: zone.Key{ID: id}})
		}
		return out
	}
	for i, step := range []struct {
		account   int
		sees, has []zone.Zone
	}{
		{0, z("Z1", "Z2", "Z9"), z("Z1", "Z2")},
		{1, z("Z1", "Z2", "Z3"), z("Z3")},
		{0, z("Z1"), z("Z1")}, // and gives Z2 back
		{1, z("Z1", "Z2"), z("Z2")},
		{0, z("Z1", "Z2"), z("Z1")},
		{2, nil, nil},
		{1, z("Z9"), nil},
		{2, z("Z9", "Z8"), z("Z9", "Z8")},
	} {
		if diff := cmp.Diff(step.has, s[step.account].take(step.sees)); diff != "" {
			t.Errorf("step %d: %s", i, diff)
		}
	}
}
