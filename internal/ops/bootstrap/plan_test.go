// SPDX-License-Identifier: Apache-2.0

package bootstrap_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/ops/bootstrap"

	"nafuda.io/nafuda/test/golden"
)

// base are the defaults of the flags, with a domain and its zone.
func base(change func(*bootstrap.Options)) bootstrap.Options {
	o := bootstrap.Options{
		Domain: "example.com", ZoneID: "Z0123456789ABCDEFGHIJ", ZoneType: "public", Sources: []string{"service", "ingress"},
		Policy: "upsert-only", Prefix: "prefix_", Name: "nafuda", Namespace: "kube-system", Image: "nafuda.io/nafuda:dev", Region: "ap-northeast-1", Auth: "user",
	}
	if change != nil {
		change(&o)
	}
	return o
}

// variants are the set-ups that people make.
func variants() map[string]bootstrap.Options {
	return map[string]bootstrap.Options{
		"user":         base(nil),
		"external-dns": base(func(o *bootstrap.Options) { o.Name = "external-dns" }),
		"irsa": base(func(o *bootstrap.Options) {
			o.Auth, o.Account, o.Issuer = "irsa", "123456789012", "https://oidc.eks.ap-northeast-1.amazonaws.com/id/EXAMPLE"
		}),
		"pod-identity": base(func(o *bootstrap.Options) { o.Auth, o.Cluster, o.Namespace = "pod-identity", "home", "dns" }),
		"limit-names": base(func(o *bootstrap.Options) {
			o.Limit, o.Domain, o.Zone, o.Sources = true, "apps.example.com", "example.com", []string{"ingress"}
		}),
		"every-type": base(func(o *bootstrap.Options) {
			o.Limit, o.Types = true, []string{"TXT", "A", "MX", "SRV", "NS", "CAA", "PTR", "NAPTR", "CNAME", "AAAA"}
			o.Domain, o.Zone = "apps.example.com", "example.com"
		}),
		"assume-role": base(func(o *bootstrap.Options) {
			o.Account, o.Assume, o.External, o.Limit = "123456789012", "arn:aws:iam::210987654321:role/dns", "ext-1", true
		}),
		"home":        base(func(o *bootstrap.Options) { o.Home.WAN = true }),
		"home-router": base(func(o *bootstrap.Options) { o.Home.WAN, o.Home.Gateway = true, "192.168.10.1" }),
		"gateway": base(func(o *bootstrap.Options) {
			o.Sources = []string{"gateway-httproute", "gateway-grpcroute", "gateway-tlsroute", "gateway-tcproute", "gateway-udproute"}
			o.Gateway.Name, o.Gateway.Namespace, o.Gateway.LabelFilter, o.Gateway.ListenerSets = "home", "infra", "tier in (web, mail)", true
		}),
		"dynamodb":  base(func(o *bootstrap.Options) { o.Registry, o.Table, o.Account = "dynamodb", "names", "123456789012" }),
		"cloud-map": base(func(o *bootstrap.Options) { o.Provider, o.ZoneID, o.Owner = "aws-sd", "", "home" }),
		"nothing-known": {
			Domain: "example.com", ZoneType: "public", Sources: []string{"service", "ingress"}, Policy: "sync", Prefix: "prefix_",
			Name: "nafuda", Namespace: "dns", Image: "nafuda.io/nafuda:dev", Region: "us-east-1", Auth: "user",
		},
	}
}

func TestFilesOfEachVariant(t *testing.T) {
	for name, o := range variants() {
		t.Run(name, func(t *testing.T) {
			if err := o.Check(); err != nil {
				t.Fatal(err)
			}
			p, err := bootstrap.MakePlan(o)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, f := range p.Files {
				fmt.Fprintf(&b, "-- %s %o --\n%s", f.Name, f.Mode, f.Content)
			}
			fmt.Fprintf(&b, "-- open --\n%s\n", strings.Join(p.Open, "\n"))
			golden.File(t, filepath.Join("testdata", name+".txtar"), b.String())
		})
	}
}

func TestCheckTellsAllMistakes(t *testing.T) {
	tests := map[string]struct {
		change func(*bootstrap.Options)
		want   []string
		why    string
	}{
		"no domain":       {func(o *bootstrap.Options) { o.Domain = "" }, []string{"--domain"}, "nothing can be limited to it"},
		"wildcard":        {func(o *bootstrap.Options) { o.Domain = "*.example.com" }, []string{"--domain"}, "a domain isn't a record"},
		"another zone":    {func(o *bootstrap.Options) { o.Zone = "example.org" }, []string{"--hosted-zone"}, "the domain can't be in it"},
		"region":          {func(o *bootstrap.Options) { o.Region = "ap-northeest-1" }, []string{"--region", "ap-northeast-1"}, "told before anything is made"},
		"new region":      {func(o *bootstrap.Options) { o.Region, o.NewRegion = "xx-north-1", true }, nil, "AWS opens regions"},
		"irsa":            {func(o *bootstrap.Options) { o.Auth = "irsa" }, []string{"--account-id", "--oidc-issuer"}, "the trust policy has both"},
		"type":            {func(o *bootstrap.Options) { o.Types = []string{"A", "DS"} }, []string{"--managed-record-types=DS"}, "its condition would allow nothing"},
		"role":            {func(o *bootstrap.Options) { o.Assume, o.ZoneID = "arn:aws:iam::210987654321:role/*", "" }, []string{"--aws-assume-role", "--account-id", "--hosted-zone-id"}, "any role would be too many"},
		"id without role": {func(o *bootstrap.Options) { o.External = "ext-1" }, []string{"--aws-assume-role-external-id"}, "nobody would ask for it"},
		"table":           {func(o *bootstrap.Options) { o.Registry, o.Table = "dynamodb", "a/b" }, []string{"--account-id", "--dynamodb-table"}, "the ARN has both"},
		"cloud map": {func(o *bootstrap.Options) {
			o.Provider, o.Zone, o.Limit, o.Name, o.Registry, o.Types = "aws-sd", "example.com", true, "external-dns", "dynamodb", []string{"MX"}
		}, []string{"--owner", "--hosted-zone-id", "--hosted-zone:", "--limit-names", "--name", "--registry", "--managed-record-types"}, "all of it is Route 53's"},
		"shell":          {func(o *bootstrap.Options) { o.User, o.Image, o.Owner = "a;b", "$(x)", "`x`" }, []string{"--user-name", "--image", "--owner"}, "all goes into a script"},
		"zone with path": {func(o *bootstrap.Options) { o.ZoneID = "/hostedzone/Z1" }, nil, "aws prints ids so"},
		"source":         {func(o *bootstrap.Options) { o.Sources = []string{"nodes"} }, []string{"--source"}, "no such source"},
		"gateway": {func(o *bootstrap.Options) {
			o.Sources, o.Gateway.Name, o.Gateway.LabelFilter = []string{"gateway-httproute"}, "A/b", "a in"
		}, []string{"--gateway-name=A/b", "--gateway-label-filter"}, "the program wouldn't start with them"},
		"no wan":           {func(o *bootstrap.Options) { o.Home.Gateway = "192.0.2.1" }, []string{"--wan-gateway: ", "--wan"}, "nobody asks the router"},
		"no address":       {func(o *bootstrap.Options) { o.Home.WAN, o.Home.Gateway = true, "router" }, []string{"--wan-gateway=router"}, "the program wouldn't start with it"},
		"no gateway":       {func(o *bootstrap.Options) { o.Gateway.ListenerSets = true }, []string{"--gateway-listener-sets", "--source=gateway-httproute"}, "a role for nothing"},
		"line in the name": {func(o *bootstrap.Options) { o.Name, o.Namespace = "a\nb", "A" }, []string{"--name", "--namespace"}, "they are names of objects"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := base(tt.change).Check()
			if (err != nil) != (len(tt.want) > 0) {
				t.Fatalf("got %v: %s", err, tt.why)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%v doesn't say %s: %s", err, part, tt.why)
				}
			}
		})
	}
}
