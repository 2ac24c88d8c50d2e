// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry"
)

// Run tests a store; open makes an empty one.
func Run(t *testing.T, open func(t *testing.T) registry.Store) {
	for name, test := range map[string]func(*testing.T, registry.Store){
		"a row is what was written": roundTrip, "a write needs what it expects": conditions, "two owners, one row": race,
		"many rows": pages, "an ended context ends a call": cancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func key(name string, id ...string) record.Key {
	k := record.Key{Name: dnsname.Name(name), Type: record.A}
	if len(id) > 0 {
		k.ID = id[0]
	}
	return k
}

func row(k record.Key, owner string, labels ...string) registry.Row {
	r := registry.Row{Key: k, Owner: owner, Labels: map[string]string{}}
	for i := 0; i < len(labels); i += 2 {
		r.Labels[labels[i]] = labels[i+1]
	}
	return r
}

func swap(t *testing.T, s registry.Store, before, after *registry.Row) {
	t.Helper()
	if err := s.Swap(t.Context(), before, after); err != nil {
		t.Fatal(err)
	}
}

func roundTrip(t *testing.T, s registry.Store) {
	for _, r := range []registry.Row{
		row(key("www.example.com"), "me"), row(key("a.example.com", "eu#1"), "me", "resource", "ingress/ns/x", "nafuda/writing/Z1", "00"),
		row(key("*.example.com"), "you", "resource", `service/ns/"'#`, "future", ""),
	} {
		swap(t, s, nil, &r)
		got, err := s.Get(t.Context(), r.Key)
		if err != nil || !registry.Same(&r, got) {
			t.Errorf("wrote %+v, read %+v, %v", r, got, err)
		}
	}
	all, err := s.Load(t.Context())
	if err != nil || len(all) != 3 || all[0].Key.Compare(all[1].Key) >= 0 {
		t.Errorf("%+v, %v: want 3 rows, sorted", all, err)
	}
	if r, err := s.Get(t.Context(), key("none.example.com")); r != nil || err != nil {
		t.Errorf("%+v, %v: want none", r, err)
	}
}

func conditions(t *testing.T, s registry.Store) {
	k := key("www.example.com")
	stands := row(k, "me", "resource", "i/x", "other", "1")
	swap(t, s, nil, &stands)
	next := row(k, "me", "resource", "i/y")
	for why, before := range map[string]*registry.Row{
		"there is one": nil, "of another owner": ptr(row(k, "you", "resource", "i/x", "other", "1")), "a label differs": ptr(row(k, "me", "resource", "i/z", "other", "1")),
		"a label is missing there": ptr(row(k, "me", "resource", "i/x", "third", "1")), "one more there": ptr(row(k, "me", "resource", "i/x")),
		"one less there": ptr(row(k, "me", "resource", "i/x", "other", "1", "third", "3")), "no labels": {Key: k, Owner: "me"}, "empty labels": ptr(row(k, "me")),
	} {
		for _, after := range []*registry.Row{&next, nil} {
			if before == nil && after == nil {
				continue
			}
			if err := s.Swap(t.Context(), before, after); !errors.Is(err, registry.ErrChanged) {
				t.Errorf("%s: %v", why, err)
			}
		}
	}
	got, err := s.Get(t.Context(), k)
	if err != nil || got == nil {
		t.Fatal(got, err)
	}
	if diff := cmp.Diff(stands, *got); diff != "" {
		t.Errorf("a refused write has changed something: %s", diff)
	}
	swap(t, s, &stands, &next)
	swap(t, s, &next, nil)
	if err := s.Swap(t.Context(), &next, nil); !errors.Is(err, registry.ErrChanged) {
		t.Errorf("what isn't there was removed: %v", err)
	}
}

func ptr(r registry.Row) *registry.Row { return &r }

// race lets owners want the same rows at once: each row gets exactly one.
func race(t *testing.T, s registry.Store) {
	const keys, owners = 20, 4
	var won [keys]atomic.Int32
	var wg sync.WaitGroup
	for o := range owners {
		for k := range keys {
			wg.Go(func() {
				r := row(key(fmt.Sprintf("n%d.example.com", k)), fmt.Sprint("owner", o))
				err := s.Swap(t.Context(), nil, &r)
				if err == nil {
					won[k].Add(1)
				} else if !errors.Is(err, registry.ErrChanged) {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	for k := range won {
		if n := won[k].Load(); n != 1 {
			t.Errorf("%d owners have got the row n%d.example.com", n, k)
		}
	}
}

// pages writes more than a page of a table holds, 1 MB.
func pages(t *testing.T, s registry.Store) {
	const n = 60
	long := make([]byte, 30_000)
	for i := range long {
		long[i] = 'x'
	}
	for i := range n {
		r := row(key(fmt.Sprintf("n%d.example.com", i)), "me", "long", string(long))
		swap(t, s, nil, &r)
	}
	all, err := s.Load(t.Context())
	if err != nil || len(all) != n {
		t.Errorf("%d rows, %v: want %d", len(all), err, n)
	}
}

func cancelled(t *testing.T, s registry.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := row(key("www.example.com"), "me")
	if err := s.Swap(ctx, nil, &r); err == nil || errors.Is(err, registry.ErrChanged) {
		t.Errorf("swap: %v", err)
	}
	if _, err := s.Get(ctx, r.Key); err == nil {
		t.Error("get: no error")
	}
	if _, err := s.Load(ctx); err == nil {
		t.Error("load: no error")
	}
}
