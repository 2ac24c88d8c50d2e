// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/memory/statedir"
)

// full is a folder on a disk that is full for a while, or that doesn't answer.
type full struct {
	statedir.Dir
	until time.Time
	hangs bool
}

func (f full) Save(ctx context.Context, state []byte) error {
	if !time.Now().Before(f.until) {
		return f.Dir.Save(ctx, state)
	}
	if f.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	return errors.New("no space left on device")
}

func TestBrakeDeletesNothingThatItCannotRemember(t *testing.T) {
	in(t, func(r *rig) {
		d := r.kept()
		r.guard = free
		objects := r.own(5)
		r.keeper = full{Dir: d, until: time.Now().Add(5 * time.Minute)}
		l := r.start()
		r.synced(objects[1:]...)
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		r.holds(5, "it can't be kept that one is spent")
		if got := reasons(t, l); !slices.Equal(got, []string{"n0.example.com NotKept"}) {
			t.Errorf("the status has %v", got)
		}
		if e, _ := last[reconcile.Unkept](r); e.Err == nil || !strings.Contains(e.Err.Error(), "no space left") {
			t.Errorf("told %v", e.Err)
		}
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		r.holds(4, "it can now")
		if got := reasons(t, l); len(got) > 0 {
			t.Errorf("the status has %v", got)
		}
		if e, _ := last[reconcile.Unkept](r); e.Err != nil {
			t.Errorf("told %v last, though it is saved again", e.Err)
		}
		if got, err := d.Load(context.Background()); err != nil || !strings.Contains(string(got), `"deletes":[[`) {
			t.Errorf("kept %s, %v", got, err)
		}
	})
}

// TestApartWhatAddsGoesOnThoughNothingCanBeKept: only what takes away needs the budget, even at one name.
func TestApartWhatAddsGoesOnThoughNothingCanBeKept(t *testing.T) {
	for why, hangs := range map[string]bool{"it fails": false, "it doesn't answer": true} {
		t.Run(why, func(t *testing.T) {
			in(t, func(r *rig) {
				d := r.kept()
				r.guard = free
				objects := r.own(3)
				r.keeper = full{d, time.Now().Add(time.Hour), hangs}
				r.start()
				r.synced(append(objects[1:], numbered(3, "192.0.2.3"))...)
				if !hangs {
					r.holds(4, "the new name is published at once")
				}
				time.Sleep(20 * time.Second) // one call of the keeper, and the loop knows
				synctest.Wait()
				r.holds(4, "the new name is published, and the old one waits")
				r.put("d/n4", ask("n4.example.com=192.0.2.4"))
				r.put("d/n1", ask("n1.example.com=192.0.2.11"))
				r.put("d/n2", ask("n2.example.com=2001:db8::2"))
				r.settle()
				r.holds(4+1-1, "a new name comes, a change of type is none that takes away, and the delete still waits")
				zone := strings.Join(r.zone("example.com"), "\n")
				for _, want := range []string{"n1.example.com A 192.0.2.11", "n2.example.com AAAA 2001:db8::2", "n0.example.com A 192.0.2.1"} {
					if !strings.Contains(zone, want) {
						t.Errorf("the zone hasn't %s:\n%s", want, zone)
					}
				}
				time.Sleep(time.Hour + time.Minute)
				synctest.Wait()
				r.holds(3, "what waited goes once it can be saved")
			})
		})
	}
}

func TestOnceEndsThoughNothingCanBeKept(t *testing.T) {
	in(t, func(r *rig) {
		d := r.kept()
		r.guard, r.opts.Once = free, true
		objects := r.own(3)
		r.keeper = full{Dir: d, until: time.Now().Add(time.Hour)}
		done := make(chan error, 1)
		go func() { done <- r.loop().Run(context.Background()) }()
		r.synced(append(objects[1:], numbered(3, "192.0.2.3"))...)
		select {
		case err := <-done:
			if !errors.Is(err, reconcile.ErrIncomplete) || !strings.Contains(err.Error(), "can't be saved") {
				t.Errorf("the run ended with %v", err)
			}
		case <-time.After(5 * time.Minute):
			t.Fatal("the run doesn't end")
		}
		r.holds(4, "the new name is published, and the old one stays")
	})
}
