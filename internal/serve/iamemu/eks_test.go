// SPDX-License-Identifier: Apache-2.0

package iamemu_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"nafuda.io/nafuda/internal/serve/iamemu"
	"nafuda.io/nafuda/test/child"
)

// TestAssociationsByAWSCommand has the aws command line, which isn't ours, ask about pod identity associations. Each line is a command,
// and what it prints or the code that it is refused with.
func TestAssociationsByAWSCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("the aws command line takes a second for each call")
	}
	path := child.Find(t, "aws", "awscli")
	s := iamemu.New()
	s.AddCluster("home")
	iam, eks := httptest.NewServer(s), httptest.NewServer(s.EKS())
	defer iam.Close()
	defer eks.Close()
	follow(t, iam.URL, `CreateRole RoleName=r AssumeRolePolicyDocument=PODS > ok
		CreateRole RoleName=narrow AssumeRolePolicyDocument=TRUST > ok`, false)
	const (
		role = " --role-arn arn:aws:iam::" + iamemu.Account + ":role/"
		who  = " --namespace kube-system --service-account dns"
		id   = " --association-id a-example000000001"
	)
	for _, line := range []string{
		"create-pod-identity-association --cluster-name none" + who + role + "r > ResourceNotFoundException",
		"create-pod-identity-association --cluster-name home" + who + role + "none > InvalidParameterException",
		"create-pod-identity-association --cluster-name home" + who + role + "narrow > InvalidParameterException",
		"create-pod-identity-association --cluster-name home" + who + role + "r --tags k=v --query association.associationId > a-example000000001",
		"create-pod-identity-association --cluster-name home" + who + role + "r > ResourceInUseException",
		"list-pod-identity-associations --cluster-name home" + who + " --query associations[].[associationId,roleArn] > a-example000000001 None",
		"list-pod-identity-associations --cluster-name home --namespace other --query associations > ",
		"tag-resource --resource-arn arn:aws:eks:us-east-1:" + iamemu.Account + ":podidentityassociation/home/a-example000000001 --tags l=w > ",
		"describe-pod-identity-association --cluster-name home" + id + " --query association.[tags.k,tags.l] > v w",
		"update-pod-identity-association --cluster-name home" + id + role + "none > InvalidParameterException",
		"delete-pod-identity-association --cluster-name home" + id + " --query association.serviceAccount > dns",
		"delete-pod-identity-association --cluster-name home" + id + " > ResourceNotFoundException",
	} {
		words, want, _ := strings.Cut(line, " > ")
		cmd := exec.CommandContext(t.Context(), path, append([]string{"--output", "text", "--endpoint-url", eks.URL, "eks"}, strings.Fields(words)...)...)
		cmd.Env = append(os.Environ(), "AWS_ACCESS_KEY_ID="+iamemu.AdminKey, "AWS_SECRET_ACCESS_KEY=admin-secret", "AWS_DEFAULT_REGION=us-east-1", "AWS_PAGER=",
			"AWS_MAX_ATTEMPTS=1", "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "NO_PROXY=*")
		var errs strings.Builder
		cmd.Stderr = &errs
		out, err := cmd.Output()
		got := strings.Join(strings.Fields(string(out)), " ")
		if err != nil {
			got = errs.String()
		}
		if err == nil && got != want || err != nil && (want == "" || !strings.Contains(got, "("+want+")")) {
			t.Errorf("aws eks %s: got %q, want %q", words, got, want)
		}
	}
}
