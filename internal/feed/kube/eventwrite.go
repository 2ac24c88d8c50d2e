// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/flowcontrol"

	"nafuda.io/nafuda/internal/model/endpoint"
)

// Controller is who reports our Events.
const Controller = "nafuda.io/nafuda"

// Limits of an Event's parts, in bytes (validation of events.k8s.io/v1).
const (
	maxNote     = 1024
	maxInstance = 128
	maxHead     = 200 // of the object's name in the Event's; an object's name has up to 253
)

// eventWriter writes Events of the group events.k8s.io, for which ExternalDNS's users have their rule. Used by one goroutine.
type eventWriter struct {
	open     func() (*rest.RESTClient, error)
	rest     *rest.RESTClient // nil until the first Event
	kinds    map[string]kindPath
	instance string

	ref   endpoint.Ref // whose uid was asked for last
	uid   types.UID
	asked time.Time
}

// kindPath is how objects of a kind are addressed.
type kindPath struct {
	apiVersion, kind, resource string
	prefixes                   []string // one for each version that the server may have
	namespaced                 bool
}

// Events makes a writer of Events for objects of the feed's kinds. leads tells whether this process may write them: of several replicas one does.
func (f *Feed) Events(leads func() bool) *Events {
	cfg := rest.CopyConfig(f.client.base)
	cfg.GroupVersion, cfg.APIPath = &eventsv1.SchemeGroupVersion, "/apis"
	cfg.NegotiatedSerializer = f.client.codecs.WithoutConversion()
	cfg.ContentType, cfg.AcceptContentTypes = jsonType, jsonType
	cfg.RateLimiter = flowcontrol.NewFakeAlwaysRateLimiter() // Events have a rate of their own, so that they never wait for lists or lists for them
	w := &eventWriter{open: func() (*rest.RESTClient, error) { return rest.RESTClientForConfigAndClient(cfg, f.client.http) }, kinds: make(map[string]kindPath), instance: "nafuda"}
	if host, err := os.Hostname(); err == nil && host != "" {
		w.instance = host[:min(len(host), maxInstance)]
	}
	for _, k := range f.kinds {
		p := kindPath{apiVersion: version(k).String(), kind: k.ManifestKind, resource: k.Resource, namespaced: k.Namespaced}
		for _, v := range k.Versions() {
			prefix := "/apis/" + version(v).String()
			if v.Group == "" {
				prefix = "/api/" + v.Version
			}
			p.prefixes = append(p.prefixes, prefix)
		}
		w.kinds[k.Name] = p
	}
	return newEvents(w.write, leads, f.log)
}

// eventTimeout bounds one request.
const eventTimeout = 10 * time.Second

// What can come of a write.
type eventOutcome int

const (
	eventFailed eventOutcome = iota
	eventWritten
	eventForbidden
	eventUseless // the object or its namespace is gone, or no server will ever take the Event
)

// Why there is nobody to tell.
var (
	errUnknown = errors.New("the object is of no kind that is known")
	errGone    = errors.New("the object is gone")
)

func outcome(err error) eventOutcome {
	switch {
	case err == nil:
		return eventWritten
	case errors.Is(err, errUnknown), errors.Is(err, errGone), apierrors.IsNotFound(err), apierrors.IsInvalid(err), apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return eventUseless
	case apierrors.IsForbidden(err):
		return eventForbidden
	default:
		return eventFailed
	}
}

// write writes the Event of a warning that was written count times: the first time it is created, later its count rises. One that the process
// before us has created is left as it is: it can't be older than the server keeps it.
func (w *eventWriter) write(ctx context.Context, warn Warning, count int) error {
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	if w.rest == nil {
		var err error
		if w.rest, err = w.open(); err != nil {
			return fmt.Errorf("prepare requests for Events: %w", err)
		}
	}
	uid, err := w.uidOf(ctx, warn.Ref)
	if warn.Gone && errors.Is(err, errGone) {
		uid, err = "", nil
	}
	if err != nil {
		return err
	}
	ev := w.event(warn, uid, time.Now())
	if count > 0 {
		err := w.repeat(ctx, ev, count+1)
		if !apierrors.IsNotFound(err) {
			return err
		}
	}
	body, err := json.Marshal(ev)
	if err != nil {
		return fmt.Errorf("write an Event: %w", err)
	}
	err = w.rest.Post().Namespace(ev.Namespace).Resource("events").SetHeader("Content-Type", jsonType).Body(body).Do(ctx).Error()
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// repeat raises the count of an Event that is there.
func (w *eventWriter) repeat(ctx context.Context, ev *eventsv1.Event, count int) error {
	patch, err := json.Marshal(map[string]any{"series": eventsv1.EventSeries{Count: int32(min(count, 1<<20)), LastObservedTime: ev.EventTime}})
	if err != nil {
		return fmt.Errorf("write an Event: %w", err)
	}
	return w.rest.Patch(types.MergePatchType).Namespace(ev.Namespace).Resource("events").Name(ev.Name).Body(patch).Do(ctx).Error()
}

// event makes the Event. Its name is made of what it says, so that the same Event isn't created twice, whoever tries.
func (w *eventWriter) event(warn Warning, uid types.UID, now time.Time) *eventsv1.Event {
	k := w.kinds[warn.Ref.Kind]
	note := warn.Why.String()
	if !strings.Contains(note, warn.Name) {
		note = warn.Name + ": " + note
	}
	if len(note) > maxNote {
		note = strings.ToValidUTF8(note[:maxNote-3], "") + "..."
	}
	hash := fnv.New64a()
	fmt.Fprintf(hash, "%s\x00%s\x00%s\x00%s\x00%s", warn.Ref, uid, warn.Name, warn.Why.Code, note)
	return &eventsv1.Event{
		TypeMeta: metav1.TypeMeta{APIVersion: eventsv1.SchemeGroupVersion.String(), Kind: "Event"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: cmp.Or(warn.Ref.Namespace, metav1.NamespaceDefault), // as the API asks for it
			Name:      fmt.Sprintf("%s.%016x", strings.TrimRight(warn.Ref.Name[:min(len(warn.Ref.Name), maxHead)], ".-"), hash.Sum64()),
		},
		EventTime: metav1.NewMicroTime(now), ReportingController: Controller, ReportingInstance: w.instance,
		Action: "Publish", Reason: string(warn.Why.Code), Type: corev1.EventTypeWarning, Note: note,
		Regarding: corev1.ObjectReference{APIVersion: k.apiVersion, Kind: k.kind, Namespace: warn.Ref.Namespace, Name: warn.Ref.Name, UID: uid},
	}
}

// uidOf asks for the object's uid, without which `kubectl describe` doesn't find its Events. Several Events of one object come one after another, so the
// last answer is kept for a moment. Where we may list but not get, the Event goes without.
func (w *eventWriter) uidOf(ctx context.Context, ref endpoint.Ref) (types.UID, error) {
	const moment = time.Minute
	k, known := w.kinds[ref.Kind]
	if !known || ref.Name == "" {
		return "", errUnknown
	}
	if ref == w.ref && time.Since(w.asked) < moment {
		return w.uid, nil
	}
	raw, err := w.get(ctx, k, ref)
	var found metav1.PartialObjectMetadata
	switch {
	case apierrors.IsNotFound(err):
		return "", errGone
	case apierrors.IsForbidden(err):
	case err != nil:
		return "", err
	default:
		if err := json.Unmarshal(raw, &found); err != nil {
			return "", fmt.Errorf("read the uid of %s: %w", ref, err)
		}
	}
	w.ref, w.uid, w.asked = ref, found.UID, time.Now()
	return found.UID, nil
}

// get asks for an object's metadata, in the first version that has it.
func (w *eventWriter) get(ctx context.Context, k kindPath, ref endpoint.Ref) (raw []byte, err error) {
	for _, prefix := range k.prefixes {
		req := w.rest.Get().AbsPath(prefix).Resource(k.resource).Name(ref.Name).
			SetHeader("Accept", "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json")
		if k.namespaced {
			req = req.Namespace(ref.Namespace)
		}
		if raw, err = req.Do(ctx).Raw(); !apierrors.IsNotFound(err) {
			break
		}
	}
	return raw, err
}
