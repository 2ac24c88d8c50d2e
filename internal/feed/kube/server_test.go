// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/source"
)

// api is an API server of one page, without streamed lists, as servers before 1.32 are. Its state is changed while it runs.
type api struct {
	mu     sync.Mutex
	list   func(w http.ResponseWriter, r *http.Request)
	watch  func(w http.ResponseWriter, r *http.Request)
	cut    chan struct{} // closed: the watches in hand end
	agents map[string]bool
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	list, watch := a.list, a.watch
	if a.agents == nil {
		a.agents = make(map[string]bool)
	}
	a.agents[r.UserAgent()] = true
	a.mu.Unlock()
	q := r.URL.Query()
	switch {
	case q.Get("watch") == "":
		list(w, r)
	case q.Get("sendInitialEvents") != "":
		status(w, http.StatusUnprocessableEntity, "Invalid")
	default:
		watch(w, r)
	}
}

func (a *api) set(list, watch http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.list, a.watch = list, watch
}

func status(w http.ResponseWriter, code int, reason string) {
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(code)
	fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"message":"no luck","code":%d}`, reason, code)
}

func refuse(code int, reason string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { status(w, code, reason) }
}

// listing answers with services of the given names, two a page where paged.
func listing(paged bool, names ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from, next := 0, ""
		if c := r.URL.Query().Get("continue"); c != "" {
			fmt.Sscanf(c, "at-%d", &from)
		}
		to := len(names)
		if paged && to-from > 2 {
			to = from + 2
			next = fmt.Sprintf("at-%d", to)
		}
		items := make([]string, 0, to-from)
		for _, n := range names[from:to] {
			items = append(items, fmt.Sprintf(`{"metadata":{"name":%q,"namespace":"default","labels":{"text":"here"},"resourceVersion":"5"}}`, n))
		}
		w.Header().Set("Content-Type", jsonType)
		fmt.Fprintf(w, `{"kind":"ServiceList","apiVersion":"v1","metadata":{"resourceVersion":"7","continue":%q},"items":[%s]}`, next, strings.Join(items, ","))
	}
}

// watching keeps a watch open until its end is asked for.
func (a *api) watching(events ...string) http.HandlerFunc {
	a.mu.Lock()
	defer a.mu.Unlock()
	cut := make(chan struct{})
	a.cut = cut
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		for _, e := range events {
			fmt.Fprintln(w, e)
		}
		w.(http.Flusher).Flush()
		select {
		case <-cut:
		case <-r.Context().Done():
		}
	}
}

func TestStatesOfAKind(t *testing.T) {
	tests := map[string]struct {
		list http.HandlerFunc
		want feed.State
		says string
		why  string
	}{
		"forbidden":   {refuse(403, "Forbidden"), feed.Forbidden, "grant list and watch", "a person has to grant it"},
		"no kind":     {refuse(404, "NotFound"), feed.Absent, "install it", "the custom resource isn't installed"},
		"broken":      {refuse(500, "InternalError"), feed.Failing, "no luck", "the server may be well again soon"},
		"unavailable": {refuse(503, "ServiceUnavailable"), feed.Failing, "no luck", "the server may be well again soon"},
		"not JSON": {
			func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, feed.Failing, "watch services",
			"something else answers at the address",
		},
		"ends at once": {func(w http.ResponseWriter, _ *http.Request) { hijack(w) }, feed.Failing, "EOF", "the connection broke"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &api{}
			a.set(tt.list, a.watching())
			f := serve(t, a.ServeHTTP)
			f.retry = time.Millisecond
			r := run(t, f, "service")
			r.untilState("service", tt.want)
			if err := r.Err["service"]; err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v doesn't say %q (%s)", err, tt.says, tt.why)
			}
			a.set(listing(false, "a"), a.watching())
			r.untilState("service", feed.Synced)
			if r.Has["service/default/a"] != "here" || r.Err["service"] != nil {
				t.Errorf("after it recovered: %v, %v", r.Has, r.Err["service"])
			}
			a.mu.Lock()
			defer a.mu.Unlock()
			if !a.agents["nafuda/1.2.3"] || len(a.agents) != 1 {
				t.Errorf("user agents %v", a.agents)
			}
		})
	}
}

func hijack(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

func TestUnknownKind(t *testing.T) {
	r := run(t, serve(t, refuse(500, "InternalError")), "gateway")
	r.untilState("gateway", feed.Absent)
}

func TestPages(t *testing.T) {
	a := &api{}
	a.set(listing(true, "e", "d", "c", "b", "a"), a.watching())
	r := run(t, serve(t, a.ServeHTTP), "service")
	r.untilState("service", feed.Synced)
	got := make([]string, 0, 5)
	for _, d := range r.Events[0].Deltas {
		got = append(got, d.Ref.Name)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d", "e"}, got); diff != "" || !r.Events[0].Replace {
		t.Errorf("the pages aren't one sorted Replace: %s", diff)
	}
}

// A watch that ends and is established again at once is every day's business.
func TestBlink(t *testing.T) {
	t.Parallel()
	a := &api{}
	var opened atomic.Int32
	count := func(h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { opened.Add(1); h(w, r) }
	}
	event := func(kind, name, text string) string {
		b, err := json.Marshal(map[string]any{"type": kind, "object": map[string]any{
			"kind": "Service", "apiVersion": "v1",
			"metadata": map[string]any{"name": name, "namespace": "default", "labels": map[string]string{"text": text}, "resourceVersion": "9"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	a.set(listing(false, "a"), count(a.watching(event("ADDED", "b", "first"))))
	r := run(t, serve(t, a.ServeHTTP), "service")
	r.Until("the first watch", func() bool { return r.Has["service/default/b"] == "first" })
	first := a.cut
	a.set(listing(false, "a"), count(a.watching(event("MODIFIED", "b", "second"), event("DELETED", "a", "here"))))
	close(first)
	r.Until("the second watch", func() bool { return r.Has["service/default/b"] == "second" && r.Has["service/default/a"] == "" })
	for _, e := range r.Events {
		if e.State != feed.Same && e.State != feed.Synced {
			t.Errorf("state %s (%v) though the watch was established again at once", e.State, e.Err)
		}
	}
	if opened.Load() < 2 {
		t.Errorf("%d watches: the first didn't end", opened.Load())
	}
}

// A watch that can't be established again is a failure, even where what was listed is still there.
func TestWatchBreaks(t *testing.T) {
	for _, tt := range []struct {
		code   int
		reason string
		want   feed.State
	}{{429, "TooManyRequests", feed.Failing}, {500, "InternalError", feed.Failing}, {403, "Forbidden", feed.Forbidden}} {
		t.Run(tt.reason, func(t *testing.T) {
			t.Parallel()
			a := &api{}
			a.set(listing(false, "a"), a.watching())
			f := serve(t, a.ServeHTTP)
			f.retry = time.Millisecond
			r := run(t, f, "service")
			r.untilState("service", feed.Synced)
			first := a.cut
			a.set(listing(false, "a"), refuse(tt.code, tt.reason))
			close(first)
			r.untilState("service", tt.want)
			if r.Has["service/default/a"] != "here" {
				t.Error("what was sent didn't stay")
			}
			a.set(listing(false, "a"), a.watching())
			r.untilState("service", feed.Synced)
		})
	}
}

// The time limit of a request ends a list that hangs, and no watch.
func TestRequestTimeout(t *testing.T) {
	t.Parallel()
	a := &api{}
	var lists atomic.Int32
	hang := func(_ http.ResponseWriter, r *http.Request) { lists.Add(1); <-r.Context().Done() }
	a.set(hang, a.watching())
	f := serve(t, a.ServeHTTP)
	f.client.timeout = 10 * time.Millisecond
	r := run(t, f, "service")
	r.untilState("service", feed.Failing)
	if lists.Load() == 0 {
		t.Error("nothing was listed")
	}
	if f.client.http.Timeout != 0 {
		t.Errorf("the client's own timeout is %v; it would cut watches", f.client.http.Timeout)
	}
}

func TestNamespaceOfManyFails(t *testing.T) {
	t.Parallel()
	a := &api{}
	var broken atomic.Bool
	broken.Store(true)
	ok := listing(false, "a")
	a.set(func(w http.ResponseWriter, r *http.Request) {
		if broken.Load() && strings.Contains(r.URL.Path, "/namespaces/two/") {
			status(w, 403, "Forbidden")
			return
		}
		ok(w, r)
	}, a.watching())
	f := serve(t, a.ServeHTTP, "one", "two")
	f.retry = time.Millisecond
	r := run(t, f, "service")
	r.untilState("service", feed.Forbidden)
	if err := r.Err["service"]; !strings.Contains(err.Error(), "in namespace two") {
		t.Errorf("the error doesn't name the namespace: %v", err)
	}
	broken.Store(false)
	r.untilState("service", feed.Synced)
}

// A server that is gone for a while makes the kind failing, and nothing that was sent is taken back.
func TestServerGoesAway(t *testing.T) {
	t.Parallel()
	a := &api{}
	a.set(listing(false, "a"), a.watching())
	srv := httptest.NewServer(a)
	addr := srv.Listener.Addr().String()
	f, err := fromConfig(&rest.Config{Host: srv.URL}, Options{QPS: 1000, Burst: 1000}, testKinds(), source.Keep{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, f, "service")
	r.untilState("service", feed.Synced)
	srv.CloseClientConnections()
	close(a.cut)
	srv.Close()
	r.untilState("service", feed.Failing)
	if r.Has["service/default/a"] != "here" || r.Err["service"] == nil {
		t.Errorf("objects %v, error %v", r.Has, r.Err["service"])
	}
	a.set(listing(false, "b"), a.watching())
	again, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	srv = &httptest.Server{Listener: again, Config: &http.Server{Handler: a}}
	srv.Start()
	t.Cleanup(srv.Close)
	r.untilState("service", feed.Synced)
}

// A server that takes a watch's request and never answers is one that can't be read; other kinds go on.
func TestProofServerThatHangs(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-end:
		}
	}))
	t.Cleanup(func() { close(end); srv.Close() })
	f, err := fromConfig(&rest.Config{Host: srv.URL}, Options{QPS: 1000, Burst: 1000, RequestTimeout: 100 * time.Millisecond}, testKinds(), source.Keep{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, f, "service")
	r.untilState("service", feed.Failing)
}
