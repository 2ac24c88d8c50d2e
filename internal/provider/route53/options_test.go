// SPDX-License-Identifier: Apache-2.0

package route53_test

import (
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/provider/awsconf"
	"nafuda.io/nafuda/internal/provider/route53"
)

func TestFlags(t *testing.T) {
	changed := route53.Defaults()
	changed.ZoneType, changed.ZoneTags, changed.ZoneMatchParent = "private", []string{"a=b,c", "d"}, true
	changed.BatchSize, changed.BatchBytes, changed.BatchValues = 1, 2, 3
	changed.EvaluateTargetHealth, changed.PreferCNAME = false, true
	for why, tc := range map[string]struct {
		args []string
		r53  route53.Options
		conf awsconf.Options
	}{
		"none": {nil, route53.Defaults(), awsconf.Options{APIRetries: 3}},
		"all": {
			[]string{
				"--aws-zone-type=private", "--aws-zone-tags=a=b,c", "--aws-zone-tags=d", "--aws-zone-match-parent", "--aws-batch-change-size=1",
				"--aws-batch-change-size-bytes=2", "--aws-batch-change-size-values=3", "--no-aws-evaluate-target-health", "--aws-prefer-cname",
				"--aws-profile=one", "--aws-profile=two", "--aws-assume-role=arn:x", "--aws-assume-role-external-id=id", "--aws-api-retries=5",
			},
			changed,
			awsconf.Options{Profiles: []string{"one", "two"}, AssumeRole: "arn:x", ExternalID: "id", APIRetries: 5},
		},
	} {
		t.Run(why, func(t *testing.T) {
			var got struct {
				Route53 route53.Options `embed:""`
				Account awsconf.Options `embed:""`
			}
			if _, err := kong.Must(&got).Parse(tc.args); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.r53, got.Route53) + cmp.Diff(tc.conf, got.Account); diff != "" {
				t.Error(diff)
			}
		})
	}
}
