// SPDX-License-Identifier: Apache-2.0

// Package iamemu is the part of AWS's IAM and STS that sets up a user or a role with a policy, with the rules that matter for order and
// repetition: two access keys a user, five versions a policy, no deletion of what is attached or has parts, a secret key that is told
// once. EKS is the part of Amazon EKS that gives such a role to the pods of a service account. It keeps all in memory, and grants nothing: it only remembers.
package iamemu
