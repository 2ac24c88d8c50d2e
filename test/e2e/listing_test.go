// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/test/kube"
)

// TestIncidentListingTimesOut is about proof and apart. The API server took longer than thirty seconds to list a cluster's objects;
// the incumbent went on with the empty list that it had, and deleted everything.
func TestIncidentListingTimesOut(t *testing.T) {
	s := begin(t)
	allowed := file(t, "testdata/clusterrole.yaml")
	for name, tt := range map[string]struct {
		why      string
		how      func(http.ResponseWriter, *http.Request) // nil: by permission
		state    feed.State
		reason   reason.Code
		notReady bool
	}{
		"hangs":     {"no answer comes", hangs, feed.Failing, reason.NotSynced, true},
		"504":       {"a proxy gives up", gatewayTimeout, feed.Failing, reason.NotSynced, true},
		"timeout":   {"the server gives up", serverTimeout, feed.Failing, reason.NotSynced, true},
		"forbidden": {"the role has lost the kind; what nobody waits for doesn't make it unready", nil, feed.Forbidden, reason.KindForbidden, false},
	} {
		t.Run(name, func(t *testing.T) {
			w, gate := s.gated(t)
			ends := func() { gate.fail(tt.how) }
			mends := func() { gate.fail(nil) }
			if tt.how == nil {
				ends = func() {
					w.cluster.Apply(t, strings.Replace(allowed, "resources: [ingresses]", "resources: [ingressclasses]", 1))
					s.untilListed(t, http.StatusForbidden)
					gate.fail(nil)
				}
				mends = func() { w.cluster.Apply(t, allowed); s.untilListed(t, http.StatusOK) }
			}
			w.listingEnds(tt.state, tt.reason, tt.notReady, ends, mends)
		})
	}
}

// listingEnds has the listing of Ingresses end before the program starts, and again while it runs.
func (w *world) listingEnds(state feed.State, why reason.Code, notReady bool, ends, mends func()) {
	w.t.Helper()
	of := func(short, kind string) []string {
		return []string{short + ".example.com A 300 192.0.2.1", marker("prefix_a-"+short+".example.com", kind+"/default/"+short)}
	}
	for short, kind := range map[string]string{"in-1": "ingress", "in-2": "ingress", "in-gone": "ingress", "sv-1": "service", "sv-gone": "service"} {
		name := dnsName(short + ".example.com")
		w.put(set(name, record.A, "192.0.2.1"), mark("ZOWNER", "prefix_a-"+name, kind+"/default/"+short))
	}
	in1, in2 := ingress("in-1", "in-1.example.com", "192.0.2.1"), ingress("in-2", "in-2.example.com", "192.0.2.1")
	sv1, sv2 := service("sv-1", "192.0.2.1", "hostname=sv-1.example.com"), service("sv-2", "192.0.2.1", "hostname=sv-2.example.com")
	w.cluster.Apply(w.t, in1+in2+sv1+sv2)

	ends()
	p := w.start(with("--policy=sync", "--delete-after=1s", "--max-delete-percent=100", "--kube-api-request-timeout=2s"))
	ofIn1, ofIn2, ofGone, ofSv1, ofSv2 := of("in-1", "ingress"), of("in-2", "ingress"), of("in-gone", "ingress"), of("sv-1", "service"), of("sv-2", "service")
	w.want(slices.Concat(ofIn1, ofIn2, ofGone, ofSv1, ofSv2)...) // sv-gone went, sv-2 came
	p.wantKind("ingress", state)
	p.wantVerdict("in-gone.example.com", change.Held, why)
	p.wantReady(!notReady)
	mends()
	w.want(slices.Concat(ofIn1, ofIn2, ofSv1, ofSv2)...)
	p.wantKind("ingress", feed.Synced)
	p.wantReady(true)

	ends()
	p.wantKind("ingress", state)
	w.cluster.Delete(w.t, in1+sv1)
	w.want(slices.Concat(ofIn1, ofIn2, ofSv2)...)
	w.cluster.Apply(w.t, sv1)
	w.want(slices.Concat(ofIn1, ofIn2, ofSv1, ofSv2)...)
	mends()
	w.want(slices.Concat(ofIn2, ofSv1, ofSv2)...)
	p.wantReady(true)
}

// wantReady waits until /readyz says so, or that the source ingress isn't.
func (p *process) wantReady(ready bool) {
	p.t.Helper()
	if ready {
		p.ready()
		return
	}
	kube.Wait(p.t, "the program says what it hasn't read", func() error {
		if _, err := p.get("/readyz"); err == nil || !strings.Contains(err.Error(), "ingress") {
			return fmt.Errorf("it says %w", err)
		}
		return nil
	})
}

// wantKind waits until a kind has a state.
func (p *process) wantKind(name string, state feed.State) {
	p.t.Helper()
	kube.Wait(p.t, "the kind "+name, func() error {
		s, err := p.status()
		if err != nil {
			return err
		}
		for _, k := range s.Kinds {
			if k.Name == name && k.State != state {
				return fmt.Errorf("it is %s, want %s", k.State, state)
			}
		}
		return nil
	})
}

// untilListed waits until the API server answers the reference user's listing of Ingresses with a status.
func (s *suite) untilListed(t *testing.T, status int) {
	t.Helper()
	cfg, err := clientcmd.BuildConfigFromFlags("", s.user.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	client, err := rest.HTTPClientFor(cfg)
	if err != nil {
		t.Fatal(err)
	}
	kube.Wait(t, "the permission", func() error {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, cfg.Host+"/apis/networking.k8s.io/v1/ingresses", nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		resp.Body.Close()
		if resp.StatusCode != status {
			return fmt.Errorf("the listing's status is %s", resp.Status)
		}
		return nil
	})
}
