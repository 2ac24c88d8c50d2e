// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/ops/metrics"
	"nafuda.io/nafuda/internal/ops/report"
)

// lookEvery is how often the configuration file is looked at. It is read rather than watched: a mounted ConfigMap changes by swapping a link
// two folders up, and network file systems tell nobody.
const lookEvery = time.Second

// mostConfig is how much is read of it; document.MaxBytes, which refuses more, is less.
const mostConfig = 2 << 20

// reloader brings what the configuration file says into force while the program runs.
type reloader struct {
	options *Options // as they are in force; views and the names of --static apart, they never change
	reread  func() (Options, []error)
	now     *publishing
	replace func(context.Context, []reconcile.Account, []reconcile.View) error
	entered func([]reconcile.Account) // is told of accounts before they are used
	metrics *metrics.Metrics
	log     *slog.Logger
	prepare func(*Options) // does to options what was done to the first ones
	watched watched

	mu     sync.Mutex // guards status
	status report.ConfigStatus
}

// newReloader returns what reads the file again, or nil where there is none. From then on, views are those that were read last.
func (p *program) newReloader(to *publishing) *reloader {
	o := &p.options
	if o.Config == "" || o.Reread == nil || o.Loop.Once {
		return nil
	}
	o.live = new(atomic.Pointer[[]ViewOptions])
	o.live.Store(&o.Views)
	r := &reloader{
		options: o, reread: o.Reread, now: to, replace: p.loop.Replace, metrics: p.metrics, log: p.log, prepare: p.watchRequests,
		entered: func(list []reconcile.Account) { p.providers.Store(providersOf(list)) },
		status:  report.ConfigStatus{File: o.Config, Since: time.Now()},
	}
	r.watched, _ = o.watched() // which has been found right before
	r.metrics.Config(false, r.status.Since)
	return r
}

// watched is what views have objects watched for: it stays while the program runs.
type watched struct{ namespaces, labels, annotations []string }

func (o *Options) watched() (w watched, err error) {
	w.namespaces = o.namespaces()
	w.labels, w.annotations, err = o.selected()
	return w, err
}

// misses lists the keys by which views need more than is watched.
func (w watched) misses(need watched) []string {
	more := func(have, want []string) bool {
		return slices.ContainsFunc(want, func(s string) bool { return !slices.Contains(have, s) })
	}
	var out []string
	if len(w.namespaces) > 0 && (len(need.namespaces) == 0 || more(w.namespaces, need.namespaces)) {
		out = append(out, "namespace")
	}
	if more(w.labels, need.labels) {
		out = append(out, "label-filter")
	}
	if more(w.annotations, need.annotations) {
		out = append(out, "annotation-filter")
	}
	return out
}

// state is what became of the file last; nil: there is none. Safe for concurrent use.
func (r *reloader) state() *report.ConfigStatus {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.status
	return &s
}

// run looks at the file until the context ends.
func (r *reloader) run(ctx context.Context) {
	if r == nil {
		return
	}
	tried := look(r.options.Config)
	seen := tried
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := look(r.options.Config)
		if stable := now == seen; stable && now != tried { // who writes it may be in the midst of it
			tried = now
			r.try(ctx)
		}
		seen = now
	}
}

// look is what a file holds, or why it can't be read, to be compared.
func look(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return "can't be read: " + err.Error()
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostConfig))
	if err != nil {
		return "can't be read: " + err.Error()
	}
	return "holds " + string(text)
}

// try reads the file, and brings it into force if it can be.
func (r *reloader) try(ctx context.Context) {
	o, mistakes := r.reread()
	if len(mistakes) > 0 {
		r.refuse(mistakes, nil)
		return
	}
	if keys := r.needRestart(&o); len(keys) > 0 {
		r.refuse(nil, keys)
		return
	}
	r.prepare(&o)
	o.served = r.options.served
	to, err := o.publishing(ctx, r.now)
	if err == nil {
		r.entered(append(r.now.accounts(), to.accounts()...))
		err = r.replace(ctx, to.accounts(), to.views)
	}
	if err != nil {
		r.refuse([]error{err}, nil)
		return
	}
	r.now = to
	if r.options.static != nil {
		r.options.static.Replace(o.written())
	}
	r.options.live.Store(&o.Views)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = report.ConfigStatus{File: r.options.Config, Since: time.Now()}
	r.metrics.Config(false, r.status.Since)
	r.log.Info("the configuration file has changed and is in force", "file", r.options.Config, "views", len(o.Views))
}

// refuse says that what was in force goes on, and why.
func (r *reloader) refuse(mistakes []error, restart []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Refused, r.status.Mistakes, r.status.Restart = true, nil, restart
	for _, err := range mistakes {
		r.status.Mistakes = append(r.status.Mistakes, err.Error())
	}
	r.metrics.Config(true, r.status.Since)
	if len(restart) > 0 {
		r.log.Error("the configuration file has changed, and a restart is needed; what it said before stays in force", "file", r.options.Config, "keys", restart)
		return
	}
	r.log.Error("the configuration file can't be used; what it said before stays in force", "file", r.options.Config, "err", errors.Join(mistakes...))
}

// needRestart lists the keys that differ from those in force and that only a restart changes: those of the process, and those of views that
// have objects watched otherwise.
func (r *reloader) needRestart(o *Options) []string {
	keys := differing(reflect.ValueOf(*r.options), reflect.ValueOf(*o))
	if r.options.static != nil { // which is told of the names
		keys = slices.DeleteFunc(keys, func(key string) bool { return key == "static" })
	}
	need, err := o.watched()
	if err != nil {
		return append(keys, err.Error())
	}
	return append(keys, r.watched.misses(need)...)
}

// differing lists the names of flags whose values aren't the same, but those of views.
func differing(a, b reflect.Value) []string {
	var out []string
	for i := range a.NumField() {
		f := a.Type().Field(i)
		switch name := f.Tag.Get("name"); {
		case !f.IsExported() || f.Type == reflect.TypeFor[ViewOptions]() || f.Tag.Get("kong") == "-":
		case name != "" && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()):
			out = append(out, name)
		case name == "" && f.Type.Kind() == reflect.Struct:
			out = append(out, differing(a.Field(i), b.Field(i))...)
		}
	}
	return out
}
