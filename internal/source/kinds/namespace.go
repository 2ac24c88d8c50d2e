// SPDX-License-Identifier: Apache-2.0

package kinds

import (
	"maps"

	corev1 "k8s.io/api/core/v1"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// KindNamespace is the name of the kind of namespaces.
const KindNamespace = "namespace"

// Namespace is the slim form of a Namespace. All its labels are kept, for selectors in other objects.
type Namespace struct{ Meta }

// Ref names the Namespace.
func (n *Namespace) Ref() endpoint.Ref { return endpoint.Ref{Kind: KindNamespace, Name: n.Name} }

func namespaceKind() source.Kind {
	return source.Kind{
		Name: KindNamespace, Version: "v1", Resource: "namespaces", ManifestKind: "Namespace",
		New: func() any { return new(corev1.Namespace) },
		Slim: func(obj any, keep source.Keep) any {
			in := obj.(*corev1.Namespace)
			meta := in.ObjectMeta
			// The API server sets this label on every namespace; manifests don't have it.
			meta.Labels = maps.Clone(meta.Labels)
			if meta.Labels == nil {
				meta.Labels = make(map[string]string)
			}
			meta.Labels[corev1.LabelMetadataName] = in.Name
			return &Namespace{Meta: slimmer{label: every, annotation: keep.Annotation}.meta(&meta)}
		},
	}
}
