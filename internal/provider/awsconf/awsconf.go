// SPDX-License-Identifier: Apache-2.0

// Package awsconf loads what the AWS SDK needs to know of an account, and turns the SDK's errors into the classes of package
// provider, without secrets and request ids.
package awsconf

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
)

// DefaultName is the account's name where no profile is chosen.
const DefaultName = "default"

// globalRegion is the region whose signatures the global services of the commercial partition take.
const globalRegion = "us-east-1"

const (
	callTimeout   = 30 * time.Second // with the body of the answer; the loop's own limit is shorter
	dialTimeout   = 5 * time.Second
	tlsTimeout    = 5 * time.Second
	answerTimeout = 8 * time.Second // for the head of an answer, once the request is sent
)

// Account is the SDK's configuration for one account. Clients made from it don't retry, and have the credentials that files and
// services hold at the time of each call.
type Account struct {
	Name   string // the profile or role, or DefaultName
	Config aws.Config
	Zones  []string // the ids of the only hosted zones that it is for; none: any
	// RoleTag is the key of the tag that names a hosted zone's role, for As; empty: no tag is followed.
	RoleTag string
	// Named is the region that files and environment name, which needn't exist; empty: none.
	Named string

	base       aws.Config // without a role, in the region of its STS
	externalID string
	assumed    bool // its credentials are a role's
}

// InRegion reports whether STS is asked in the account's region, for a role to assume; all else is global.
func (a Account) InRegion() bool {
	return (a.assumed || a.RoleTag != "") && wellFormed.MatchString(a.Named)
}

// Load reads the configuration of every account that the options name, in their order: first the profiles, then the roles of
// --aws-zone-role by name, which the first profile assumes. It reads files and the environment as the SDK does, endpoint URLs
// included (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"), but sends nothing: credentials are fetched by the
// first call, each in a time of our own, so that an account whose credentials hang delays no other. Its errors have no secret, and it ends
// even where a file hangs.
func Load(ctx context.Context, o Options) ([]Account, error) {
	var out []Account
	var errs []error
	for _, name := range o.names() {
		a, err := loadWithin(ctx, filesTimeout, o, name)
		if ctx.Err() != nil { // the files needn't be wrong
			return nil, fmt.Errorf("load the AWS configuration of profile %s: %w", name, ctx.Err())
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("load the AWS configuration of profile %s: %s: check the shared configuration files and the environment", name, Scrub(err.Error())))
			continue
		}
		out = append(out, a)
	}
	if len(errs) > 0 {
		return out, errors.Join(errs...)
	}
	for _, r := range o.roles() {
		a := out[0].As(r.arn)
		a.Name, a.Zones, a.RoleTag = r.arn, r.zones, ""
		out = append(out, a)
	}
	return out, nil
}

func load(ctx context.Context, o Options, name string) (Account, error) {
	with := []func(*config.LoadOptions) error{
		config.WithDefaultRegion(globalRegion),
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
		config.WithAPIOptions([]func(*middleware.Stack) error{limitBody}),
		config.WithHTTPClient(client()),
	}
	if name != DefaultName {
		with = append(with, config.WithSharedConfigProfile(name))
	}
	cfg, err := config.LoadDefaultConfig(ctx, with...)
	if err != nil {
		return Account{}, err
	}
	asked := cfg.Region
	if explicit, err := config.LoadDefaultConfig(ctx, with[1:]...); err == nil { // without the default region
		asked = explicit.Region
	}
	if !wellFormed.MatchString(cfg.Region) {
		with = append(with, config.WithRegion(globalRegion))
		if cfg, err = config.LoadDefaultConfig(ctx, with...); err != nil {
			return Account{}, err
		}
	}
	keys := &rotating{files: sharedFiles(), load: func(ctx context.Context) (aws.CredentialsProvider, error) {
		again, err := config.LoadDefaultConfig(ctx, with...)
		return again.Credentials, err
	}}
	keys.adopt(cfg.Credentials)
	cfg.Credentials = within(keys, "the profile "+name)
	cfg.APIOptions = append(cfg.APIOptions, onRefusedKeys(keys.forget))
	cfg.HTTPClient = observed(cfg.HTTPClient, o.Observe) // now that the SDK has added the certificates of AWS_CA_BUNDLE
	a := Account{Name: name, Config: cfg, RoleTag: strings.TrimSpace(o.RoleTag), Named: asked, base: cfg, externalID: o.ExternalID}
	if o.AssumeRole != "" {
		role := a.As(o.AssumeRole)
		a.Config, a.assumed = role.Config, true
	}
	a.Config.Region = signingRegion(cfg.Region)
	return a, nil
}

// As is the account with a role that its credentials may assume, instead of the one of --aws-assume-role. It sends nothing: the
// role is assumed by the first call, and again when its session ends or is refused.
func (a Account) As(role string) Account {
	base := a.base
	if base.Credentials == nil {
		base = a.Config
	}
	session := aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(base), role, func(o *stscreds.AssumeRoleOptions) {
		if a.externalID != "" {
			o.ExternalID = aws.String(a.externalID)
		}
	}))
	a.assumed = true
	a.Config = base.Copy()
	a.Config.Credentials = within(session, "the role "+role)
	a.Config.APIOptions = append(a.Config.APIOptions, onRefusedKeys(session.Invalidate))
	a.Config.Region = signingRegion(base.Region)
	return a
}

// Regional is the configuration for services that aren't global: signed for the region that files or environment name, or us-east-1
// where they name none that can be.
func (a Account) Regional() aws.Config {
	out := a.Config.Copy()
	out.Region = cmp.Or(a.base.Region, a.Config.Region)
	return out
}

// wellFormed matches what could be a region.
var wellFormed = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$`)

// signingRegion is where Route 53 is to be signed for: it is global within a partition, so a region that doesn't exist does no
// harm. Other partitions keep the region, which tells the SDK the partition.
func signingRegion(region string) string {
	for _, prefix := range []string{"cn-", "us-gov-", "us-iso", "eu-iso", "eusc-"} {
		if strings.HasPrefix(region, prefix) {
			return region
		}
	}
	return globalRegion
}

// Local is the account of an emulator at an address of this machine. It reads neither files nor the environment, and its
// credentials are made up, so that nothing of a real account can reach or be reached.
func Local(endpoint string) Account {
	cfg := aws.Config{
		Region: globalRegion, BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "example", ""),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		HTTPClient:  client(),
	}
	return Account{Name: DefaultName, Config: cfg}
}
