// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/provider/route53"
	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
)

// emulated is Route 53 on this machine and an account at it.
type emulated struct {
	*r53emu.Server
	account awsconf.Account
	secrets []string
}

func emulate(t *testing.T) *emulated {
	t.Helper()
	return emulateWith(t, r53emu.Options{})
}

func emulateWith(t *testing.T, o r53emu.Options) *emulated {
	t.Helper()
	url, server := r53emutest.Start(t, o)
	return &emulated{Server: server, account: accountAt(url), secrets: []string{secretKey, keyID, "-0000-4000-8000-000000000000"}}
}

const (
	keyID     = "AKIAEXAMPLEEXAMPLE00"
	secretKey = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEYxx"
)

func accountAt(url string) awsconf.Account {
	return awsconf.Account{Name: awsconf.DefaultName, Config: aws.Config{
		Region: "us-east-1", BaseEndpoint: aws.String(url),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider(keyID, secretKey, ""),
	}}
}

func (e *emulated) open(o route53.Options, f provider.Filter) *route53.Provider {
	return route53.New(e.account, o, f)
}

// zone makes a public zone.
func (e *emulated) zone(name dnsname.Name) zone.Zone {
	id := e.AddZone(name, false)
	return zone.Zone{Key: zone.Key{Provider: route53.Name, Account: awsconf.DefaultName, ID: id}, Name: name}
}

// fail makes the next call of any kind fail.
func (e *emulated) fail(c provider.Class) bool {
	faults := map[provider.Class]r53emu.Fault{
		provider.Throttled: r53emu.Throttled(),
		provider.Denied:    {Err: &r53emu.Error{Status: 403, Code: "InvalidClientTokenId", Message: "The security token included in the request is invalid."}},
		provider.Uncertain: {LoseAnswer: true},
	}
	f, ok := faults[c]
	if ok {
		e.Fail("", 1, f)
	}
	return ok
}
