// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"nafuda.io/nafuda/internal/model/zone"
)

// TestOneWriterWhateverTheClocksSay: the times in a Lease are those of its holder's clock, which may be a day off, or be set while it holds the lease. What counts is
// how long the Lease has been seen unchanged: who renews keeps it, and who doesn't loses it after its duration.
func TestOneWriterWhateverTheClocksSay(t *testing.T) {
	const day = 24 * time.Hour
	for why, off := range map[string]func(n int) time.Duration{
		"a day ahead":         func(int) time.Duration { return day },
		"a day behind":        func(int) time.Duration { return -day },
		"right":               func(int) time.Duration { return 0 },
		"set forward":         func(n int) time.Duration { return time.Duration(min(n/5, 1)) * day },
		"set back":            func(n int) time.Duration { return -time.Duration(min(n/5, 1)) * day },
		"to and fro for ever": func(n int) time.Duration { return time.Duration(n%2*2-1) * day },
	} {
		t.Run(why, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &path{hostile: &hostile{kind: true}}
				l := (&Lease{api: h, name: "x", id: "b", log: slog.New(slog.DiscardHandler)}).prepared()
				renew := func(n int) {
					other, seconds := "a", int32(leaseDuration/time.Second)
					at := metav1.NewMicroTime(time.Now().Add(off(n)))
					h.mu.Lock()
					h.lease = &coordinationv1.Lease{Spec: coordinationv1.LeaseSpec{HolderIdentity: &other, LeaseDurationSeconds: &seconds, RenewTime: &at, AcquireTime: &at}}
					h.lease.ResourceVersion = "1"
					h.mu.Unlock()
				}
				begin := time.Now()
				for n := range 20 {
					renew(n)
					for end := time.Now().Add(renewEvery); time.Now().Before(end); {
						time.Sleep(l.attempt(t.Context()))
					}
					if _, _, ours := l.Permit(zone.Key{}); ours {
						t.Fatalf("taken after %s from who renews it", time.Since(begin))
					}
				}
				last := time.Now().Add(-renewEvery)
				for !l.leads() {
					if time.Since(last) > leaseDuration+2*renewEvery {
						t.Fatal("nobody takes what isn't renewed any more")
					}
					time.Sleep(l.attempt(t.Context()))
				}
				if took := time.Since(last); took < leaseDuration {
					t.Errorf("taken %s after the last renewal, before its duration was over", took)
				}
			})
		})
	}
}
