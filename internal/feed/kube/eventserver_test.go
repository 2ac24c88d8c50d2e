// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	kubetest "nafuda.io/nafuda/test/kube"
)

// get reads a path of a cluster as its administrator.
func get(t *testing.T, c *kubetest.Cluster, path string, into any) {
	t.Helper()
	hc, err := rest.HTTPClientFor(c.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := hc.Get(c.Server + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil {
		err = json.Unmarshal(body, into)
	}
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s %v: %s", path, resp.Status, err, body)
	}
}

// described are the Events that `kubectl describe` shows of an object: those with its kind, name and uid.
func described(t *testing.T, c *kubetest.Cluster, kind, path string) []corev1.Event {
	t.Helper()
	var obj struct {
		Metadata struct{ Namespace, Name, UID string }
	}
	get(t, c, path, &obj)
	ns := obj.Metadata.Namespace
	selector := fmt.Sprintf("involvedObject.kind=%s,involvedObject.name=%s,involvedObject.namespace=%s,involvedObject.uid=%s", kind, obj.Metadata.Name, ns, obj.Metadata.UID)
	if ns == "" {
		ns = "default"
	}
	var list corev1.EventList
	get(t, c, "/api/v1/namespaces/"+ns+"/events?fieldSelector="+url.QueryEscape(selector), &list)
	return list.Items
}

// writer writes Events as a user, or as the administrator.
func writer(t *testing.T, kubeconfig string) *Events {
	t.Helper()
	return open(t, kubeconfig).Events(func() bool { return true })
}

func TestEventsOnAServer(t *testing.T) {
	c := kubetest.Start(t)
	c.Apply(t, namespace("told")+service("told", "web", "x")+"\n---\napiVersion: v1\nkind: Node\nmetadata: {name: worker}\n")
	w := Warning{
		Ref: endpoint.Ref{Kind: "service", Namespace: "told", Name: "web"}, Name: "web.example.com",
		Why: reason.New(reason.OtherOwner, "zone example.com: the record set web.example.com A belongs to other"),
	}
	e := writer(t, c.Kubeconfig)
	t.Run("is shown by describe", func(t *testing.T) {
		for count := range 3 { // the second and the third raise its count
			if err := e.write(t.Context(), w, count); err != nil {
				t.Fatal(err)
			}
		}
		list := described(t, c, "Service", "/api/v1/namespaces/told/services/web")
		if len(list) != 1 {
			t.Fatalf("%d Events, want one: %+v", len(list), list)
		}
		ev := list[0]
		if ev.Type != "Warning" || ev.Reason != "OtherOwner" || ev.ReportingController != Controller || ev.Action != "Publish" || ev.Message != w.Why.String() {
			t.Errorf("the Event is %+v", ev)
		}
		if ev.Series == nil || ev.Series.Count != 3 {
			t.Errorf("its series is %+v, want the count 3", ev.Series)
		}
	})
	t.Run("isn't written twice after a restart", func(t *testing.T) {
		if err := writer(t, c.Kubeconfig).write(t.Context(), w, 0); err != nil {
			t.Fatal(err)
		}
		if list := described(t, c, "Service", "/api/v1/namespaces/told/services/web"); len(list) != 1 {
			t.Errorf("%d Events, want one", len(list))
		}
	})
	t.Run("of an object of the cluster", func(t *testing.T) {
		node := w
		node.Ref = endpoint.Ref{Kind: "node", Name: "worker"}
		if err := e.write(t.Context(), node, 1); err != nil { // one that the server has forgotten is created again
			t.Fatal(err)
		}
		if list := described(t, c, "Node", "/api/v1/nodes/worker"); len(list) != 1 {
			t.Errorf("%d Events, want one", len(list))
		}
	})
	t.Run("of an object that is gone", func(t *testing.T) {
		gone := w
		gone.Ref.Name = "gone"
		if err := e.write(t.Context(), gone, 0); !errors.Is(err, errGone) || outcome(err) != eventUseless {
			t.Errorf("it gives %v, want errGone", err)
		}
		gone.Gone = true
		if err := e.write(t.Context(), gone, 0); err != nil {
			t.Errorf("where that is known, it gives %v", err)
		}
		var list corev1.EventList
		get(t, c, "/api/v1/namespaces/told/events?fieldSelector="+url.QueryEscape("involvedObject.name=gone"), &list)
		if len(list.Items) != 1 {
			t.Errorf("its namespace has %d Events of it, want one", len(list.Items))
		}
		gone.Ref.Namespace = "nowhere"
		if err := e.write(t.Context(), gone, 0); outcome(err) != eventUseless {
			t.Errorf("without a namespace it gives %v", err)
		}
	})
	t.Run("by a role without Events", func(t *testing.T) { forbiddenEvents(t, c, w) })
	t.Run("by a role that may list and create only", func(t *testing.T) { createOnly(t, c, w) })
}

func forbiddenEvents(t *testing.T, c *kubetest.Cluster, w Warning) {
	c.Apply(t, role("reads", `{apiGroups: [""], resources: [services], verbs: [get, list, watch]}`))
	err := writer(t, c.CreateUser(t, "reads").Kubeconfig).write(t.Context(), w, 0)
	if !apierrors.IsForbidden(err) || outcome(err) != eventForbidden {
		t.Errorf("it gives %v", err)
	}
}

func createOnly(t *testing.T, c *kubetest.Cluster, w Warning) {
	c.Apply(t, role("creates", `{apiGroups: [events.k8s.io], resources: [events], verbs: [create]}`))
	w.Why.Text += " without uid"
	if err := writer(t, c.CreateUser(t, "creates").Kubeconfig).write(t.Context(), w, 0); err != nil {
		t.Fatal(err)
	}
	var list corev1.EventList
	get(t, c, "/api/v1/namespaces/told/events", &list)
	found := false
	for _, ev := range list.Items {
		found = found || strings.Contains(ev.Message, "without uid") && ev.InvolvedObject.UID == "" && ev.InvolvedObject.Name == "web"
	}
	if !found {
		t.Errorf("no Event without uid among %+v", list.Items)
	}
}

func role(name, rule string) string {
	return fmt.Sprintf("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: %s}\nrules: [%s]\n", name, rule)
}

// TestEventWhoseServerHangs: a request has an end.
func TestAliveEventRequestEnds(t *testing.T) {
	t.Parallel()
	gone := make(chan time.Duration, 1)
	f := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		<-r.Context().Done()
		gone <- time.Since(begin)
	})
	e := f.Events(func() bool { return true })
	if err := e.write(t.Context(), warning("a", "a.example.com"), 0); outcome(err) != eventFailed {
		t.Errorf("it gives %v", err)
	}
	<-gone
}
