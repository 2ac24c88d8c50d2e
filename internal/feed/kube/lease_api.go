// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/source"
)

// leaseStore reads and writes one Lease.
type leaseStore interface {
	get(ctx context.Context) (*coordinationv1.Lease, error)
	// put creates the Lease, or updates the one that has its resource version.
	put(ctx context.Context, l *coordinationv1.Lease) (*coordinationv1.Lease, error)
}

// leases makes requests about one Lease. The clientset of client-go, which its leaderelection needs, has every API group: 11 MB.
type leases struct {
	rest            *rest.RESTClient
	namespace, name string
}

const leaseResource = "leases"

func leaseKind() source.Kind {
	return source.Kind{
		Name: "lease", Group: coordinationv1.GroupName, Version: "v1", Resource: leaseResource, ManifestKind: "Lease", Namespaced: true,
		New: func() any { return &coordinationv1.Lease{} },
	}
}

func (a leases) get(ctx context.Context) (*coordinationv1.Lease, error) {
	out := &coordinationv1.Lease{}
	err := a.rest.Get().Namespace(a.namespace).Resource(leaseResource).Name(a.name).Do(ctx).Into(out)
	return out, err
}

func (a leases) put(ctx context.Context, l *coordinationv1.Lease) (*coordinationv1.Lease, error) {
	out := &coordinationv1.Lease{}
	if l.ResourceVersion == "" {
		l.ObjectMeta = metav1.ObjectMeta{Namespace: a.namespace, Name: a.name, Annotations: l.Annotations}
		err := a.rest.Post().Namespace(a.namespace).Resource(leaseResource).Body(l).Do(ctx).Into(out)
		return out, err
	}
	err := a.rest.Put().Namespace(a.namespace).Resource(leaseResource).Name(a.name).Body(l).Do(ctx).Into(out)
	return out, err
}
