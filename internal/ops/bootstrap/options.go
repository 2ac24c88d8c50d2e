// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/spelling"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

// Options say what is to be set up. Nothing of them comes from the environment: the files are the same wherever they are written.
type Options struct {
	Provider  string   `arg:"" optional:"" name:"provider" help:"Where record sets will be published: aws (Route 53) or aws-sd (Cloud Map)."`
	Domain    string   `name:"domain" env:"-" placeholder:"NAME" help:"The domain whose names are published, such as example.com."`
	ZoneID    string   `name:"hosted-zone-id" env:"-" placeholder:"ID" help:"Id of its hosted zone. Without it --apply asks Route 53, and files have HOSTED_ZONE_ID in its place."`
	Zone      string   `name:"hosted-zone" env:"-" placeholder:"NAME" help:"Name of that hosted zone, where it isn't the domain's."`
	ZoneType  string   `name:"zone-type" env:"-" enum:"public,private" default:"public" help:"Type of the hosted zone."`
	Sources   []string `name:"source" env:"-" sep:"none" default:"service,ingress" placeholder:"NAME" help:"A source of names; decides what the role in the cluster allows. Repeatable."`
	Policy    string   `name:"policy" env:"-" enum:"sync,upsert-only,create-only" default:"upsert-only" help:"Which changes will be made."`
	Owner     string   `name:"owner" env:"-" placeholder:"ID" help:"Owner id of the record sets. Default: the id of the hosted zone."`
	Prefix    string   `name:"prefix" env:"-" default:"prefix_" help:"Text before the names of markers."`
	Types     []string `name:"managed-record-types" env:"-" sep:"none" default:"A,AAAA,CNAME" placeholder:"TYPE" help:"A type of record sets that is published; --limit-names allows these. Repeatable."`
	Assume    string   `name:"aws-assume-role" env:"-" placeholder:"ARN" help:"A role to assume for Route 53, where the hosted zone is in another account: the policy allows only that, and one more file has what the role needs."`
	External  string   `name:"aws-assume-role-external-id" env:"-" placeholder:"ID" help:"External id that this role asks for."`
	Registry  string   `name:"registry" env:"-" enum:"txt,dynamodb" default:"txt" help:"How ownership is stored: in txt record sets, or in a dynamodb table, which must be there."`
	Table     string   `name:"dynamodb-table" env:"-" default:"external-dns" placeholder:"NAME" help:"Name of that table, in --region and the account of the hosted zone."`
	Name      string   `name:"name" env:"-" default:"nafuda" help:"Name of all that is made; external-dns stands for the names of the usual set-up of ExternalDNS."`
	Namespace string   `name:"namespace" env:"-" default:"kube-system" help:"Namespace to run in; it must be there."`
	Image     string   `name:"image" env:"-" default:"nafuda.io/nafuda:dev" help:"The image to run."`
	Region    string   `name:"region" env:"-" default:"us-east-1" help:"The AWS region that credentials are used in."`
	NewRegion bool     `name:"new-region" env:"-" negatable:"" help:"Take a region that this version doesn't know."`
	Auth      string   `name:"auth" env:"-" enum:"user,irsa,pod-identity" default:"user" help:"How the pod gets its credentials: user (keys of an IAM user in a Secret), irsa (a role for the service account) or pod-identity (EKS)."`
	Account   string   `name:"account-id" env:"-" placeholder:"ID" help:"The AWS account. With --apply another one is refused; irsa and --registry=dynamodb need it."`
	Issuer    string   `name:"oidc-issuer" env:"-" placeholder:"URL" help:"The cluster's OIDC issuer, for irsa."`
	Cluster   string   `name:"cluster" env:"-" placeholder:"NAME" help:"The EKS cluster's name, for pod-identity; --apply needs it."`
	Limit     bool     `name:"limit-names" env:"-" negatable:"" help:"Let the IAM policy allow only names of the domain, their markers, and the types that are published."`
	IAMPolicy string   `name:"policy-name" env:"-" placeholder:"NAME" help:"Name of the IAM policy. Default: made of --name."`
	User      string   `name:"user-name" env:"-" placeholder:"NAME" help:"Name of the IAM user. Default: made of --name."`
	Role      string   `name:"role-name" env:"-" placeholder:"NAME" help:"Name of the IAM role. Default: made of --name."`

	Gateway gatewayOptions `embed:""`
	Home    homeOptions    `embed:""`
}

// The values of --auth.
const (
	authUser        = "user"
	authIRSA        = "irsa"
	authPodIdentity = "pod-identity"
)

// registryTable is the value of --registry for a table of DynamoDB.
const registryTable = "dynamodb"

// Check tells every mistake in the options at once. It asks nobody.
func (o Options) Check() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	domain, err := dnsname.Parse(o.Domain)
	switch {
	case o.Domain == "":
		add("--domain: name the domain whose names are published")
	case err != nil:
		add("--domain=%s: %w", o.Domain, err)
	case strings.HasPrefix(string(domain), "*"):
		add("--domain=%s: give the domain without the asterisk", o.Domain)
	}
	if zone, err := dnsname.Parse(o.Zone); o.Zone != "" && (err != nil || !domain.In(zone)) {
		add("--hosted-zone=%s: must be the domain or one above it", o.Zone)
	}
	for _, f := range []struct {
		flag, value, want string
		form              *regexp.Regexp
	}{
		{"hosted-zone-id", strings.TrimPrefix(o.ZoneID, "/hostedzone/"), "the id of a hosted zone, such as Z0123456789ABCDEFGHIJ", zoneIDs()},
		{"account-id", o.Account, "twelve digits", regexp.MustCompile(`^\d{12}$`)},
		{"oidc-issuer", o.Issuer, "the issuer's URL, https://...", regexp.MustCompile(`^https://[A-Za-z0-9./_-]+$`)},
		{"name", o.Name, "a DNS label", labels()},
		{"namespace", o.Namespace, "a DNS label", labels()},
		{"cluster", o.Cluster, "the name of an EKS cluster", regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)},
		{"owner", o.Owner, "letters, digits and - . _", regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)},
		{"prefix", o.Prefix, "letters, digits, - . _ and %{record_type}", regexp.MustCompile(`^([A-Za-z0-9._-]|%\{record_type\})+$`)},
		{"dynamodb-table", o.Table, "3 to 255 letters, digits and _ . -", regexp.MustCompile(`^[A-Za-z0-9_.-]{3,255}$`)},
		{"image", o.Image, "the name of an image", regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/:@-]*$`)},
		{"policy-name", o.IAMPolicy, "letters, digits and + = , . @ _ -, at most 128", regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)},
		{"user-name", o.User, "letters, digits and + = , . @ _ -, at most 64", iamNames()},
		{"role-name", o.Role, "letters, digits and + = , . @ _ -, at most 64", iamNames()},
	} {
		if f.value != "" && !f.form.MatchString(f.value) {
			add("--%s=%s: must be %s", f.flag, f.value, f.want)
		}
	}
	for flag, value := range map[string]string{"name": o.Name, "namespace": o.Namespace, "image": o.Image, "region": o.Region} {
		if value == "" {
			add("--%s: must not be empty", flag)
		}
	}
	errs = append(errs, o.checkRegion(), o.checkTable(), o.checkAuth(), o.checkSources(), o.checkGateway(), o.checkHome(), o.checkTypes(), o.checkRole(), o.checkCloudMap())
	slices.SortStableFunc(errs, func(a, b error) int { return cmp.Compare(text(a), text(b)) })
	return errors.Join(errs...)
}

func zoneIDs() *regexp.Regexp  { return regexp.MustCompile(`^[A-Z0-9]{1,32}$`) }
func labels() *regexp.Regexp   { return regexp.MustCompile(`^[a-z]([a-z0-9-]{0,48}[a-z0-9])?$`) }
func iamNames() *regexp.Regexp { return regexp.MustCompile(`^[\w+=,.@-]{1,64}$`) }

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (o Options) checkRegion() error {
	if o.Region == "" || slices.Contains(awsconf.Regions(), o.Region) {
		return nil
	}
	if o.NewRegion && regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$`).MatchString(o.Region) {
		return nil
	}
	hint := "choose one of AWS's list"
	if near := spelling.Nearest(o.Region, awsconf.Regions()); near != "" {
		hint = "did you mean " + near
	}
	return fmt.Errorf("--region=%s: there is no such region: %s; for one that is newer than this version pass --new-region", o.Region, hint)
}

func (o Options) checkTable() error {
	if o.Registry == registryTable && o.Account == "" {
		return errors.New("--account-id: --registry=dynamodb needs the account, for the table's ARN; aws sts get-caller-identity shows it")
	}
	return nil
}

func (o Options) checkAuth() error {
	if o.Auth != authIRSA {
		return nil
	}
	var errs []error
	if o.Account == "" {
		errs = append(errs, errors.New("--account-id: --auth=irsa needs the account; aws sts get-caller-identity shows it"))
	}
	if o.Issuer == "" {
		errs = append(errs, errors.New("--oidc-issuer: --auth=irsa needs the cluster's issuer; aws eks describe-cluster --query cluster.identity.oidc.issuer shows it"))
	}
	return errors.Join(errs...)
}
