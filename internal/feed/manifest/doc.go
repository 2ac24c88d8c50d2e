// SPDX-License-Identifier: Apache-2.0

// Package manifest is the feed that reads Kubernetes objects from YAML and JSON files, and follows the files as they change.
//
// It gives the deltas that the kube feed would give for the same objects. What can't be read keeps what it last gave: a broken
// file isn't proof that its objects are gone.
package manifest
