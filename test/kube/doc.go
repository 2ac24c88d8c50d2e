// SPDX-License-Identifier: Apache-2.0

// Package kube starts a real Kubernetes API server, with its etcd, for tests: on loopback, with RBAC and users by token. It runs
// no controllers, so a load balancer's status is whatever a test applies.
//
// The binaries are built once by build.sh.
package kube
