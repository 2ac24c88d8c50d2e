// SPDX-License-Identifier: Apache-2.0

// Package bootstrap makes what Nafuda needs before it runs: the IAM policy, who has it, and the manifests of the cluster.
//
// MakePlan is pure: options to files, IAM documents and objects. Write puts the files into a folder. Target.Apply does the same in an
// account and a cluster, one step after the other; each step first looks whether it is done, so that all of it may be repeated.
// Target.Delete takes it back in the opposite order. Only what carries our tag or label is changed or deleted: where something else has
// our names, Target.Apply shows what it found and makes nothing, unless it may adopt that.
//
// The policy allows what providers and registries declare in their Actions. Where a role is assumed it allows only that, and the role
// needs what another file says. IAM and EKS are asked by signed requests of our own, since the SDK's clients of them would make the
// program larger by a fifth.
package bootstrap
