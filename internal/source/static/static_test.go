// SPDX-License-Identifier: Apache-2.0

package static_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/source/kinds"
	"nafuda.io/nafuda/internal/source/static"
)

func TestNames(t *testing.T) {
	for name, tc := range map[string]struct {
		why  string
		text string
		want kinds.Static
	}{
		"address":  {why: "the plain case", text: "nas.example.com=192.0.2.1", want: kinds.Static{Name: "nas.example.com", Targets: []string{"192.0.2.1"}}},
		"families": {why: "each address once, in one order", text: "nas.example.com=2001:db8::1,192.0.2.1,2001:DB8:0::1", want: kinds.Static{Name: "nas.example.com", Targets: []string{"192.0.2.1", "2001:db8::1"}}},
		"host":     {why: "in lower case, without the final dot", text: "WWW.example.com.=NAS.example.com.", want: kinds.Static{Name: "www.example.com", Targets: []string{"nas.example.com"}}},
		"public":   {why: "a word, not a host name", text: "home.example.com=wan", want: kinds.Static{Name: "home.example.com", WAN: true}},
		"seconds":  {why: "a TTL of its own", text: "home.example.com=wan ttl=30", want: kinds.Static{Name: "home.example.com", WAN: true, TTL: 30}},
		"duration": {why: "as annotations have it", text: "  home.example.com=192.0.2.1   ttl=2m ", want: kinds.Static{Name: "home.example.com", Targets: []string{"192.0.2.1"}, TTL: 120}},
	} {
		t.Run(name, func(t *testing.T) {
			o := static.Options{Names: []string{tc.text}}
			if err := o.Check(); err != nil {
				t.Fatalf("%v: %s", err, tc.why)
			}
			if diff := cmp.Diff([]*kinds.Static{&tc.want}, o.Objects()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		why   string
		names []string
		want  []string // parts of the error
	}{
		"empty":      {why: "nothing is no name", names: []string{" "}, want: []string{"home.example.com=wan"}},
		"no target":  {why: "a name alone points nowhere", names: []string{"home.example.com"}, want: []string{"write the target"}},
		"no name":    {why: "a target alone is nobody's", names: []string{"=wan"}, want: []string{"read the name"}},
		"two":        {why: "one entry a name", names: []string{"a.example.com=192.0.2.1", "A.example.com=192.0.2.2"}, want: []string{"given twice"}},
		"mixed":      {why: "a CNAME has no company", names: []string{"a.example.com=192.0.2.1,b.example.com"}, want: []string{"stand alone"}},
		"hosts":      {why: "nor a second CNAME", names: []string{"a.example.com=c.example.com,b.example.com"}, want: []string{"stand alone"}},
		"wan and":    {why: "the public address is all there is", names: []string{"a.example.com=wan,192.0.2.1"}, want: []string{"stand alone"}},
		"no address": {why: "a number too many", names: []string{"a.example.com=192.0.2.1.1"}, want: []string{"192.0.2.1.1"}},
		"option":     {why: "a word that nobody knows", names: []string{"a.example.com=wan tll=60"}, want: []string{"only ttl=SECONDS"}},
		"ttl":        {why: "0 is no TTL", names: []string{"a.example.com=wan ttl=0"}, want: []string{"TTL"}},
		"all":        {why: "every mistake is told", names: []string{"a", "b"}, want: []string{"--static=a:", "--static=b:"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := static.Options{Names: tc.names}.Check()
			if err == nil {
				t.Fatal("no error: " + tc.why)
			}
			for _, part := range tc.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q isn't in %q: %s", part, err, tc.why)
				}
			}
		})
	}
}

func TestEval(t *testing.T) {
	s := &kinds.Static{Name: "nas.example.com", Targets: []string{"192.0.2.1", "2001:db8::1"}, TTL: 30}
	r := static.New().Eval(s, nil)
	if len(r.Endpoints) != 2 || len(r.Holds) > 0 || len(r.Refusals) > 0 {
		t.Fatalf("got %+v", r)
	}
	for i, want := range []record.Type{record.A, record.AAAA} {
		e := r.Endpoints[i]
		if e.Type != want || e.Name != "nas.example.com" || e.TTL != 30 || e.From.Ref != (endpoint.Ref{Kind: "static", Name: "nas.example.com"}) || e.From.Source != "static" {
			t.Errorf("endpoint %d is %+v of %+v", i, e, e.From)
		}
	}
	if r := static.New().Eval("something else", nil); !r.Empty() {
		t.Errorf("what isn't ours gives %+v", r)
	}
}

func FuzzNames(f *testing.F) {
	for _, s := range []string{"home.example.com=wan ttl=60", "a=b,c", "=", "a.example.com=2001:db8::1%eth0", "*.example.com=192.0.2.1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o := static.Options{Names: []string{text}}
		if o.Check() != nil {
			return
		}
		objects := o.Objects()
		if len(objects) != 1 || !objects[0].WAN && len(objects[0].Targets) == 0 {
			t.Fatalf("%q passes, and gives %v", text, objects)
		}
		if r := static.New().Eval(objects[0], nil); len(r.Refusals) > 0 || !slices.IsSorted(objects[0].Targets) {
			t.Fatalf("%q passes, and gives %+v", text, r)
		}
	})
}
