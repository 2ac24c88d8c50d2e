// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
)

// dnsScript is a Verifier that answers as the test says.
type dnsScript struct {
	says func(q reconcile.Question, n int) reconcile.Answer // n questions about the name came before; nil: it never answers
	took time.Duration

	mu        sync.Mutex // guards what follows
	asked     []string
	at        []time.Time
	now, most int // questions in flight
}

func (o *dnsScript) Verify(ctx context.Context, q reconcile.Question) reconcile.Answer {
	line := fmt.Sprintf("%s at %s:", q.Name, strings.Join(q.Servers, " "))
	for _, s := range q.Sets {
		line += fmt.Sprintf(" %s %s", s.Type, strings.Join(s.Values, ","))
	}
	for _, t := range q.Types {
		line += fmt.Sprintf(" no %s", t)
	}
	o.mu.Lock()
	n := 0
	if len(o.asked) < 1000 {
		for _, other := range o.asked {
			if strings.HasPrefix(other, string(q.Name)+" ") {
				n++
			}
		}
		o.asked, o.at = append(o.asked, line), append(o.at, time.Now())
	}
	o.now++
	o.most = max(o.most, o.now)
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		o.now--
		o.mu.Unlock()
	}()
	if o.says == nil {
		<-ctx.Done()
		return reconcile.Answer{}
	}
	time.Sleep(o.took)
	return o.says(q, n)
}

// questions are those so far.
func (o *dnsScript) questions() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.asked)
}

func yes(reconcile.Question, int) reconcile.Answer { return reconcile.Answer{As: true} }

func not(code reason.Code) func(reconcile.Question, int) reconcile.Answer {
	return func(reconcile.Question, int) reconcile.Answer { return reconcile.Answer{Why: reason.New(code, "no")} }
}

// state is how far a name has come, and the reason's code.
func state(t *testing.T, l *reconcile.Loop, name string) string {
	t.Helper()
	all, err := l.Progress(context.Background(), dnsname.Name(name))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, p := range all {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s", p.State, p.Why.Code)))
	}
	return strings.Join(out, ", ")
}

// ends are what was heard of names' ways.
func (r *rig) ends() []string {
	var out []string
	for _, e := range r.seen() {
		switch e := e.(type) {
		case reconcile.Answering:
			out = append(out, fmt.Sprintf("%s answers after %s", e.Name, e.Took))
		case reconcile.Unverified:
			out = append(out, fmt.Sprintf("%s: %s", e.Name, e.Why.Code))
		case reconcile.Delivered:
			out = append(out, fmt.Sprintf("%d of a batch answer after %s", e.Names, e.Took))
		}
	}
	return out
}
