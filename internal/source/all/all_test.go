// SPDX-License-Identifier: Apache-2.0

package all_test

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"nafuda.io/nafuda/internal/source/all"
)

func TestNamesAgree(t *testing.T) {
	var o all.Options
	kinds := all.Kinds(o)
	for name, s := range all.Sources(o) {
		if s.Name != name {
			t.Errorf("the source %q calls itself %q", name, s.Name)
		}
		if _, ok := kinds[s.Kind]; !ok || s.Eval == nil {
			t.Errorf("%s: kind %q unknown, or no Eval", name, s.Kind)
		}
		for _, u := range s.Uses {
			if _, ok := kinds[u.Kind]; !ok || u.For == "" {
				t.Errorf("%s uses the kind %q for %q", name, u.Kind, u.For)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	for name, tc := range map[string]struct {
		why   string
		flags []string
		use   []string
		want  []string // parts of the error; none: no error
	}{
		"defaults":        {why: "no flag is a valid configuration", use: []string{"service", "ingress"}},
		"unknown source":  {why: "the name is exact", use: []string{"Ingress"}, want: []string{"--source=Ingress", "ingress, service"}},
		"all at once":     {why: "every mistake is told", flags: []string{"--annotation-prefix=a", "--service-type-filter=clusterip"}, use: []string{"x"}, want: []string{"--annotation-prefix=a", "--service-type-filter=clusterip", "--source=x"}},
		"two slashes":     {why: "no key has two", flags: []string{"--annotation-prefix=a/b/"}, want: []string{"one slash"}},
		"slash only":      {why: "it isn't a domain name", flags: []string{"--annotation-prefix=/"}, want: []string{"one slash"}},
		"ignore, service": {why: "nothing could ever be published", flags: []string{"--ignore-hostname-annotation"}, use: []string{"service"}, want: []string{"nothing would be published"}},
		"ignore, ingress": {why: "rules and TLS remain", flags: []string{"--ignore-hostname-annotation"}, use: []string{"service", "ingress"}},
		"ignore, routes":  {why: "spec.hostnames and listeners remain", flags: []string{"--ignore-hostname-annotation"}, use: []string{"gateway-httproute"}},
		"gateway filter":  {why: "it is a label selector", flags: []string{"--gateway-label-filter=a in"}, use: []string{"gateway-httproute"}, want: []string{"--gateway-label-filter=a in"}},
		"empty prefix":    {why: "given and empty isn't the same as not given", flags: []string{"--annotation-prefix="}, want: []string{"the prefix is empty"}},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := parse(tc.flags...)
			if err == nil {
				err = o.Check(tc.use)
			}
			if (err != nil) != (len(tc.want) > 0) {
				t.Fatalf("got %v, want %q: %s", err, tc.want, tc.why)
			}
			for _, part := range tc.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q isn't in %q: %s", part, err, tc.why)
				}
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	o, err := parse()
	if err != nil || !o.Service.ExcludeUnschedulable {
		t.Errorf("cordoned nodes are left out by default; got %+v, %v", o, err)
	}
	o, err = parse("--no-exclude-unschedulable")
	if err != nil || o.Service.ExcludeUnschedulable {
		t.Errorf("--no-exclude-unschedulable gives %+v, %v", o, err)
	}
}

// parse reads flags as the command line does.
func parse(flags ...string) (all.Options, error) {
	var o all.Options
	parser, err := kong.New(&o)
	if err != nil {
		return o, err
	}
	_, err = parser.Parse(flags)
	return o, err
}
