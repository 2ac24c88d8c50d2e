// SPDX-License-Identifier: Apache-2.0

package limiter_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/loop/limiter"
)

// within runs a test with a limiter of 5 calls a second, 10 at once, in a bubble where time passes only when all wait.
func within(t *testing.T, test func(ctx context.Context, l *limiter.Limiter)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		l := limiter.New(5, 10)
		go l.Run(ctx)
		test(ctx, l)
	})
}

// calls waits so many times and returns how long that took, to the millisecond.
func calls(ctx context.Context, t *testing.T, l *limiter.Limiter, n int) time.Duration {
	t.Helper()
	start := time.Now()
	for range n {
		if err := l.Wait(ctx, limiter.User); err != nil {
			t.Fatal(err)
		}
	}
	return time.Since(start).Round(time.Millisecond)
}

func TestBurstThenRate(t *testing.T) {
	within(t, func(ctx context.Context, l *limiter.Limiter) {
		if took := calls(ctx, t, l, 10); took != 0 {
			t.Errorf("a burst took %s", took)
		}
		if took := calls(ctx, t, l, 10); took != 2*time.Second {
			t.Errorf("10 more calls took %s, want 2s", took)
		}
		time.Sleep(time.Hour)
		if took := calls(ctx, t, l, 11); took != 200*time.Millisecond {
			t.Errorf("after an hour 11 calls took %s: the bucket must hold 10", took)
		}
	})
}

func TestThrottlingHalvesAndSuccessRestores(t *testing.T) {
	within(t, func(ctx context.Context, l *limiter.Limiter) {
		l.Report(ctx, true)
		if took := calls(ctx, t, l, 5); took != 2*time.Second {
			t.Errorf("after throttling 5 calls took %s, want 2s: the burst is gone and the rate halved", took)
		}
		for range 100 {
			l.Report(ctx, false)
		}
		if took := calls(ctx, t, l, 10); took != 2*time.Second {
			t.Errorf("after successes 10 calls took %s, want 2s: the rate is what it was, and not more", took)
		}
		for range 100 {
			l.Report(ctx, true)
		}
		if took := calls(ctx, t, l, 2); took != 10*time.Second {
			t.Errorf("after endless throttling 2 calls took %s, want 10s: it never stops", took)
		}
	})
}

func TestSlowLimiterIsNotSpedUpByThrottling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		l := limiter.New(0.1, 1)
		go l.Run(ctx)
		l.Report(ctx, true)
		if took := calls(ctx, t, l, 2); took != 20*time.Second {
			t.Errorf("2 calls took %s, want 20s", took)
		}
	})
}

func TestAPersonGoesFirst(t *testing.T) {
	within(t, func(ctx context.Context, l *limiter.Limiter) {
		calls(ctx, t, l, 10)
		order := make(chan limiter.Priority, 6)
		wait := func(p limiter.Priority) {
			if l.Wait(ctx, p) == nil {
				order <- p
			}
		}
		for _, p := range []limiter.Priority{limiter.Background, limiter.Approved, limiter.User} {
			for range 2 {
				go wait(p)
			}
			synctest.Wait()
		}
		for i := range 6 {
			if got, want := <-order, limiter.User-limiter.Priority(i/2); got != want {
				t.Errorf("call %d had the priority %d, want %d", i, got, want)
			}
		}
	})
}

func TestContextEndsTheWait(t *testing.T) {
	within(t, func(ctx context.Context, l *limiter.Limiter) {
		calls(ctx, t, l, 10)
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		if err := l.Wait(short, limiter.Background); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait = %v, want the context's error", err)
		}
		if took := calls(ctx, t, l, 1); took != 150*time.Millisecond {
			t.Errorf("the next call took %s, want 150ms: who gave up took no call", took)
		}
	})
}

func TestReportDoesNotOutliveTheContext(t *testing.T) {
	l := limiter.New(5, 10) // not running
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	l.Report(ctx, true)
	if err := l.Wait(ctx, limiter.User); !errors.Is(err, context.Canceled) {
		t.Errorf("Wait = %v, want the context's error", err)
	}
}

// TestApartReadsHaveAShareWhileThrottled: changes that are throttled again and again keep waiting, so without a share no read would ever be made, and what
// is stale in one zone could not be read because of another.
func TestApartReadsHaveAShareWhileThrottled(t *testing.T) {
	within(t, func(ctx context.Context, l *limiter.Limiter) {
		calls(ctx, t, l, 10)
		l.Report(ctx, true)
		order := make(chan limiter.Priority)
		for range 2 { // one waits while the other has its turn
			for _, p := range []limiter.Priority{limiter.User, limiter.Approved, limiter.Background} {
				go func() {
					for l.Wait(ctx, p) == nil {
						select {
						case order <- p:
						case <-ctx.Done():
							return
						}
					}
				}()
			}
		}
		had := make(map[limiter.Priority]int)
		const n = 40
		for range n {
			p := <-order
			had[p]++
			l.Report(ctx, true)
			synctest.Wait()
		}
		if want := n / 4; had[limiter.Background] != want || had[limiter.User] != n-want {
			t.Errorf("of %d calls %d were reads and %d urgent, want %d and %d", n, had[limiter.Background], had[limiter.User], want, n-want)
		}
		for range 100 {
			l.Report(ctx, false)
		}
		before := had[limiter.User]
		for range n {
			had[<-order]++
			synctest.Wait()
		}
		if got := had[limiter.User] - before; got < n-1 { // a read may have been given its call before
			t.Errorf("at full rate %d of %d calls were urgent: reads have no share then", got, n)
		}
	})
}
