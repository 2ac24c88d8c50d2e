// SPDX-License-Identifier: Apache-2.0

// Package kube is the feed that watches a Kubernetes API server.
//
// Each wanted kind has one reflector a namespace. Objects are slimmed as they come off the wire, page by page and event by
// event, so that neither a list nor a cache of decoded objects is ever kept.
package kube
