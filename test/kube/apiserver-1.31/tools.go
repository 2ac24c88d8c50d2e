// SPDX-License-Identifier: Apache-2.0

//go:build tools

// Package apiserver pins the API server that the tests build.
package apiserver

import _ "k8s.io/kubernetes/cmd/kube-apiserver"
