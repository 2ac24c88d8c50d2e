// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/registry/txt"
)

// scene is a drawn installation: its options, its zones as they stand at the start, and what happens.
type scene struct {
	txt    txt.Options
	policy string
	start  map[string][]record.Set // by zone
	steps  []sceneStep
	reload []bool // after which steps the views are replaced by equal ones
}

type sceneStep struct {
	object string
	thing  *thing
	pause  time.Duration
}

var (
	sceneZones = []string{"example.com", "sub.example.com"}
	sceneNames = []string{
		"a.example.com", "b.example.com", "a-b.example.com", "cname-b.example.com", "x-a.example.com", "a-any.example.com", "aaaa-b.example.com", "*.example.com", "any.example.com", "example.com",
		"sub.example.com", "www.sub.example.com", "*.sub.example.com",
	}
	sceneTypes   = []string{"A", "AAAA", "CNAME"}
	sceneObjects = []string{"d/1", "d/2", "d/3"}
)

func zoneOf(name string) string {
	if dnsname.Name(name).In("sub.example.com") {
		return "sub.example.com"
	}
	return "example.com"
}

// spelling is one way to name a marker. The test has its own, apart from the registry's.
type spelling struct {
	prefix, suffix, wildcard string
	form                     string // typed, untyped, older (typed beside a template), apex
}

func (s spelling) of(name, kind string) string {
	const template = "%{record_type}"
	head, rest, _ := strings.Cut(name, ".")
	if head == "*" && s.wildcard != "" {
		head = s.wildcard
	}
	low := strings.ToLower(kind)
	templated := strings.Contains(s.prefix+s.suffix, template)
	in := low
	if s.form == "untyped" || s.form == "older" {
		in = ""
	}
	prefix, suffix := strings.ReplaceAll(s.prefix, template, in), strings.ReplaceAll(s.suffix, template, in)
	if s.form == "apex" {
		label := strings.TrimSuffix(prefix, ".")
		if !templated {
			label = low + "-" + label
		}
		return label + "." + name
	}
	if s.form == "typed" && !templated || s.form == "older" {
		head = low + "-" + head
	}
	return prefix + head + suffix + "." + rest
}

// spellings are all ways in which a marker of ours can be named that the options read.
func (s scene) spellings() []spelling {
	var out []spelling
	for _, prefix := range append([]string{s.txt.Prefix, ""}, s.txt.OldPrefix...) {
		suffix := ""
		if prefix == s.txt.Prefix {
			suffix = s.txt.Suffix
		}
		for _, form := range []string{"typed", "untyped", "older", "apex"} {
			if form != "apex" || prefix != "" {
				out = append(out, spelling{prefix, suffix, s.txt.Wildcard, form})
			}
		}
	}
	if s.txt.Suffix != "" {
		for _, form := range []string{"typed", "untyped"} {
			out = append(out, spelling{"", "", s.txt.Wildcard, form})
		}
	}
	return out
}

// marked reports whether an own marker stands where one of the record set could.
func (s scene) marked(set record.Set, zone []record.Set) bool {
	for _, sp := range s.spellings() {
		if sp.form == "untyped" && set.Type == record.AAAA || sp.form == "apex" && zoneOf(string(set.Name)) != string(set.Name) {
			continue
		}
		at := sp.of(string(set.Name), string(set.Type))
		if slices.ContainsFunc(zone, func(m record.Set) bool { return string(m.Name) == at && ownMarker(m) }) {
			return true
		}
	}
	return false
}

// texts reports whether a zone had a text that isn't a marker.
func (s scene) texts() bool {
	return slices.ContainsFunc(slices.Concat(slices.Collect(maps.Values(s.start))...), func(r record.Set) bool {
		return r.Type == record.TXT && !strings.Contains(r.Values[0], "heritage=")
	})
}

func ownMarker(s record.Set) bool {
	return s.Type == record.TXT && strings.Contains(s.Values[0], "heritage=external-dns,external-dns/owner=me,")
}

func text(name, value string) record.Set {
	return record.Set{Key: record.Key{Name: dnsname.Name(name), Type: record.TXT}, TTL: 300, Values: []string{record.Quote(value)}}
}

func marker(name, owner, resource string) record.Set {
	return text(name, "heritage=external-dns,external-dns/owner="+owner+",external-dns/resource="+resource)
}

func drawScene(t *rapid.T) scene {
	s := scene{start: make(map[string][]record.Set)}
	s.txt = txt.Options{Owner: "me"}
	if rapid.IntRange(0, 3).Draw(t, "suffix?") == 0 {
		s.txt.Suffix = rapid.SampledFrom([]string{"-s", "-%{record_type}-s", ".s"}).Draw(t, "suffix")
	} else {
		s.txt.Prefix = rapid.SampledFrom([]string{"", "x-", "x.", "%{record_type}-x.", "x-%{record_type}-"}).Draw(t, "prefix")
	}
	s.txt.Wildcard = rapid.SampledFrom([]string{"", "any"}).Draw(t, "wildcard")
	s.txt.Format = rapid.SampledFrom([]string{"auto", "auto", "typed", "untyped", "both"}).Draw(t, "format")
	s.txt.OldPrefix = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"old-", "old."}), 0, 2, rapid.ID[string]).Draw(t, "old")
	s.policy = rapid.SampledFrom([]string{"sync", "upsert-only", "create-only"}).Draw(t, "policy")
	for i := range rapid.IntRange(0, 8).Draw(t, "standing") {
		s.stand(t, fmt.Sprint(i))
	}
	for i := range rapid.IntRange(1, 8).Draw(t, "steps") {
		step := sceneStep{object: rapid.SampledFrom(sceneObjects).Draw(t, fmt.Sprint("object", i))}
		if rapid.IntRange(0, 3).Draw(t, "delete") > 0 {
			step.thing = s.draw(t)
		}
		step.pause = rapid.SampledFrom([]time.Duration{0, 2 * time.Second, 6 * time.Minute}).Draw(t, "pause")
		s.steps, s.reload = append(s.steps, step), append(s.reload, rapid.IntRange(0, 3).Draw(t, "reload") == 0)
	}
	return s
}

func (s scene) draw(t *rapid.T) *thing {
	out := ask()
	for _, n := range rapid.SliceOfNDistinct(rapid.SampledFrom(sceneNames), 0, 3, rapid.ID[string]).Draw(t, "names") {
		out.Names[n] = rapid.SampledFrom([][]string{{"192.0.2.1"}, {"192.0.2.2", "2001:db8::1"}, {"2001:db8::1"}, {"lb.example.net"}, {"hold"}, {"192.0.2.3", "hold"}}).Draw(t, "targets")
	}
	return out
}

// stand puts something into a zone: a record set of ours, of another owner or of nobody, or a marker without one.
func (s *scene) stand(t *rapid.T, i string) {
	name, kind := rapid.SampledFrom(sceneNames).Draw(t, "name"+i), rapid.SampledFrom(sceneTypes).Draw(t, "type"+i)
	value := map[string]string{"A": "203.0.113.9", "AAAA": "2001:db8::9", "CNAME": "lb.example.net"}[kind]
	what := rapid.SampledFrom([]string{"ours", "ours", "ours", "other", "hand", "orphan", "text"}).Draw(t, "what"+i)
	resource := rapid.SampledFrom([]string{"ingress/d/1", "ingress/d/2", "ingress/d/gone", "service/d/1"}).Draw(t, "resource"+i)
	spelt := rapid.SampledFrom(s.spellings()).Draw(t, "spelling"+i)
	if spelt.form == "apex" && name != zoneOf(name) {
		return
	}
	at := spelt.of(name, kind)
	var sets []record.Set
	if what != "orphan" && what != "text" {
		sets = append(sets, set(name, kind, value))
	}
	switch what {
	case "ours", "orphan":
		sets = append(sets, marker(at, "me", resource))
	case "other":
		sets = append(sets, marker(at, "other", resource))
	case "text":
		sets = append(sets, text(at, "v=spf1 -all"))
	}
	zone := zoneOf(name)
	next := slices.Clone(s.start[zone])
	for _, n := range sets {
		if !n.Name.In(dnsname.Name(zone)) || zoneOf(string(n.Name)) != zone || slices.ContainsFunc(next, func(o record.Set) bool {
			return o.Name == n.Name && (o.Type == n.Type || o.Type == record.CNAME || n.Type == record.CNAME)
		}) {
			return
		}
		next = append(next, n)
	}
	s.start[zone] = next
}

func (s scene) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%+v policy %s\n", s.txt, s.policy)
	for _, z := range sceneZones {
		for _, set := range s.start[z] {
			fmt.Fprintf(&b, "\t%s: %s %v\n", z, set.Key, set.Values)
		}
	}
	for i, step := range s.steps {
		if s.reload[i] {
			b.WriteString("\tviews replaced after:\n")
		}
		if step.thing == nil {
			fmt.Fprintf(&b, "\t%s deleted, then %s\n", step.object, step.pause)
		} else {
			fmt.Fprintf(&b, "\t%s asks %v, then %s\n", step.object, step.thing.Names, step.pause)
		}
	}
	return b.String()
}

// TestInvariants: whatever the options, the zones at the start and the order of deltas, what isn't ours stays byte for byte, what is ours has
// a marker, a policy is kept, the provider refuses nothing, and a fresh start finds nothing to do.
func TestInvariants(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScene(rt)
		synctest.Test(t, func(t *testing.T) { s.run(t, rt) })
	})
}

func (s scene) run(t *testing.T, rt *rapid.T) {
	failed := false
	fail := func(format string, args ...any) {
		failed = true
		rt.Errorf(format, args...)
	}
	r := newRig(t, sceneZones...)
	r.txt, r.view.Policy = s.txt, s.policy
	for z, sets := range s.start {
		r.memory.Put(z, sets...)
	}
	l := r.start()
	r.synced()
	objects := make(map[string]*thing)
	for i, step := range s.steps {
		r.put(step.object, step.thing)
		if s.reload[i] {
			r.labels = func(map[string]string) bool { return true } // can't be compared, so the loop takes it for another view
			r.replaceBy(l)
		}
		objects[step.object] = step.thing
		time.Sleep(step.pause)
	}
	r.settle()
	for _, z := range sceneZones {
		s.check(z, r.memory.Sets(z), fail)
	}
	for _, e := range r.events {
		if p, ok := e.(reconcile.Parked); ok {
			fail("%s is put off: %s", p.Name, p.Why)
		}
	}
	r.stop()
	before := [][]record.Set{r.memory.Sets(sceneZones[0]), r.memory.Sets(sceneZones[1])}
	writes := r.memory.Calls().Apply
	r.start()
	var ds []feed.Delta
	for _, at := range slices.Sorted(maps.Keys(objects)) {
		if objects[at] != nil {
			ds = append(ds, delta(at, objects[at]))
		}
	}
	r.synced(ds...)
	// Under auto a new name's form is that of the zone's majority at the start. Where that has changed meanwhile, an apex that had no
	// room for a typed marker may have it for an untyped one; and so may a name whose typed marker's place has somebody's text.
	formMay := s.txt.Format == "auto" && (s.txt.Prefix+s.txt.Suffix == "" || s.texts())
	if n := r.memory.Calls().Apply - writes; n != 0 && !formMay {
		fail("a fresh start over the same objects wrote %d times: %v → %v", n, before, [][]record.Set{r.memory.Sets(sceneZones[0]), r.memory.Sets(sceneZones[1])})
	}
	r.stop()
	if failed {
		rt.Logf("%s", s)
		for _, z := range sceneZones {
			rt.Logf("ends %s: %v", z, r.zone(z))
		}
	}
}

func (s scene) check(zone string, ends []record.Set, fail func(string, ...any)) {
	start := s.start[zone]
	is := func(sets []record.Set, want record.Set) bool {
		return slices.ContainsFunc(sets, func(o record.Set) bool { return o.Equal(want) })
	}
	for _, was := range start {
		foreign := was.Type == record.TXT && !ownMarker(was) || was.Type != record.TXT && !s.marked(was, start)
		if foreign && !is(ends, was) {
			fail("%s isn't ours and was changed", was.Key)
		}
		if s.policy == "create-only" && was.Type != record.TXT && !is(ends, was) {
			fail("%s was changed under create-only", was.Key)
		}
		stays := slices.ContainsFunc(ends, func(o record.Set) bool { return o.Name == was.Name && o.Type != record.TXT })
		if s.policy == "upsert-only" && was.Type != record.TXT && !stays {
			fail("%s is gone under upsert-only", was.Key)
		}
	}
	for _, now := range ends {
		if now.Type != record.TXT && now.Type != record.NS && now.Type != record.SOA && !is(start, now) && !s.marked(now, ends) {
			fail("%s has no marker", now.Key)
		}
	}
}

// TestSharedPlaces: objects that move between names of which one marker can be read for both.
func TestSharedPlaces(t *testing.T) {
	const lb = "192.0.2.1"
	for name, tc := range map[string]struct {
		why    string
		txt    txt.Options
		policy string
		steps  []sceneStep
		want   []string
	}{
		"wildcard to its replacement": {
			why: "any comes when * and its markers have gone", txt: txt.Options{Suffix: "-s", Wildcard: "any", Format: "both"}, policy: "sync",
			steps: []sceneStep{{"d/3", ask("*.example.com=" + lb), 2 * time.Second}, {"d/3", ask("any.example.com=" + lb), 0}},
			want:  []string{"any.example.com A " + lb, "any-s.example.com TXT me:d/3", "a-any-s.example.com TXT me:d/3"},
		},
		"wildcard stays": {
			why: "what isn't deleted keeps its marker, so any has none and isn't made", txt: txt.Options{Suffix: "-s", Wildcard: "any", Format: "auto"}, policy: "upsert-only",
			steps: []sceneStep{{"d/3", ask("*.example.com=" + lb), 2 * time.Second}, {"d/3", ask("any.example.com=" + lb), 0}},
			want:  []string{"*.example.com A " + lb, "a-any-s.example.com TXT me:d/3"},
		},
		"replacement stays": {
			why: "the other way round", txt: txt.Options{Suffix: "-s", Wildcard: "any", Format: "auto"}, policy: "upsert-only",
			steps: []sceneStep{{"d/3", ask("any.example.com=" + lb), 2 * time.Second}, {"d/3", ask("*.example.com=" + lb), 0}},
			want:  []string{"any.example.com A " + lb, "a-any-s.example.com TXT me:d/3"},
		},
		"a-b moves to b, upsert-only": {
			why: "a-b stands and keeps its marker", txt: txt.Options{Suffix: "-s", Format: "untyped"}, policy: "upsert-only",
			steps: []sceneStep{
				{"d/2", ask("a-b.example.com=" + lb), 2 * time.Second},
				{"d/1", ask("a.example.com="+lb, "b.example.com="+lb), 2 * time.Second},
				{"d/2", ask("b.example.com=" + lb), 0},
			},
			want: []string{"a-b.example.com A " + lb, "a-b-s.example.com TXT me:d/2", "a.example.com A " + lb, "a-s.example.com TXT me:d/1"},
		},
		"a-b moves to b, sync": {
			why: "b comes when a-b has gone; it is the older asker's", txt: txt.Options{Suffix: "-s", Format: "untyped"}, policy: "sync",
			steps: []sceneStep{
				{"d/2", ask("a-b.example.com=" + lb), 2 * time.Second},
				{"d/1", ask("a.example.com="+lb, "b.example.com="+lb), 2 * time.Second},
				{"d/2", ask("b.example.com=" + lb), 0},
			},
			want: []string{"a.example.com A " + lb, "a-s.example.com TXT me:d/1", "b.example.com A " + lb, "b-s.example.com TXT me:d/1"},
		},
		"all asked for and deleted": {
			why: "nothing stays", txt: txt.Options{Suffix: "-s", Format: "untyped"}, policy: "sync",
			steps: []sceneStep{{"d/1", ask("a-b.example.com="+lb, "a.example.com="+lb, "b.example.com="+lb), 2 * time.Second}, {"d/1", nil, 0}},
		},
		"all asked for at once, typed": {
			why: "they have room, in two batches", txt: txt.Options{Format: "typed"}, policy: "sync",
			steps: []sceneStep{{"d/1", ask("a-b.example.com="+lb, "b.example.com="+lb), 0}},
			want:  []string{"a-b.example.com A " + lb, "a-a-b.example.com TXT me:d/1", "b.example.com A " + lb, "a-b.example.com TXT me:d/1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, sceneZones...)
				r.txt, r.view.Policy = tc.txt, tc.policy
				r.txt.Owner = "me"
				r.start()
				r.synced()
				for _, step := range tc.steps {
					r.put(step.object, step.thing)
					time.Sleep(step.pause)
				}
				r.settle()
				r.want("example.com", tc.want...)
				r.stop()
				if t.Failed() {
					t.Log(tc.why)
				}
			})
		})
	}
}
