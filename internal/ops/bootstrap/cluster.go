// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/csaupgrade"
)

// cluster asks an API server about single objects by their paths.
type cluster struct{ client *rest.RESTClient }

func newCluster(config *rest.Config) (*cluster, error) {
	config = rest.CopyConfig(config)
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"}) // for the server's errors
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.WarningHandler = rest.NoWarnings{}
	client, err := rest.UnversionedRESTClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("prepare the connection to the Kubernetes API server: %w", err)
	}
	return &cluster{client}, nil
}

// tree is an object as JSON has it.
type tree = map[string]any

// get returns an object, or nil where it isn't there.
func (c *cluster) get(ctx context.Context, path string) (tree, error) {
	raw, err := c.client.Get().AbsPath(path).Do(ctx).Raw()
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return parse(raw)
}

// pods counts the pods with a label.
func (c *cluster) pods(ctx context.Context, namespace, label string) (int, error) {
	raw, err := c.client.Get().AbsPath("/api/v1/namespaces", namespace, "pods").Param("labelSelector", label).Param("limit", "100").Do(ctx).Raw()
	if err != nil {
		return 0, fmt.Errorf("list the pods with %s in %s: %w", label, namespace, err)
	}
	list, err := parse(raw)
	items, _ := list["items"].([]any)
	return len(items), err
}

func parse(raw []byte) (tree, error) {
	var out tree
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, fmt.Errorf("read the API server's answer: %w", err)
	}
	return out, nil
}

// apply makes an object what ours says, or only tries it. What somebody else has set since is a conflict and stays. Fields that the
// server doesn't know are an error.
func (c *cluster) apply(ctx context.Context, o Object, try bool) (tree, error) {
	return c.send(ctx, o, applying{try: try})
}

// applying says how: only tried, or against what others have set.
type applying struct{ try, force bool }

func (c *cluster) send(ctx context.Context, o Object, how applying) (tree, error) {
	req := c.client.Patch(types.ApplyPatchType).AbsPath(o.Path).Param("fieldManager", manager).Param("fieldValidation", "Strict").Body(o.Body)
	if how.try {
		req = req.Param("dryRun", "All")
	}
	if how.force {
		req = req.Param("force", "true")
	}
	raw, err := req.Do(ctx).Raw()
	if apierrors.IsConflict(err) {
		return nil, fmt.Errorf("apply %s: somebody else has set what we would set: %w; take that back, or bring the options in line with it", o, err)
	}
	if err != nil {
		return nil, fmt.Errorf("apply %s: %w", o, err)
	}
	return parse(raw)
}

// inherit makes us the one who has set what others have set in an object, apart from its status (Kubernetes documentation,
// "Server-Side Apply", upgrading from client-side apply): what the next apply doesn't have is then taken out.
func (c *cluster) inherit(ctx context.Context, path string) error {
	raw, err := c.client.Get().AbsPath(path).Do(ctx).Raw()
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	var obj unstructured.Unstructured
	if err := obj.UnmarshalJSON(raw); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	names := sets.New[string]()
	entries := obj.GetManagedFields()
	for i := range entries {
		if entries[i].Subresource == "" {
			entries[i].Operation = metav1.ManagedFieldsOperationUpdate // what was applied by others is taken over too
			names.Insert(entries[i].Manager)
		}
	}
	obj.SetManagedFields(entries)
	if err := csaupgrade.UpgradeManagedFields(&obj, names, manager); err != nil {
		return fmt.Errorf("take over the fields of %s: %w", path, err)
	}
	body, err := obj.MarshalJSON()
	if err == nil {
		_, err = c.client.Put().AbsPath(path).Param("fieldManager", manager).SetHeader("Content-Type", "application/json").Body(body).Do(ctx).Raw()
	}
	if err != nil {
		return fmt.Errorf("take over the fields of %s: %w", path, err)
	}
	return nil
}

// merge changes some fields of an object under a name of its own.
func (c *cluster) merge(ctx context.Context, path string, change tree) error {
	body, err := json.Marshal(change)
	if err == nil {
		_, err = c.client.Patch(types.MergePatchType).AbsPath(path).Param("fieldManager", manager+"-keys").Body(body).Do(ctx).Raw()
	}
	if err != nil {
		return fmt.Errorf("change %s: %w", path, err)
	}
	return nil
}

// create makes an object that isn't there; the path is that of the object.
func (c *cluster) create(ctx context.Context, path string, body []byte) error {
	folder := path[:strings.LastIndexByte(path, '/')]
	_, err := c.client.Post().AbsPath(folder).Param("fieldManager", manager+"-keys").Param("fieldValidation", "Strict").
		SetHeader("Content-Type", "application/json").Body(body).Do(ctx).Raw()
	if err != nil {
		return fmt.Errorf("create %s: %w", path, withoutBody(err))
	}
	return nil
}

// withoutBody keeps of an API server's error only its reason: a refused Secret may be quoted in the message.
func withoutBody(err error) error {
	if reason := apierrors.ReasonForError(err); reason != metav1.StatusReasonUnknown {
		return errors.New(string(reason))
	}
	return errors.New("the API server refused it or couldn't be asked")
}

func (c *cluster) remove(ctx context.Context, path string) error {
	err := c.client.Delete().AbsPath(path).Param("propagationPolicy", "Foreground").Do(ctx).Error()
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete %s: %w", path, err)
	}
	return nil
}

// at walks into a tree; a nil tree and a missing key give nil.
func at(t any, keys ...string) any {
	for _, key := range keys {
		m, ok := t.(tree)
		if !ok {
			return nil
		}
		t = m[key]
	}
	return t
}

func textAt(t any, keys ...string) string {
	s, _ := at(t, keys...).(string)
	return s
}

func numberAt(t any, keys ...string) float64 {
	n, _ := at(t, keys...).(float64)
	return n
}

// ours reports whether an object carries our label.
func ours(t tree) bool { return textAt(t, "metadata", "labels", managedBy) == manager }

// same compares two states of an object without what the server counts.
func same(a, b tree) bool {
	for _, t := range []tree{a, b} {
		if meta, ok := t["metadata"].(tree); ok {
			for _, key := range []string{"managedFields", "resourceVersion", "generation"} {
				delete(meta, key)
			}
		}
		delete(t, "status")
	}
	return reflect.DeepEqual(a, b)
}
