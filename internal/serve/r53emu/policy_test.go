// SPDX-License-Identifier: Apache-2.0

package r53emu_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"nafuda.io/nafuda/internal/serve/r53emu"
	"nafuda.io/nafuda/internal/serve/r53emu/r53emutest"
)

// reference is the policy that people give to DNS controllers.
const reference = `{"Version": "2012-10-17", "Statement": [
	{"Effect": "Allow", "Action": ["route53:ChangeResourceRecordSets"], "Resource": ["arn:aws:route53:::hostedzone/*"]},
	{"Effect": "Allow", "Action": ["route53:ListHostedZones", "route53:ListResourceRecordSets"], "Resource": "*"}]}`

func TestPolicy(t *testing.T) {
	const zone = "Z00000000000000000001"
	for name, tc := range map[string]struct {
		why, doc string
		allowed  string // of the actions below, by their first letters
	}{
		"reference":        {why: "what IAM's documentation calls implicit deny stops the rest", doc: reference, allowed: "list sets change"},
		"everything":       {why: "wildcards in action and resource", doc: `{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`, allowed: "list sets change count get"},
		"nothing":          {why: "no statement allows", doc: `{"Statement": []}`},
		"one zone":         {why: "another zone's ARN isn't this one's", doc: `{"Statement": [{"Effect": "Allow", "Action": "route53:*", "Resource": "arn:aws:route53:::hostedzone/ZOTHER"}]}`},
		"this zone":        {why: "actions on no one resource need *", doc: `{"Statement": [{"Effect": "Allow", "Action": "route53:*", "Resource": "arn:aws:route53:::hostedzone/` + zone + `"}]}`, allowed: "sets change get"},
		"case":             {why: "actions aren't case-sensitive (IAM JSON policy elements: Action)", doc: `{"Statement": [{"Effect": "Allow", "Action": "Route53:list*", "Resource": "*"}]}`, allowed: "list sets"},
		"question mark":    {why: "one character", doc: `{"Statement": [{"Effect": "Allow", "Action": "route53:GetHostedZone?ount", "Resource": "*"}]}`, allowed: "count"},
		"deny":             {why: "an explicit deny wins", doc: `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": "route53:Change*", "Resource": "*"}]}`, allowed: "list sets count get"},
		"deny of others":   {why: "it counts only for its resource", doc: `{"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "arn:aws:route53:::hostedzone/ZOTHER"}, {"Effect": "Allow", "Action": "*", "Resource": "*"}]}`, allowed: "list sets change count get"},
		"name and type":    {why: "specifying-conditions-route53: all values must match", doc: conditional(`"ForAllValues:StringLike": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": ["*.example.com"]}, "ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": ["A", "TXT"]}`), allowed: "change"},
		"other name":       {why: "specifying-conditions-route53", doc: conditional(`"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": "b.example.com"}`)},
		"other action":     {why: "specifying-conditions-route53", doc: conditional(`"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsActions": ["DELETE"]}`)},
		"any of the names": {why: "ForAnyValue asks for one that matches", doc: conditional(`"ForAnyValue:StringLike": {"route53:ChangeResourceRecordSetsNormalizedRecordNames": "a.*"}`), allowed: "change"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := r53emu.ParsePolicy([]byte(tc.doc))
			if err != nil {
				t.Fatal(err)
			}
			url, s := r53emutest.Start(t, r53emu.Options{Policy: p})
			c, id, ctx := client(url), s.AddZone("example.com", false), t.Context()
			var got []string
			note := func(action string, err error) {
				if err == nil {
					got = append(got, action)
					return
				}
				wantCode(t, err, "AccessDenied", "is not authorized to perform: route53:")
			}
			_, err = c.ListHostedZones(ctx, &route53.ListHostedZonesInput{})
			note("list", err)
			_, err = c.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{HostedZoneId: &id})
			note("sets", err)
			_, err = send(t, c, id, edit("CREATE", simple("a.example.com", "A", "192.0.2.1")))
			note("change", err)
			_, err = c.GetHostedZoneCount(ctx, &route53.GetHostedZoneCountInput{})
			note("count", err)
			_, err = c.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &id})
			note("get", err)
			if strings.Join(got, " ") != tc.allowed {
				t.Errorf("allowed: %v, want %s (%s)", got, tc.allowed, tc.why)
			}
		})
	}
}

func TestNull(t *testing.T) {
	const names = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
	for name, tc := range map[string]struct{ value, allowed string }{
		"there":     {"false", "yes"},
		"not there": {"true", "no"},
	} {
		p, err := r53emu.ParsePolicy([]byte(conditional(`"Null": {"` + names + `": "` + tc.value + `"}`)))
		if err != nil {
			t.Fatal(err)
		}
		url, s := r53emutest.Start(t, r53emu.Options{Policy: p})
		_, err = send(t, client(url), s.AddZone("example.com", false), edit("CREATE", simple("a.example.com", "A", "192.0.2.1")))
		if (err == nil) != (tc.allowed == "yes") {
			t.Errorf("a change has names, and the condition asks that they are %s: %v", name, err)
		}
	}
}

func conditional(condition string) string {
	return `{"Statement": [{"Effect": "Allow", "Action": "route53:ChangeResourceRecordSets", "Resource": "*", "Condition": {` + condition + `}}]}`
}

func TestDeniedText(t *testing.T) {
	p, err := r53emu.ParsePolicy([]byte(reference))
	if err != nil {
		t.Fatal(err)
	}
	url, _ := r53emutest.Start(t, r53emu.Options{Policy: p})
	c := client(url)
	_, err = c.GetHostedZone(t.Context(), &route53.GetHostedZoneInput{Id: aws.String("Z1")})
	wantCode(t, err, "AccessDenied", "User: arn:aws:iam::123456789012:user/emulated is not authorized to perform: route53:GetHostedZone on resource: arn:aws:route53:::hostedzone/Z1 because no identity-based policy allows the route53:GetHostedZone action")
	_, err = c.GetHostedZoneCount(t.Context(), &route53.GetHostedZoneCountInput{})
	wantCode(t, err, "AccessDenied", "is not authorized to perform: route53:GetHostedZoneCount because no identity-based policy")
	_, err = c.GetChange(t.Context(), &route53.GetChangeInput{Id: aws.String("C1")})
	wantCode(t, err, "AccessDenied", "route53:GetChange on resource: arn:aws:route53:::change/C1")
}

func TestParsePolicyRefuses(t *testing.T) {
	for name, tc := range map[string]struct{ doc, want string }{
		"no JSON":            {`{`, "read the policy"},
		"effect":             {`{"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}`, `the effect "allow"`},
		"no action":          {`{"Statement": [{"Effect": "Allow", "Resource": "*"}]}`, "lacks Action"},
		"not action":         {`{"Statement": [{"Effect": "Allow", "NotAction": "*", "Resource": "*"}]}`, "isn't emulated"},
		"number":             {`{"Statement": [{"Effect": "Allow", "Action": 1, "Resource": "*"}]}`, "want a string"},
		"condition key":      {conditional(`"ForAllValues:StringEquals": {"aws:username": "x"}`), "aws:username"},
		"condition operator": {conditional(`"DateLessThan": {"route53:ChangeResourceRecordSetsActions": "x"}`), "DateLessThan"},
	} {
		if _, err := r53emu.ParsePolicy([]byte(tc.doc)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
}
