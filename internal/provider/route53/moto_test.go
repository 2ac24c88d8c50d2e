// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"fmt"
	"path"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsroute53 "github.com/aws/aws-sdk-go-v2/service/route53"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/providertest"
	"nafuda.io/nafuda/internal/provider/route53"
	"nafuda.io/nafuda/test/moto"
)

// motoFaults are the cases of the suite that moto fails, and why: it, not the provider, is at fault.
var motoFaults = map[string]string{
	"A_to_CNAME_and_back":                    "refuses to create what was there once and was deleted since",
	"a_batch_is_undone_by_its_inverse":       "refuses to create what was there once and was deleted since",
	"alias":                                  "refuses to create what was there once and was deleted since",
	"as_many_characters_as_a_batch_may_have": "has no limit of characters",
	"a_refused_batch_changes_nothing":        "lets a CNAME stand beside others",
	"delete_of_something_gone":               "answers a DELETE of what isn't there as if the request were malformed",
	"delete_of_something_else":               "answers a DELETE of other values as if the request were malformed",
	"update_of_something_else":               "answers a DELETE of other values as if the request were malformed",
	"create_of_something_there":              "lets CREATE replace a set by other values",
}

// TestMotoConformance has the provider pass the suite against an emulator that isn't ours, less its faults.
func TestMotoConformance(t *testing.T) {
	if testing.Short() {
		t.Skip("moto takes some seconds to start")
	}
	account := accountAt(moto.Start(t))
	client := awsroute53.NewFromConfig(account.Config)
	var made atomic.Int64
	create := func(t *testing.T, name dnsname.Name) zone.Zone {
		t.Helper()
		out, err := client.CreateHostedZone(t.Context(), &awsroute53.CreateHostedZoneInput{
			Name: aws.String(string(name)), CallerReference: aws.String(fmt.Sprint(made.Add(1))),
		})
		if err != nil {
			t.Fatal(err)
		}
		return zone.Zone{Key: zone.Key{Provider: route53.Name, Account: account.Name, ID: path.Base(*out.HostedZone.Id)}, Name: name}
	}
	providertest.Run(t, func(t *testing.T) providertest.Target {
		if why, fault := motoFaults[path.Base(t.Name())]; fault {
			t.Skipf("moto %s", why)
		}
		p := route53.New(account, route53.Defaults(), provider.Filter{})
		return providertest.Target{Provider: p, Zone: create(t, "example.com"), Other: create(t, "example.net"), Secrets: []string{secretKey, keyID}}
	})
}
