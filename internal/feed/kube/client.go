// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"

	"nafuda.io/nafuda/internal/source"
)

const (
	jsonType     = "application/json"
	protobufType = "application/vnd.kubernetes.protobuf"
)

// client asks the API server for kinds. All kinds share its connections and its rate. Safe for concurrent use.
type client struct {
	base    *rest.Config
	http    *http.Client
	scheme  *runtime.Scheme
	codecs  serializer.CodecFactory
	params  runtime.ParameterCodec
	timeout time.Duration // of a list
}

func newClient(cfg *rest.Config, o Options, kinds []source.Kind) (*client, error) {
	cfg = rest.CopyConfig(cfg)
	cfg.UserAgent = o.userAgent()
	// http.Client.Timeout counts the time to read the body, so it would cut every watch.
	cfg.Timeout = 0
	cfg.RateLimiter = flowcontrol.NewTokenBucketRateLimiter(o.QPS, o.Burst)
	cfg.WarningHandler = rest.NoWarnings{}
	hc, err := rest.HTTPClientFor(cfg)
	if err != nil {
		return nil, fmt.Errorf("prepare the connection to the Kubernetes API server: %w", err)
	}
	scheme, err := newScheme(kinds)
	if err != nil {
		return nil, err
	}
	return &client{
		base: cfg, http: hc, scheme: scheme, codecs: serializer.NewCodecFactory(scheme),
		params: runtime.NewParameterCodec(scheme), timeout: o.RequestTimeout,
	}, nil
}

// builtin adds the API groups that have protobuf types; client-go's own scheme would add every group there is.
func builtin(gv schema.GroupVersion) func(*runtime.Scheme) error {
	switch gv {
	case corev1.SchemeGroupVersion:
		return corev1.AddToScheme
	case networkingv1.SchemeGroupVersion:
		return networkingv1.AddToScheme
	case discoveryv1.SchemeGroupVersion:
		return discoveryv1.AddToScheme
	case coordinationv1.SchemeGroupVersion:
		return coordinationv1.AddToScheme
	default:
		return nil
	}
}

func newScheme(kinds []source.Kind) (*runtime.Scheme, error) {
	s := runtime.NewScheme()
	metav1.AddToGroupVersion(s, schema.GroupVersion{Version: "v1"})
	var versions []source.Kind
	for _, k := range kinds {
		versions = append(versions, k.Versions()...)
	}
	for _, k := range versions {
		gv := version(k)
		if add := builtin(gv); add != nil {
			if err := add(s); err != nil {
				return nil, fmt.Errorf("register %s: %w", gv, err)
			}
			continue
		}
		obj, ok := k.New().(runtime.Object)
		if !ok {
			return nil, fmt.Errorf("register %s: %T isn't a Kubernetes object; give its kind a New that returns one", k.Name, k.New())
		}
		s.AddKnownTypeWithName(gv.WithKind(k.ManifestKind), obj)
		s.AddKnownTypeWithName(gv.WithKind(k.ManifestKind+"List"), &rawList{})
		metav1.AddToGroupVersion(s, gv)
	}
	return s, nil
}

func version(k source.Kind) schema.GroupVersion {
	return schema.GroupVersion{Group: k.Group, Version: k.Version}
}

// rest gives a client of k's API group: protobuf where the types have it, with JSON as the second choice.
func (c *client) rest(k source.Kind) (*rest.RESTClient, error) {
	cfg := rest.CopyConfig(c.base)
	gv := version(k)
	cfg.GroupVersion = &gv
	cfg.APIPath = "/apis"
	if gv.Group == "" {
		cfg.APIPath = "/api"
	}
	cfg.NegotiatedSerializer = c.codecs.WithoutConversion()
	cfg.ContentType, cfg.AcceptContentTypes = jsonType, jsonType
	if builtin(gv) != nil {
		cfg.ContentType, cfg.AcceptContentTypes = protobufType, protobufType+","+jsonType
	}
	rc, err := rest.RESTClientForConfigAndClient(cfg, c.http)
	if err != nil {
		return nil, fmt.Errorf("prepare requests for %s: %w", k.Resource, err)
	}
	return rc, nil
}

// list asks for one page. With an empty namespace it asks for all of them.
func (c *client) list(ctx context.Context, rc *rest.RESTClient, k source.Kind, namespace string, o metav1.ListOptions) (runtime.Object, error) {
	return rc.Get().NamespaceIfScoped(namespace, namespace != "").Resource(k.Resource).
		VersionedParams(&o, c.params).Timeout(c.timeout).Do(ctx).Get()
}

// watch opens a stream, which the server ends after o.TimeoutSeconds. A server that doesn't begin to answer in the time of a list request is given up: nobody
// would learn that the kind can't be read.
func (c *client) watch(ctx context.Context, rc *rest.RESTClient, k source.Kind, namespace string, o metav1.ListOptions) (watch.Interface, error) {
	o.Watch = true
	ctx, cancel := context.WithCancelCause(ctx)
	if c.timeout > 0 {
		timer := time.AfterFunc(c.timeout, func() { cancel(fmt.Errorf("the server hasn't begun to answer within %s", c.timeout)) })
		defer timer.Stop()
	}
	w, err := rc.Get().NamespaceIfScoped(namespace, namespace != "").Resource(k.Resource).
		VersionedParams(&o, c.params).Watch(ctx)
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
			err = cause
		}
		cancel(nil)
		return nil, err
	}
	return ending{w, func() { cancel(nil) }}, nil
}

// ending is a watch that has something to let go at its end.
type ending struct {
	watch.Interface
	done func()
}

// Stop implements watch.Interface.
func (e ending) Stop() {
	e.Interface.Stop()
	e.done()
}
