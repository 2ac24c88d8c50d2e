// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
)

const (
	maxObjects   = 100_000 // in one file
	maxListDepth = 3       // lists in lists
)

// decoder reads the objects of known kinds.
type decoder struct {
	kinds      map[string]source.Kind // by apiVersion and kind, as they are written
	keep       source.Keep
	addresses  []string
	namespaces []string // empty: all
}

// object is one that a file defines.
type object struct {
	feed.Delta
	line int // of its document, from 1
}

// content is what a file gives.
type content struct {
	objects  []object
	refusals []endpoint.Refusal
	ignored  int // objects of kinds we don't know
}

// head is what decides about an object.
type head struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Items      []json.RawMessage `json:"items"`
}

func newDecoder(o Options, kinds []source.Kind, keep source.Keep, namespaces []string) *decoder {
	d := &decoder{kinds: make(map[string]source.Kind), keep: keep, addresses: o.AssumeAddress}
	for _, k := range kinds {
		for _, version := range append(k.Older[:len(k.Older):len(k.Older)], k.Version) {
			d.kinds[key(metav1.GroupVersion{Group: k.Group, Version: version}.String(), k.ManifestKind)] = k
		}
	}
	for _, ns := range namespaces {
		if ns != "" {
			d.namespaces = append(d.namespaces, ns)
		}
	}
	return d
}

func key(apiVersion, kind string) string { return apiVersion + " " + kind }

// file reads all documents of a file. A document that can't be read spoils only itself.
func (d *decoder) file(path string, stream []byte) content {
	var c content
	for _, doc := range documents(stream) {
		body, err := yaml.YAMLToJSONStrict(doc.text)
		switch {
		case err == nil && string(body) == "null":
			continue // only comments
		case err == nil:
			err = d.object(body, source.Kind{}, place(path, doc, nil), 0, &c)
		}
		if err != nil {
			c.refusals = append(c.refusals, refusal(place(path, doc, err), said(err)))
		}
	}
	c.objects = slices.Clone(c.objects) // without the room to grow
	return c
}

func refusal(at spot, text string) endpoint.Refusal {
	return endpoint.Refusal{Ref: endpoint.Ref{Kind: Kind, Name: at.path}, Field: at.String(), Why: reason.New(reason.BadObject, "%s: %s", at, text)}
}

// object reads an object or a list of them. Items of typed lists may leave out their kind, which is given as of then.
func (d *decoder) object(body []byte, of source.Kind, at spot, depth int, c *content) error {
	if !bytes.HasPrefix(body, []byte("{")) {
		return errors.New("it isn't a mapping, so it isn't a Kubernetes object")
	}
	var h head
	if err := kjson.UnmarshalCaseSensitivePreserveInts(body, &h); err != nil {
		return err
	}
	if h.APIVersion == "" && h.Kind == "" && of.Name != "" {
		return d.known(body, of, at, c)
	}
	if h.APIVersion == "" || h.Kind == "" {
		return errors.New("it has no apiVersion or no kind, so it isn't a Kubernetes object")
	}
	if k, ok := d.kinds[key(h.APIVersion, h.Kind)]; ok {
		return d.known(body, k, at, c)
	}
	item, isList := strings.CutSuffix(h.Kind, "List")
	if !isList {
		c.ignored++
		return nil
	}
	k, ok := d.kinds[key(h.APIVersion, item)]
	if !ok && h.Kind != "List" {
		c.ignored++
		return nil
	}
	return d.items(h.Items, k, at, depth, c)
}

func (d *decoder) items(items []json.RawMessage, of source.Kind, at spot, depth int, c *content) error {
	if depth >= maxListDepth {
		return fmt.Errorf("lists are nested deeper than %d", maxListDepth)
	}
	for i, item := range items {
		if err := d.object(item, of, at, depth+1, c); err != nil {
			c.refusals = append(c.refusals, refusal(at, fmt.Sprintf("items[%d]: %s", i, said(err))))
		}
	}
	return nil
}

func (d *decoder) known(body []byte, k source.Kind, at spot, c *content) error {
	if len(c.objects) >= maxObjects {
		return fmt.Errorf("the file has more than %d objects; split it", maxObjects)
	}
	obj := k.New()
	// As the API server does: names are case-sensitive, and fields it doesn't know are dropped.
	if err := kjson.UnmarshalCaseSensitivePreserveInts(body, obj); err != nil {
		return fmt.Errorf("read a %s: %w", k.ManifestKind, err)
	}
	m, ok := obj.(metav1.ObjectMetaAccessor)
	if !ok {
		return fmt.Errorf("read a %s: %T has no metadata", k.ManifestKind, obj)
	}
	meta := m.GetObjectMeta()
	ref, err := name(meta, k)
	if err != nil {
		return err
	}
	meta.SetNamespace(ref.Namespace)
	if in := k.Watched(d.namespaces); len(in) > 0 && !slices.Contains(in, ref.Namespace) {
		return nil
	}
	complete(obj, d.addresses)
	slim, refused := k.SlimSafely(ref, obj, d.keep)
	if refused != nil {
		c.refusals = append(c.refusals, *refused)
		return nil
	}
	c.objects = append(c.objects, object{Delta: feed.Delta{Ref: ref, Object: slim}, line: at.line})
	return nil
}

// name checks and completes an object's name, since a server would have done so.
func name(meta metav1.Object, k source.Kind) (endpoint.Ref, error) {
	ref := endpoint.Ref{Kind: k.Name, Name: meta.GetName()}
	if ref.Name == "" {
		return ref, fmt.Errorf("the %s has no metadata.name", k.ManifestKind)
	}
	if bad := validation.IsDNS1123Subdomain(ref.Name); len(bad) > 0 {
		return ref, fmt.Errorf("metadata.name of the %s: %s", k.ManifestKind, bad[0])
	}
	if !k.Namespaced {
		return ref, nil
	}
	ref.Namespace = meta.GetNamespace()
	if ref.Namespace == "" {
		ref.Namespace = metav1.NamespaceDefault
	}
	if bad := validation.IsDNS1123Label(ref.Namespace); len(bad) > 0 {
		return ref, fmt.Errorf("metadata.namespace of the %s: %s", k.ManifestKind, bad[0])
	}
	ref.Namespace = unique.Make(ref.Namespace).Value() // many objects share it
	return ref, nil
}

// blank reports whether a file has nothing in it, as one that an editor has just cut short.
func blank(stream []byte) bool { return len(bytes.TrimSpace(stream)) == 0 }
