// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/model/zone"
	"nafuda.io/nafuda/internal/provider"
	"nafuda.io/nafuda/internal/registry/dynamodb"
	"nafuda.io/nafuda/internal/registry/txt"
)

// document is an IAM policy (IAM User Guide, "IAM JSON policy elements reference").
type document struct {
	Version   string
	Statement []statement
}

type statement struct {
	Sid       string
	Effect    string
	Principal map[string]string `json:",omitempty"`
	Action    []string
	Resource  []string                       `json:",omitempty"`
	Condition map[string]map[string][]string `json:",omitempty"`
}

const (
	policyVersion = "2012-10-17"
	zonesPrefix   = "arn:aws:route53:::hostedzone/"
	actionChange  = "route53:ChangeResourceRecordSets"
	actionAssume  = "sts:AssumeRole"
)

// unusedActions are permissions of features that this set-up doesn't turn on.
func unusedActions() []string { return []string{"route53:ListTagsForResources"} }

// policy is what the user or the role that is made here may do.
func (o Options) policy() document {
	if o.Assume != "" {
		return o.assuming()
	}
	return o.zonePolicy()
}

// zonePolicy allows what the provider says that it uses, each action on as little as AWS lets it be limited to: a listing of zones has
// no resource but *, a change has an id that nobody knows before (Service Authorization Reference, "Amazon Route 53").
func (o Options) zonePolicy() document {
	groups := make(map[string]*statement)
	d := document{Version: policyVersion}
	var order []string
	for _, a := range o.actions() {
		resource := o.resource(a)
		key := resource
		if a.Name == actionChange {
			key = a.Name
		}
		if groups[key] == nil {
			groups[key] = &statement{Sid: sid(a.Name), Effect: "Allow", Resource: []string{resource}}
			order = append(order, key)
		}
		groups[key].Action = append(groups[key].Action, a.Name)
	}
	if o.Limit {
		groups[actionChange].Condition = o.limits()
	}
	for _, key := range order {
		slices.Sort(groups[key].Action)
		d.Statement = append(d.Statement, *groups[key])
	}
	return d
}

func (o Options) actions() []provider.Action {
	if o.cloudMap() {
		return cloudMapActions()
	}
	all := slices.DeleteFunc(describe().Actions, func(a provider.Action) bool { return slices.Contains(unusedActions(), a.Name) })
	if o.Registry == registryTable {
		all = append(all, dynamodb.Actions("arn:aws:dynamodb:"+o.Region+":"+o.tableAccount()+":table/"+o.Table)...)
	}
	return all
}

// sid names a statement after its first action: letters and digits are all that a Sid may have.
func sid(action string) string {
	_, name, _ := strings.Cut(action, ":")
	return "Nafuda" + name
}

func (o Options) resource(a provider.Action) string {
	resource := a.Resource
	if strings.HasPrefix(resource, zonesPrefix) {
		resource = zonesPrefix + o.zoneID()
	}
	return strings.Replace(resource, "arn:aws:", "arn:"+partition(o.Region)+":", 1)
}

// The condition keys of changes (Route 53 Developer Guide, "Using IAM policy conditions for fine-grained access control").
const (
	keyNames = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
	keyTypes = "route53:ChangeResourceRecordSetsRecordTypes"
)

// limits lets changes touch only the domain's names, their markers, and the types that are published. ForAllValues also holds where
// a request has no value at all, so Null asks that it has some.
func (o Options) limits() map[string]map[string][]string {
	return map[string]map[string][]string{
		"ForAllValues:StringLike":   {keyNames: o.patterns()},
		"ForAllValues:StringEquals": {keyTypes: o.types()},
		"Null":                      {keyNames: {"false"}, keyTypes: {"false"}},
	}
}

func (o Options) types() []string {
	out := []string{string(record.TXT)}
	for _, t := range o.published() {
		out = append(out, string(t))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// patterns match the domain, all below it, and the markers of the domain's own name: where the domain isn't a whole zone these may
// stand beside it.
func (o Options) patterns() []string {
	domain := o.domain()
	out := []string{normal(domain), "*." + normal(domain)}
	registry := txt.New(txt.Options{Owner: "x", Prefix: o.Prefix, Format: "auto"})
	for _, t := range o.published() {
		for _, at := range registry.Places(domain, t, zone.Zone{Name: o.zone()}) {
			if p := normal(at); !at.In(domain) && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	slices.Sort(out)
	return out
}

// normal is a name as condition keys have it: in lower case, without a final dot, and what isn't a letter, a digit, a hyphen, an
// underscore or a dot as \ and three octal digits.
func normal(n dnsname.Name) string {
	var b strings.Builder
	for _, c := range []byte(strings.ToLower(string(n))) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, `\%03o`, c)
		}
	}
	return b.String()
}

// trust says who may take the role: the one service account, through the cluster's issuer or through EKS Pod Identity.
func (o Options) trust() document {
	s := statement{Sid: "NafudaServiceAccount", Effect: "Allow"}
	if o.Auth == authPodIdentity {
		s.Principal = map[string]string{"Service": "pods.eks.amazonaws.com"}
		s.Action = []string{"sts:AssumeRole", "sts:TagSession"}
		s.Condition = map[string]map[string][]string{"StringEquals": {
			"aws:RequestTag/kubernetes-namespace": {o.Namespace}, "aws:RequestTag/kubernetes-service-account": {o.Name},
		}}
		if o.Cluster != "" {
			s.Condition["StringEquals"]["aws:RequestTag/eks-cluster-name"] = []string{o.Cluster}
		}
		return document{policyVersion, []statement{s}}
	}
	issuer := strings.TrimSuffix(strings.TrimPrefix(o.Issuer, "https://"), "/")
	s.Principal = map[string]string{"Federated": "arn:" + partition(o.Region) + ":iam::" + o.account() + ":oidc-provider/" + issuer}
	s.Action = []string{"sts:AssumeRoleWithWebIdentity"}
	s.Condition = map[string]map[string][]string{"StringEquals": {
		issuer + ":aud": {"sts.amazonaws.com"}, issuer + ":sub": {"system:serviceaccount:" + o.Namespace + ":" + o.Name},
	}}
	return document{policyVersion, []statement{s}}
}

// render is a document as people read it.
func render(d document) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(d); err != nil {
		return nil, fmt.Errorf("write the policy: %w", err)
	}
	return b.Bytes(), nil
}
