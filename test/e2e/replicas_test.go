// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"nafuda.io/nafuda/test/kube"
)

const leaseRole = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: leases}
rules: [{apiGroups: [coordination.k8s.io], resources: [leases], verbs: [get, create, update]}]
`

// toll stands between the replicas and Route 53: it delays writes and notes whose were under way from when to when.
type toll struct {
	next  http.Handler
	mu    sync.Mutex // guards what follows
	delay time.Duration
	begun int
	spans []span
}

type span struct {
	who        string // key id
	begin, end time.Time
}

func (x *toll) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		x.next.ServeHTTP(w, r)
		return
	}
	_, rest, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	who, _, _ := strings.Cut(rest, "/")
	body, err := io.ReadAll(r.Body) // only then the server notices that who asked is gone
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	s := span{who: who, begin: time.Now()}
	x.mu.Lock()
	x.begun++
	delay := x.delay
	x.mu.Unlock()
	select {
	case <-time.After(delay):
		x.next.ServeHTTP(w, r)
	case <-r.Context().Done():
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	s.end = time.Now()
	x.spans = append(x.spans, s)
}

func (x *toll) slow(d time.Duration) { x.mu.Lock(); defer x.mu.Unlock(); x.delay = d }

func (x *toll) writes() int { x.mu.Lock(); defer x.mu.Unlock(); return x.begun }

// apart tells who wrote, in order, and fails where two did at once.
func (x *toll) apart(t *testing.T) []string {
	t.Helper()
	x.mu.Lock()
	defer x.mu.Unlock()
	slices.SortFunc(x.spans, func(a, b span) int { return a.begin.Compare(b.begin) })
	var who []string
	for i, s := range x.spans {
		if i > 0 && s.who != x.spans[i-1].who && s.begin.Before(x.spans[i-1].end) {
			t.Errorf("%s and %s wrote at once", x.spans[i-1].who, s.who)
		}
		who = append(who, s.who)
	}
	return slices.Compact(who)
}

// replicas makes a world in which several processes share one role, which allows leases, and one Lease.
func (s *suite) replicas(t *testing.T) (*world, *toll) {
	t.Helper()
	mine := *s
	s.cluster.Apply(t, leaseRole)
	mine.user = s.cluster.CreateUser(t, "external-dns", "leases")
	w := mine.world(t)
	target, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	x := &toll{next: httputil.NewSingleHostReverseProxy(target)}
	srv := httptest.NewServer(x)
	t.Cleanup(srv.Close)
	w.url = srv.URL
	return w, x
}

func (w *world) replica(name, lease string) *process {
	return w.start(with("--policy=sync", "--leader-elect=true", "--lease-name="+lease), "AWS_ACCESS_KEY_ID="+name)
}

// standby waits until the process says that it is one.
func (p *process) standby() {
	p.t.Helper()
	kube.Wait(p.t, "a standby that is ready", func() error {
		body, err := p.get("/readyz")
		if err == nil && !strings.Contains(string(body), "has the lease") {
			err = fmt.Errorf("it says %s", body)
		}
		return err
	})
}

// kill ends the process as a crash does.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	p.cmd = nil
	<-p.done
}

// handOver has three replicas follow one another, by a planned end, by a crash and after a standstill of the API server, while objects change and writes
// are slow. No two of them write at once, and nothing is lost.
func handOver(t *testing.T, s *suite) {
	w, x := s.replicas(t)
	x.slow(300 * time.Millisecond)
	n := 0
	change := func() { n++; w.cluster.Apply(t, ingress("web", "web.example.com", fmt.Sprintf("192.0.2.%d", n))) }
	published := func() {
		t.Helper()
		w.want(fmt.Sprintf("web.example.com A 300 192.0.2.%d", n), marker("prefix_a-web.example.com", "ingress/default/web"))
	}
	change()
	first := w.replica("FIRST", "takes-turns")
	published()
	second := w.replica("SECOND", "takes-turns")
	second.standby()
	if page, err := second.get("/metrics"); err != nil || !strings.Contains(string(page), "nafuda_leader 0") {
		t.Errorf("the standby's metrics don't say that it is one: %v", err)
	}
	before := x.writes()
	change()
	kube.Wait(t, "a batch is under way", func() error {
		if x.writes() == before {
			return fmt.Errorf("none yet")
		}
		return nil
	})
	change()
	first.stop()
	second.wantLog("leading: this replica publishes")
	published()
	third := w.replica("THIRD", "takes-turns")
	third.standby()
	change()
	second.kill()
	dead := time.Now()
	change()
	third.wantLog("leading: this replica publishes")
	if took := time.Since(dead); took > 15*time.Second {
		t.Errorf("after a crash it took %s, want 15 s at most", took)
	}
	published()
	unknown := func() int { return third.count("standby: it isn't known who has the lease") }
	said := unknown()
	thaw := w.cluster.Freeze(t)
	kube.Wait(t, "the leader stops", func() error {
		if unknown() == said {
			return fmt.Errorf("it goes on")
		}
		return nil
	})
	thaw()
	change()
	published()
	if got, want := x.apart(t), []string{"FIRST", "SECOND", "THIRD"}; !slices.Equal(got, want) {
		t.Errorf("%v wrote, want %v", got, want)
	}
}

// endsBatch tells the program to end while a batch is under way: the batch comes to its end, and so does the program, in time; who comes next needn't wait
// for the lease.
func endsBatch(t *testing.T, s *suite) {
	w, x := s.replicas(t)
	p := w.replica("FIRST", "ends-batch")
	p.ready()
	x.slow(2 * time.Second)
	w.cluster.Apply(t, ingress("web", "web.example.com", "192.0.2.1"))
	kube.Wait(t, "a batch is under way", func() error {
		if x.writes() == 0 {
			return fmt.Errorf("none yet")
		}
		return nil
	})
	told := time.Now()
	p.stop()
	if took := time.Since(told); took > 5*time.Second {
		t.Errorf("the end took %s, want 5 s at most", took)
	}
	if got := len(w.batches()); got != 1 {
		t.Errorf("%d batches were applied, want the one under way", got)
	}
	w.want("web.example.com A 300 192.0.2.1", marker("prefix_a-web.example.com", "ingress/default/web"))
	if p.count(`level=error`) > 0 {
		t.Error("the end has logged an error")
	}
	ended := time.Now()
	w.replica("SECOND", "ends-batch").wantLog("leading: this replica publishes")
	if took := time.Since(ended); took > 8*time.Second {
		t.Errorf("the next one waited %s for a lease that was given up", took)
	}
	x.slow(0)
}

// endsNow gives the program a second signal: it doesn't wait any more.
func endsNow(t *testing.T, s *suite) {
	w, x := s.replicas(t)
	p := w.replica("FIRST", "ends-now")
	p.ready()
	x.slow(time.Minute)
	w.cluster.Apply(t, ingress("web", "web.example.com", "192.0.2.1"))
	kube.Wait(t, "a batch is under way", func() error {
		if x.writes() == 0 {
			return fmt.Errorf("none yet")
		}
		return nil
	})
	cmd := p.cmd
	p.cmd = nil
	told := time.Now()
	kube.Wait(t, "it ends", func() error {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-p.done:
			return nil
		default:
			return fmt.Errorf("it runs")
		}
	})
	if took := time.Since(told); took > 3*time.Second {
		t.Errorf("the end took %s", took)
	}
}
