// SPDX-License-Identifier: Apache-2.0

package objects_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/memory/objects"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/source"
)

// pod is a slim object with one index.
type pod struct{ App, IP string }

var kinds = []source.Kind{
	{Name: "pod", Indexes: map[string]func(any) []string{"app": func(slim any) []string { return []string{slim.(pod).App} }}},
	{Name: "service"},
}

func ref(kind, name string) endpoint.Ref {
	return endpoint.Ref{Kind: kind, Namespace: "ns", Name: name}
}

var svc = ref("service", "s")

// synced is a store whose kinds have been read in full.
func synced() *objects.Store {
	s := objects.New(kinds)
	s.SetState("pod", feed.Synced, nil)
	s.SetState("service", feed.Synced, nil)
	return s
}

func TestPutTellsReaders(t *testing.T) {
	for name, tc := range map[string]struct {
		why    string
		before any
		after  any
		read   func(source.Objects)
		told   bool
	}{
		"got":            {why: "what was read has changed", before: pod{"a", "1"}, after: pod{"a", "2"}, read: func(l source.Objects) { l.Get(ref("pod", "p")) }, told: true},
		"missed":         {why: "a miss is a read", after: pod{"a", "1"}, read: func(l source.Objects) { l.Get(ref("pod", "p")) }, told: true},
		"gone":           {why: "what was read is gone", before: pod{"a", "1"}, read: func(l source.Objects) { l.Get(ref("pod", "p")) }, told: true},
		"other":          {why: "another object was read", after: pod{"a", "1"}, read: func(l source.Objects) { l.Get(ref("pod", "q")) }},
		"listed, old":    {why: "it leaves the value that was read", before: pod{"a", "1"}, after: pod{"b", "1"}, read: func(l source.Objects) { l.List("pod", "app", "a") }, told: true},
		"listed, new":    {why: "it comes to the value that was read", before: pod{"a", "1"}, after: pod{"b", "1"}, read: func(l source.Objects) { l.List("pod", "app", "b") }, told: true},
		"listed, other":  {why: "it never had the value", before: pod{"a", "1"}, after: pod{"b", "1"}, read: func(l source.Objects) { l.List("pod", "app", "c") }},
		"listed, all":    {why: "all were read", before: pod{"a", "1"}, after: pod{"a", "2"}, read: func(l source.Objects) { l.List("pod", "", "") }, told: true},
		"equal":          {why: "nothing has changed", before: pod{"a", "1"}, after: pod{"a", "1"}, read: func(l source.Objects) { l.Get(ref("pod", "p")) }},
		"absent twice":   {why: "nothing has changed", read: func(l source.Objects) { l.Get(ref("pod", "p")) }},
		"asked why only": {why: "a kind's error isn't an object", after: pod{"a", "1"}, read: func(l source.Objects) { _ = l.Why("pod") }},
	} {
		t.Run(name, func(t *testing.T) {
			s := synced()
			s.Put(ref("pod", "p"), tc.before)
			tc.read(s.Reader(svc))
			changed, readers := s.Put(ref("pod", "p"), tc.after)
			if changed != (tc.before != tc.after) {
				t.Errorf("changed = %v (%s)", changed, tc.why)
			}
			var want []endpoint.Ref
			if tc.told {
				want = []endpoint.Ref{svc}
			}
			if !slices.Equal(readers, want) {
				t.Errorf("readers %v, want %v (%s)", readers, want, tc.why)
			}
			s.Reader(svc) // forgets what it has read
			if _, readers := s.Put(ref("pod", "p"), pod{"a", "9"}); len(readers) > 0 {
				t.Errorf("%v read nothing since, and are told", readers)
			}
		})
	}
}

func TestKnown(t *testing.T) {
	failure := errors.New("timeout")
	for name, tc := range map[string]struct {
		why    string
		states []feed.State
		object bool // put after the first state
		known  bool
	}{
		"at first":                 {why: "nothing has been said yet"},
		"synced":                   {why: "everything there is has been sent", states: []feed.State{feed.Synced}, known: true},
		"synced, failing":          {why: "what was sent stays", states: []feed.State{feed.Synced, feed.Failing}, known: true},
		"synced, failing, objects": {why: "what was sent stays", states: []feed.State{feed.Synced, feed.Failing}, object: true, known: true},
		"failing":                  {why: "it has never been read", states: []feed.State{feed.Failing}},
		"failing in the list":      {why: "part of a list isn't the list: what isn't there may only not have come", states: []feed.State{feed.Failing, feed.Failing}, object: true},
		"forbidden":                {why: "we may not look", states: []feed.State{feed.Forbidden}},
		"synced, forbidden":        {why: "we may not look any more", states: []feed.State{feed.Synced, feed.Forbidden}, object: true},
		"forbidden, then failing":  {why: "we haven't looked since", states: []feed.State{feed.Synced, feed.Forbidden, feed.Failing}},
		"absent":                   {why: "the kind has gone: nothing is proven of its objects", states: []feed.State{feed.Synced, feed.Absent}},
		"back":                     {why: "read again", states: []feed.State{feed.Forbidden, feed.Synced}, known: true},
	} {
		t.Run(name, func(t *testing.T) {
			s := objects.New(kinds)
			was := false
			for i, state := range tc.states {
				_, before := s.Reader(svc).Get(ref("pod", "p"))
				told := s.SetState("pod", state, failure)
				_, was = s.Reader(svc).Get(ref("pod", "p"))
				if before != was && !slices.Equal(told, []endpoint.Ref{svc}) {
					t.Errorf("known went from %v to %v at %s, and %v are told", before, was, state, told)
				}
				if tc.object && i == 0 {
					s.Put(ref("pod", "p"), pod{"a", "1"})
				}
			}
			if _, list := s.Reader(svc).List("pod", "app", "a"); was != tc.known || list != tc.known {
				t.Errorf("known: Get %v, List %v; want %v (%s)", was, list, tc.known, tc.why)
			}
		})
	}
}

func TestStateIsToldOnce(t *testing.T) {
	s := objects.New(kinds)
	s.Reader(svc).Get(ref("pod", "p"))
	one, two := errors.New("one"), errors.New("two")
	for i, step := range []struct {
		state feed.State
		err   error
		told  bool
	}{
		{feed.Forbidden, one, true},
		{feed.Forbidden, one, false},
		{feed.Forbidden, two, true},
		{feed.Synced, nil, true},
		{feed.Synced, nil, false},
		{feed.Failing, one, false},
		{feed.Failing, two, false},
		{feed.Synced, nil, false},
	} {
		if told := s.SetState("pod", step.state, step.err); (len(told) > 0) != step.told {
			t.Errorf("step %d, %s: %v are told; want somebody: %v", i, step.state, told, step.told)
		}
	}
}

func TestUnknownKinds(t *testing.T) {
	s := synced()
	if changed, readers := s.Put(ref("gateway", "g"), pod{}); changed || readers != nil || s.Get(ref("gateway", "g")) != nil || s.Len("gateway") != 0 {
		t.Error("an object of a kind that isn't watched is kept")
	}
	l := s.Reader(svc)
	if _, known := l.Get(ref("gateway", "g")); known || l.Why("gateway") == nil {
		t.Error("a kind that no feed brings must be unknown, and tell why")
	}
	l.Get(ref("pod", "p"))
	l.List("pod", "", "")
	if got := s.Wanted(); !slices.Equal(got, []string{"pod"}) {
		t.Errorf("Wanted() = %v, want pod once", got)
	}
	if got := s.Wanted(); got != nil {
		t.Errorf("Wanted() again = %v", got)
	}
}

// TestAgainstANaiveModel compares look-ups with a map, and readers with what each would find differently.
func TestAgainstANaiveModel(t *testing.T) {
	names, apps := []string{"p", "q", "r"}, []string{"a", "b"}
	readers := []endpoint.Ref{ref("service", "s"), ref("service", "t")}
	rapid.Check(t, func(t *rapid.T) {
		s := synced()
		model := make(map[endpoint.Ref]pod)
		list := func(app string) (out []any) {
			for _, r := range slices.SortedFunc(maps.Keys(model), endpoint.Ref.Compare) {
				if app == "" || model[r].App == app {
					out = append(out, model[r])
				}
			}
			return out
		}
		answers := make(map[endpoint.Ref]func() []any) // what a reader would find now
		found := make(map[endpoint.Ref][]any)          // what it has found
		t.Repeat(map[string]func(*rapid.T){
			"read": func(*rapid.T) {
				r := rapid.SampledFrom(readers).Draw(t, "reader")
				look := s.Reader(r)
				if rapid.Bool().Draw(t, "list") {
					app := rapid.SampledFrom(append(apps, "")).Draw(t, "app")
					index := "app"
					if app == "" {
						index = ""
					}
					answers[r] = func() []any { return list(app) }
					found[r], _ = look.List("pod", index, app)
				} else {
					p := ref("pod", rapid.SampledFrom(names).Draw(t, "name"))
					answers[r] = func() []any {
						if o, ok := model[p]; ok {
							return []any{o}
						}
						return nil
					}
					found[r] = nil
					if o, _ := look.Get(p); o != nil {
						found[r] = []any{o}
					}
				}
				if want := answers[r](); len(want)+len(found[r]) > 0 && !cmp.Equal(found[r], want) {
					t.Fatalf("found %v, want %v", found[r], want)
				}
			},
			"put": func(*rapid.T) {
				p := ref("pod", rapid.SampledFrom(names).Draw(t, "name"))
				var obj any
				delete(model, p)
				if rapid.IntRange(0, 2).Draw(t, "gone") > 0 {
					o := pod{rapid.SampledFrom(apps).Draw(t, "app"), rapid.SampledFrom([]string{"1", "2"}).Draw(t, "ip")}
					obj, model[p] = o, o
				}
				_, told := s.Put(p, obj)
				for r, answer := range answers {
					now := answer()
					if len(now)+len(found[r]) > 0 && !cmp.Equal(now, found[r]) && !slices.Contains(told, r) {
						t.Fatalf("%s would find %v instead of %v, and isn't told", r, now, found[r])
					}
				}
				for _, r := range told {
					s.Reader(r)
					delete(answers, r)
					delete(found, r)
				}
				if s.Len("pod") != len(model) || len(s.Refs("pod")) != len(model) {
					t.Fatalf("%d objects, want %d", s.Len("pod"), len(model))
				}
			},
		})
	})
}
