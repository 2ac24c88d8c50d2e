// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"slices"

	"nafuda.io/nafuda/internal/model/spelling"
	"nafuda.io/nafuda/internal/provider/awsconf"
)

func checkRegion(_ context.Context, e *exam) []Finding {
	if e.patient.NoAccounts != nil {
		return e.unopened()
	}
	var out []Finding
	for _, a := range e.accounts {
		if a.AWS != nil {
			out = append(out, judgeRegion(a.Name, a.AWS.Named, a.AWS.InRegion()))
		}
	}
	return out
}

// judgeRegion judges the region that files and environment name. used says that calls go to that region and not only to services
// that are the same everywhere.
func judgeRegion(account, region string, used bool) Finding {
	known := awsconf.Regions()
	fix := "correct AWS_REGION, AWS_DEFAULT_REGION or the profile's region"
	if near := spelling.Nearest(region, known); near != "" {
		fix += ": did you mean " + near + "?"
	}
	switch {
	case region == "":
		return ok("account %s: no region is named, and Route 53 needs none", account)
	case slices.Contains(known, region):
		return ok("account %s: %s", account, region)
	case used:
		return fail(fix, "account %s: there is no region %q that we know, and STS is asked there for the role", account, region)
	default:
		return warn(fix, "account %s: there is no region %q that we know; Route 53 needs none, but other programs that read it fail", account, region)
	}
}
