// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/model/reason"
)

const eventRole = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: events}
rules: [{apiGroups: [events.k8s.io], resources: [events], verbs: [create, patch]}]
`

// mayWriteEvents gives the program's user the permission to write Events.
func (s *suite) mayWriteEvents(t *testing.T) {
	t.Helper()
	s.cluster.Apply(t, eventRole)
	s.user = s.cluster.CreateUser(t, "external-dns", "events")
}

// wantEvent waits until there is a Warning of a reason about an object, or, without a name, about any, and fails where one object has two. What is held is told
// when it has been for a minute.
func (s *suite) wantEvent(t *testing.T, object string, why reason.Code) {
	t.Helper()
	cfg := s.cluster.Config(t)
	client, err := rest.HTTPClientFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	for {
		found := make(map[string]int)
		var list struct {
			Items []struct {
				Type, Reason string
				Regarding    struct{ Name string }
			}
		}
		if err := json.Unmarshal(send(t, client, http.MethodGet, cfg.Host+"/apis/events.k8s.io/v1/namespaces/default/events"), &list); err != nil {
			t.Fatal(err)
		}
		for _, e := range list.Items {
			if e.Type == "Warning" && e.Reason == string(why) && (object == "" || e.Regarding.Name == object) {
				found[e.Regarding.Name]++
			}
		}
		for name, n := range found {
			if n > 1 {
				t.Errorf("%s has %d Events of %s", name, n, why)
			}
		}
		if len(found) > 0 {
			return
		}
		if time.Since(start) > 2*time.Minute {
			t.Fatalf("there is no Event of %s", why)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("the test ended")
		}
	}
}
