// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
)

// slim is what the reflector sees of an object: enough of it to be put in lists and keyed by namespace and name.
type slim struct {
	feed.Delta
	version string
	refused *endpoint.Refusal // the object can't be slimmed, and Object is nil though it is there
}

var _ interface {
	runtime.Object
	metav1.ObjectMetaAccessor
} = (*slim)(nil)

// GetObjectKind is empty: reflectors of typed objects don't ask for it.
func (*slim) GetObjectKind() schema.ObjectKind { return schema.EmptyObjectKind }

// DeepCopyObject shares the object: nobody changes a slim object.
func (s *slim) DeepCopyObject() runtime.Object { c := *s; return &c }

// GetObjectMeta gives what reflectors read.
func (s *slim) GetObjectMeta() metav1.Object {
	return &metav1.ObjectMeta{Namespace: s.Ref.Namespace, Name: s.Ref.Name, ResourceVersion: s.version}
}

// slimList is a page of them.
type slimList struct {
	metav1.TypeMeta
	metav1.ListMeta
	Items []runtime.Object
}

// DeepCopyObject shares the items, for the same reason.
func (l *slimList) DeepCopyObject() runtime.Object { c := *l; return &c }

// rawList is a list of objects of a custom resource. Its items are decoded one by one, so that a broken one spoils only itself.
type rawList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []json.RawMessage `json:"items"`
}

// DeepCopyObject shares the items: nobody changes them.
func (l *rawList) DeepCopyObject() runtime.Object { c := *l; return &c }

// slimmer turns decoded objects of one kind into slim ones.
type slimmer struct {
	kind source.Kind
	keep source.Keep
}

func (s slimmer) object(obj runtime.Object) (*slim, error) {
	m, err := meta.Accessor(obj)
	if err != nil {
		return nil, fmt.Errorf("read the name of a %s: %w", s.kind.Name, err)
	}
	ref := endpoint.Ref{Kind: s.kind.Name, Namespace: m.GetNamespace(), Name: m.GetName()}
	kept, refused := s.kind.SlimSafely(ref, obj, s.keep)
	return &slim{Delta: feed.Delta{Ref: ref, Object: kept}, version: m.GetResourceVersion(), refused: refused}, nil
}

// page slims a page of a list, and tells which of its items can't be read.
func (s slimmer) page(list runtime.Object) (*slimList, []endpoint.Refusal, error) {
	lm, err := meta.ListAccessor(list)
	if err != nil {
		return nil, nil, fmt.Errorf("read a list of %s: %w", s.kind.Resource, err)
	}
	out := &slimList{ListMeta: metav1.ListMeta{
		ResourceVersion: lm.GetResourceVersion(), Continue: lm.GetContinue(), RemainingItemCount: lm.GetRemainingItemCount(),
	}}
	if raw, ok := list.(*rawList); ok {
		refusals, err := s.raw(raw, out)
		return out, refusals, err
	}
	var refusals []endpoint.Refusal
	err = meta.EachListItem(list, func(obj runtime.Object) error {
		item, err := s.object(obj)
		if err == nil {
			refusals = out.add(item, refusals)
		}
		return err
	})
	return out, refusals, err
}

func (s slimmer) raw(list *rawList, out *slimList) (refusals []endpoint.Refusal, err error) {
	for _, item := range list.Items {
		obj, ok := s.kind.New().(runtime.Object)
		if !ok {
			return nil, fmt.Errorf("decode a %s: %T isn't a Kubernetes object", s.kind.Name, s.kind.New())
		}
		if err := json.Unmarshal(item, obj); err != nil {
			var named metav1.PartialObjectMetadata
			_ = json.Unmarshal(item, &named) // best effort: the name is for the reader of the refusal
			refusals = append(refusals, endpoint.Refusal{
				Ref: endpoint.Ref{Kind: s.kind.Name, Namespace: named.Namespace, Name: named.Name},
				Why: reason.New(reason.BadObject, "decode the object: %v", err),
			})
			continue
		}
		slimmed, err := s.object(obj)
		if err != nil {
			return nil, err
		}
		refusals = out.add(slimmed, refusals)
	}
	return refusals, nil
}

// add puts an object into the page, or what it is refused for to the refusals.
func (l *slimList) add(item *slim, refusals []endpoint.Refusal) []endpoint.Refusal {
	if item.refused != nil {
		return append(refusals, *item.refused)
	}
	l.Items = append(l.Items, item)
	return refusals
}
