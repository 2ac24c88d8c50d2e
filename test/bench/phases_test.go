// SPDX-License-Identifier: Apache-2.0

//go:build linux

package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"nafuda.io/nafuda/internal/serve/r53emu"
)

// latency is what is added to each request to the emulated service where a row says so.
const latency = 300 * time.Millisecond

// The intervals that the program has without flags.
const (
	interval = 5 * time.Minute
	resync   = 2 * time.Hour
)

// size measures all but the idle hour with one number of objects.
func (r *run) size(ctx context.Context, f *figures, o objects) error {
	f.place = o.String()
	s := newService(r.t)
	c, err := r.start(s, o.flags()...)
	if err != nil {
		return err
	}
	if err := r.publish(ctx, f, s, c); err != nil {
		return err
	}
	r.say("%d: %d single changes", f.size, *changed)
	if f.quick, err = r.changes(ctx, f, s, c, o, *changed); err != nil {
		return err
	}
	if f.rss, f.peak, err = c.memory(); err != nil {
		return err
	}
	if *slowly > 0 {
		r.say("%d: %d single changes with latency", f.size, *slowly)
		s.Fail("", -1, r53emu.Fault{Delay: latency})
		f.slow, err = r.changes(ctx, f, s, c, o, *slowly)
		s.Heal()
		if err != nil {
			return err
		}
	}
	r.say("%d: many changes at once", f.size)
	if f.storm, err = r.storm(ctx, f, s, o); err != nil {
		return err
	}
	if _, f.peak, err = c.memory(); err != nil {
		return err
	}
	c.stop()
	if f.size > *served { // reading a zone of 200,000 record sets at 5 requests a second takes two minutes
		return nil
	}
	r.say("%d: restart", f.size)
	f.restart, err = r.restart(ctx, s, o)
	return err
}

// publish waits until everything is published for the first time, and a little longer.
func (r *run) publish(ctx context.Context, f *figures, s *service, c *child) (err error) {
	r.say("%d: first publish", f.size)
	if f.publish, err = s.published(ctx, f.size); err != nil {
		return err
	}
	f.publishWrites = s.calls().Writes
	if _, err := c.ready(ctx); err != nil {
		return err
	}
	return r.quiet(ctx, s)
}

// quiet waits until the service hasn't been called for a while, and the limiter's bucket is full again.
func (r *run) quiet(ctx context.Context, s *service) error {
	const long, tries = 4 * time.Second, 10
	for range tries { // the rolling read of a large zone is never quiet
		before := s.calls()
		if err := pause(ctx, long); err != nil {
			return err
		}
		if s.calls() == before {
			break
		}
	}
	return nil
}

// changes changes one object after the other, each when the one before is published, at most four a second.
func (r *run) changes(ctx context.Context, f *figures, s *service, c *child, o objects, n int) (*changes, error) {
	out := &changes{}
	before := s.calls()
	spent, err := c.processor()
	if err != nil {
		return nil, err
	}
	begin := time.Now()
	for k := range n {
		const least, jitter = 200 * time.Millisecond, 100 * time.Millisecond
		next := time.Now().Add(least + rand.N(jitter))
		// Which objects of those that have a file each, wherever they are in the order of names.
		i := (k * 7919) % min(f.size, single)
		if k%min(f.size, single) == 0 {
			r.generation++
		}
		asked := time.Now()
		if err := o.change(ctx, i, r.generation); err != nil {
			return nil, err
		}
		answered := time.Now()
		at, err := s.waitFor(ctx, host(i), address(i, r.generation), asked)
		if err != nil {
			return nil, err
		}
		out.latencies = append(out.latencies, at.Sub(answered))
		if err := pause(ctx, time.Until(next)); err != nil {
			return nil, err
		}
	}
	took := time.Since(begin)
	now, err := c.processor()
	if err != nil {
		return nil, err
	}
	out.processor, out.calls = now-spent, s.calls().minus(before)
	out.background = float64(took)/float64(resync)*float64(pages(f.size)) + float64(took)/float64(interval)
	return out, nil
}

// pages is how many requests it takes to list the zone.
func pages(size int) int {
	const perPage = 300
	return (2*size+2)/perPage + 1
}

// storm changes a thousand objects evenly within ten seconds.
func (r *run) storm(ctx context.Context, f *figures, s *service, o objects) (*storm, error) {
	const most, within = 1000, 10 * time.Second
	if err := r.quiet(ctx, s); err != nil {
		return nil, err
	}
	out := &storm{objects: min(most, f.size)}
	r.generation++
	before, begin := s.calls(), time.Now()
	asked := make([]time.Time, out.objects)
	for i := range out.objects {
		if err := pause(ctx, time.Until(begin.Add(within/time.Duration(out.objects)*time.Duration(i)))); err != nil {
			return nil, err
		}
		asked[i] = time.Now()
		if err := o.change(ctx, i, r.generation); err != nil {
			return nil, err
		}
	}
	changed := time.Since(begin)
	if changed > within+time.Second {
		r.say("%d: making %d changes took %s", f.size, out.objects, changed.Round(time.Millisecond))
	}
	for i := range out.objects {
		at, err := s.waitFor(ctx, host(i), address(i, r.generation), asked[i])
		if err != nil {
			return nil, err
		}
		out.settled = max(out.settled, at.Sub(begin))
	}
	out.calls = s.calls().minus(before)
	return out, nil
}

// restart starts the program on a zone that is as it should be.
func (r *run) restart(ctx context.Context, s *service, o objects) (*restart, error) {
	if err := r.quiet(ctx, s); err != nil {
		return nil, err
	}
	before := s.calls()
	c, err := r.start(s, o.flags()...)
	if err != nil {
		return nil, err
	}
	defer c.stop()
	out := &restart{}
	if out.ready, err = c.ready(ctx); err != nil {
		return nil, err
	}
	if err := r.quiet(ctx, s); err != nil { // writes that follow count too
		return nil, err
	}
	out.calls = s.calls().minus(before)
	out.rss, _, err = c.memory()
	return out, err
}

// idle counts the calls of an hour in which nothing changes, an hour being as long as idleFor says: what the program does by the
// clock is scaled in the same way.
func (r *run) idle(ctx context.Context, f *figures) error {
	scale := float64(*idleFor) / float64(time.Hour)
	files := folder{r.t.TempDir()}
	if err := files.load(ctx, f.size); err != nil {
		return err
	}
	s := newService(r.t)
	flags := append(files.flags(),
		fmt.Sprintf("--interval=%s", time.Duration(scale*float64(interval))), fmt.Sprintf("--resync-interval=%s", time.Duration(scale*float64(resync))))
	first, err := r.start(s, flags...)
	if err != nil {
		return err
	}
	if _, err := s.published(ctx, f.size); err != nil {
		return err
	}
	first.stop()
	// One that found the zone empty begins its rolling read an interval later; one that has read it all, at once.
	c, err := r.start(s, flags...)
	if err != nil {
		return err
	}
	defer c.stop()
	if _, err := c.ready(ctx); err != nil {
		return err
	}
	r.say("%d: idle for a scaled hour of %s", f.size, *idleFor)
	before := s.calls()
	if err := pause(ctx, *idleFor); err != nil {
		return err
	}
	counted := s.calls().minus(before)
	f.idle = &counted
	return nil
}
