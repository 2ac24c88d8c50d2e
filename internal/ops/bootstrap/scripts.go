// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"cmp"
	"fmt"
	"strings"
)

// credentialsFile is where aws-up.sh leaves the keys until the Secret is made. The shell's umask makes it readable to its owner only.
const credentialsFile = "aws-credentials.env"

// up is what sets IAM up by hand, as a script: the same that --apply does. Every word in it is from checked options.
func (o Options) up() string {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# Made by nafuda bootstrap: sets up IAM with the aws command line. bootstrap --apply does the same, and may be repeated.\n" +
		"set -eu\ncd \"$(dirname \"$0\")\"\n\n")
	fmt.Fprintf(&b, "policy=$(aws iam create-policy --policy-name %s --policy-document file://%s \\\n    --tags %s --query Policy.Arn --output text)\n",
		o.policyName(), o.policyFile(), o.tagWord())
	switch o.Auth {
	case authUser:
		fmt.Fprintf(&b, "aws iam create-user --user-name %s --tags %s > /dev/null\n", o.userName(), o.tagWord())
		fmt.Fprintf(&b, "aws iam attach-user-policy --user-name %s --policy-arn \"$policy\"\n\n", o.userName())
		b.WriteString("# The secret key is shown only once, so it goes straight into a file that only you can read, and from there into the cluster.\n")
		fmt.Fprintf(&b, "umask 077\naws iam create-access-key --user-name %s --output text \\\n"+
			"    --query 'AccessKey.join(`\"\\n\"`, [join(`\"=\"`, [`\"%s\"`, AccessKeyId]), join(`\"=\"`, [`\"%s\"`, SecretAccessKey])])' > %s\n",
			o.userName(), keyID, keySecret, credentialsFile)
		fmt.Fprintf(&b, "kubectl --namespace %s create secret generic %s --from-env-file=%s\n", o.Namespace, o.secretName(), credentialsFile)
		fmt.Fprintf(&b, "kubectl --namespace %s label secret %s app=%s %s=%s\n", o.Namespace, o.secretName(), o.Name, managedBy, manager)
		fmt.Fprintf(&b, "rm %s\n", credentialsFile)
	default:
		fmt.Fprintf(&b, "aws iam create-role --role-name %s --assume-role-policy-document file://trust-policy.json --tags %s > /dev/null\n", o.roleName(), o.tagWord())
		fmt.Fprintf(&b, "aws iam attach-role-policy --role-name %s --policy-arn \"$policy\"\n", o.roleName())
	}
	if o.Auth == authPodIdentity {
		fmt.Fprintf(&b, "role=$(aws iam get-role --role-name %s --query Role.Arn --output text)\n%s\n", o.roleName(), o.association(`"$role"`))
	}
	fmt.Fprintf(&b, "kubectl apply -f %s\n", o.manifestFile())
	return b.String()
}

// association is the one command that EKS Pod Identity needs beside IAM (Amazon EKS User Guide, "Assign an IAM role to a Kubernetes
// service account").
func (o Options) association(role string) string {
	return fmt.Sprintf("aws eks create-pod-identity-association --cluster-name %s --namespace %s \\\n    --service-account %s --role-arn %s --tags %s=%s > /dev/null", o.eksCluster(), o.Namespace, o.Name, role, tagKey, o.Name)
}

func (o Options) eksCluster() string {
	return cmp.Or(o.Cluster, `"${CLUSTER:?set it to the name of the EKS cluster}"`)
}

// dissociation undoes association.
func (o Options) dissociation() string {
	return fmt.Sprintf("for id in $(aws eks list-pod-identity-associations --cluster-name %s --namespace %s \\\n"+
		"    --service-account %s --query 'associations[].associationId' --output text); do\n"+
		"    aws eks delete-pod-identity-association --cluster-name %s --association-id \"$id\" > /dev/null\ndone\n",
		o.eksCluster(), o.Namespace, o.Name, o.eksCluster())
}

// down undoes up, in the order that IAM asks for: nothing that is attached or has parts can be deleted.
func (o Options) down() string {
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\n# Made by nafuda bootstrap: undoes aws-up.sh. Record sets stay; see what is left with: nafuda bootstrap aws --delete\nset -eu\ncd \"$(dirname \"$0\")\"\n\n"+
		"kubectl delete --ignore-not-found -f %s\n", o.manifestFile())
	fmt.Fprintf(&b, "policy=$(aws iam list-policies --scope Local --query \"Policies[?PolicyName=='%s'].Arn\" --output text)\n", o.policyName())
	if o.Auth == authUser {
		fmt.Fprintf(&b, "kubectl --namespace %s delete --ignore-not-found secret %s\n", o.Namespace, o.secretName())
		fmt.Fprintf(&b, "aws iam detach-user-policy --user-name %s --policy-arn \"$policy\"\n", o.userName())
		fmt.Fprintf(&b, "for key in $(aws iam list-access-keys --user-name %s --query 'AccessKeyMetadata[].AccessKeyId' --output text); do\n"+
			"    aws iam delete-access-key --user-name %s --access-key-id \"$key\"\ndone\n", o.userName(), o.userName())
		fmt.Fprintf(&b, "aws iam delete-user --user-name %s\n", o.userName())
	} else {
		if o.Auth == authPodIdentity {
			b.WriteString(o.dissociation())
		}
		fmt.Fprintf(&b, "aws iam detach-role-policy --role-name %s --policy-arn \"$policy\"\naws iam delete-role --role-name %s\n", o.roleName(), o.roleName())
	}
	b.WriteString("for version in $(aws iam list-policy-versions --policy-arn \"$policy\" --query 'Versions[?!IsDefaultVersion].VersionId' --output text); do\n" +
		"    aws iam delete-policy-version --policy-arn \"$policy\" --version-id \"$version\"\ndone\naws iam delete-policy --policy-arn \"$policy\"\n")
	return b.String()
}

func (o Options) tagWord() string { return "Key=" + tagKey + ",Value=" + o.Name }

// tagKey marks what we have made in an account. Nothing without it is changed or deleted.
const tagKey = "nafuda-bootstrap"
