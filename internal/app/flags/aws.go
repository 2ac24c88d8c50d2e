// SPDX-License-Identifier: Apache-2.0

package flags

// aws returns the flags of the AWS providers.
func aws() []Flag {
	return []Flag{
		honoured("aws-zone-type", Value, ""),
		honoured("aws-zone-tags", List, ""),
		honoured("aws-zone-match-parent", Switch, "false"),
		superseded("aws-zones-cache-duration", Value, "0s", "the list of hosted zones is always kept in memory, and fetched once in each --interval"),
		honoured("aws-profile", List, ""),
		honoured("aws-assume-role", Value, ""),
		honoured("aws-assume-role-external-id", Value, ""),
		superseded("aws-api-retries", Value, "3",
			"a call that fails is tried again for as long as it takes, with growing pauses"),
		honoured("aws-batch-change-size", Value, "1000"),
		honoured("aws-batch-change-size-bytes", Value, "32000"),
		honoured("aws-batch-change-size-values", Value, "1000"),
		superseded("aws-batch-change-interval", Value, "1s",
			"all calls of an account share one rate; see --aws-api-rate and --aws-api-burst"),
		honoured("aws-evaluate-target-health", Switch, "true"),
		honoured("aws-prefer-cname", Switch, "false"),
		honoured("aws-sd-service-cleanup", Switch, "false"),
		honoured("aws-sd-create-tag", List, ""),
	}
}
