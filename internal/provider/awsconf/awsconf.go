// SPDX-License-Identifier: Apache-2.0

// Package awsconf loads what the AWS SDK needs to know of an account, and turns the SDK's errors into the classes of package
// provider, without secrets and request ids.
package awsconf

import (
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

// Account is the SDK's configuration for one account. Clients made from it don't retry.
type Account struct {
	Name   string // the profile, or DefaultName
	Config aws.Config
}

// Load reads the configuration of every account that the options name, in their order. It reads files and the environment
// as the SDK does, endpoint URLs included (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"), but sends
// nothing: credentials are fetched by the first call. Its errors have no secret.
func Load(ctx context.Context, o Options) ([]Account, error) {
	var out []Account
	var errs []error
	for _, name := range o.names() {
		cfg, err := load(ctx, o, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("load the AWS configuration of profile %s: %s: check the shared configuration files and the environment", name, Scrub(err.Error())))
			continue
		}
		out = append(out, Account{Name: name, Config: cfg})
	}
	return out, errors.Join(errs...)
}

func load(ctx context.Context, o Options, name string) (aws.Config, error) {
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
		return aws.Config{}, err
	}
	if !wellFormed.MatchString(cfg.Region) {
		cfg, err = config.LoadDefaultConfig(ctx, append(with, config.WithRegion(globalRegion))...)
		if err != nil {
			return aws.Config{}, err
		}
	}
	cfg.HTTPClient = observed(cfg.HTTPClient, o.Observe) // now that the SDK has added the certificates of AWS_CA_BUNDLE
	if o.AssumeRole != "" {
		cfg.Credentials = assume(cfg, o)
	}
	cfg.Region = signingRegion(cfg.Region)
	return cfg, nil
}

// assume wraps an account's credentials. STS is a regional service, so it is asked in the region as configured.
func assume(cfg aws.Config, o Options) aws.CredentialsProvider {
	role := stscreds.NewAssumeRoleProvider(sts.NewFromConfig(cfg), o.AssumeRole, func(a *stscreds.AssumeRoleOptions) {
		if o.ExternalID != "" {
			a.ExternalID = aws.String(o.ExternalID)
		}
	})
	return aws.NewCredentialsCache(role)
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
