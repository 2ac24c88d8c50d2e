// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"cmp"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
)

// incumbent is the name that stands for the names of the usual set-up of ExternalDNS.
const incumbent = "external-dns"

// What stands in files for what only a person or --apply knows.
const (
	unknownZone    = "HOSTED_ZONE_ID"
	unknownAccount = "ACCOUNT_ID"
)

// usual reports whether all names are those of the usual set-up of ExternalDNS.
func (o Options) usual() bool { return o.Name == incumbent }

// named is a name from a flag, else that of the usual set-up, else ours.
func (o Options) named(flag, usual, ours string) string {
	if o.usual() {
		ours = usual
	}
	return cmp.Or(flag, ours)
}

func (o Options) policyName() string {
	return o.named(o.IAMPolicy, "k8s-external-dns-policy", o.Name+"-policy")
}
func (o Options) userName() string { return o.named(o.User, "k8s-external-dns", o.Name) }
func (o Options) roleName() string { return o.named(o.Role, "k8s-external-dns", o.Name) }
func (o Options) binding() string  { return o.named("", "external-dns-viewer", o.Name) }
func (o Options) policyFile() string {
	return o.named("", "external-dns-controller-policy-document.json", "iam-policy.json")
}
func (o Options) manifestFile() string { return o.Name + ".yaml" }
func (o Options) secretName() string   { return o.Name + "-aws" }

func (o Options) zoneID() string {
	return cmp.Or(strings.TrimPrefix(o.ZoneID, "/hostedzone/"), unknownZone)
}
func (o Options) owner() string   { return cmp.Or(o.Owner, o.zoneID()) }
func (o Options) account() string { return cmp.Or(o.Account, unknownAccount) }

func (o Options) domain() dnsname.Name { return dnsname.MustParse(o.Domain) }

func (o Options) zone() dnsname.Name { return dnsname.MustParse(cmp.Or(o.Zone, o.Domain)) }

func (o Options) policyARN() string {
	return "arn:" + partition(o.Region) + ":iam::" + o.account() + ":policy/" + o.policyName()
}

func (o Options) roleARN() string {
	return "arn:" + partition(o.Region) + ":iam::" + o.account() + ":role/" + o.roleName()
}
