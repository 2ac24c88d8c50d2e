// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"errors"
	"fmt"
	"strings"

	"nafuda.io/nafuda/internal/provider/awsconf"
)

// The files of a role that is assumed.
const (
	assumedPolicy = "assumed-role-policy.json"
	assumedTrust  = "assumed-role-trust.json"
)

func (o Options) checkRole() error {
	if o.Assume == "" && o.External == "" {
		return nil
	}
	errs := []error{awsconf.Options{AssumeRole: o.Assume, ExternalID: o.External}.Check()}
	if strings.ContainsAny(o.Assume, "*?$") {
		errs = append(errs, fmt.Errorf("--aws-assume-role=%s: name one role, without * ? and $", o.Assume))
	}
	if o.Assume != "" && o.ZoneID == "" {
		errs = append(errs, errors.New("--hosted-zone-id: with --aws-assume-role the zone is in another account, where it isn't looked for: name it"))
	}
	if o.Assume != "" && o.Account == "" {
		errs = append(errs, errors.New("--account-id: with --aws-assume-role name the account of the user or role that is made here: the other role has to trust it"))
	}
	return errors.Join(errs...)
}

// tableAccount is whose table the registry uses: who assumes a role uses it for the table too.
func (o Options) tableAccount() string {
	if o.Assume != "" {
		return strings.Split(o.Assume, ":")[4] // arn:aws:iam::ACCOUNT:role/NAME, as it was checked
	}
	return o.account()
}

// assuming allows nothing but to assume the role: every call of Route 53 is made with its permissions.
func (o Options) assuming() document {
	return document{policyVersion, []statement{{Sid: sid(actionAssume), Effect: "Allow", Action: []string{actionAssume}, Resource: []string{o.Assume}}}}
}

// trusting lets the role be assumed by who is made here, and by nobody else (IAM User Guide, "Access to AWS accounts owned by third
// parties", for the external id).
func (o Options) trusting() document {
	who := "arn:" + partition(o.Region) + ":iam::" + o.account() + ":user/" + o.userName()
	if o.Auth != authUser {
		who = o.roleARN()
	}
	s := statement{Sid: "NafudaAssume", Effect: "Allow", Principal: map[string]string{"AWS": who}, Action: []string{actionAssume}}
	if o.External != "" {
		s.Condition = map[string]map[string][]string{"StringEquals": {"sts:ExternalId": {o.External}}}
	}
	return document{policyVersion, []statement{s}}
}

// assumed are the files for whoever looks after the role that is assumed.
func (o Options) assumed() ([]File, error) {
	policy, err1 := render(o.zonePolicy())
	trust, err2 := render(o.trusting())
	return []File{{assumedPolicy, 0o644, policy}, {assumedTrust, 0o644, trust}}, errors.Join(err1, err2)
}

// assumedNote says what is left to do in the role's account.
func (o Options) assumedNote() string {
	return fmt.Sprintf("One step is left, in the account of %s: give it the policy in %s, and the trust policy in %s.\n", o.Assume, assumedPolicy, assumedTrust)
}
