// SPDX-License-Identifier: Apache-2.0

package source

import "slices"

// Kind describes a watched kind to the feeds: where it is served, how it is decoded, what is kept of it and how it is indexed.
type Kind struct {
	Name                     string // in lower case, as in endpoint.Ref: "ingress"
	Group, Version, Resource string // "networking.k8s.io", "v1", "ingresses"
	ManifestKind             string // as manifests spell it: "Ingress"
	// Older are versions that are read from files as well: what is read of an object is the same there. A server serves Version.
	Older      []string
	Namespaced bool
	// Namespaces are where a namespaced kind is watched, whichever namespaces others are; an empty one stands for all. Without any
	// it is watched where others are.
	Namespaces []string
	// New returns an empty object to decode into: a pointer to an API type.
	New func() any
	// Slim copies out of a decoded object what sources and filters need. The result is compared with reflect.DeepEqual, so that
	// an object whose slim form hasn't changed is no change.
	Slim func(obj any, keep Keep) any
	// Indexes maps an index's name to the values that a slim object has in it.
	Indexes map[string]func(slim any) []string
}

// Served reports whether an API server may have the kind; otherwise it is ours alone.
func (k Kind) Served() bool { return k.Resource != "" }

// Keep says which labels and annotations filters need, beside those that sources read. A nil function keeps none.
type Keep struct {
	Label, Annotation func(key string) bool
}

// Watched returns the namespaces in which the kind is watched where others are watched in the given ones; none: in all.
func (k Kind) Watched(others []string) []string {
	switch {
	case !k.Namespaced || slices.Contains(k.Namespaces, ""):
		return nil
	case len(k.Namespaces) > 0:
		return k.Namespaces
	default:
		return others
	}
}
