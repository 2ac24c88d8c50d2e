// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/model/record"
)

// planned is the JSON of a plan, as the documentation promises it.
type planned struct {
	Hash  string
	Views []struct {
		Name    string
		Changes []struct {
			Zone          struct{ ID, Name string }
			Name, Type    string
			SetIdentifier string
			Action        string
			Before, After *struct {
				TTL     int
				Targets []string
			}
			From   string
			Reason json.RawMessage
		}
		Held, Refused []struct {
			Name   string
			From   string
			Reason struct{ Code string }
		}
	}
}

// plans has the command plan tell what there is to do, then --dry-run not do it and --once do it.
func plans(t *testing.T, s *suite) {
	w := s.world(t)
	w.put(set("dev1.example.com", record.A, "192.168.10.50"), mark("ZOWNER", "prefix_a-dev1.example.com", nginx),
		set("gone.example.com", record.A, "192.168.10.49"), mark("ZOWNER", "prefix_a-gone.example.com", "ingress/default/gone"))
	before := w.sets()
	w.cluster.Apply(t, ingress("nginx-test-ingress", "dev1.example.com", "192.168.10.51")+ingress("new", "new.example.com", "192.168.10.52")+
		ingress("zone", "www.elsewhere.example", "192.168.10.53"))

	p := w.plan(2, with("--policy=sync", "-without--domain-filter")...)
	if len(p.Views) != 1 || len(p.Hash) == 0 {
		t.Fatalf("got %+v", p)
	}
	var got []string
	for _, c := range p.Views[0].Changes {
		got = append(got, c.Action+" "+c.Name+" "+c.Type+" "+c.From)
		if c.Zone.ID != w.zone || c.Zone.Name != "example.com" {
			t.Errorf("%s has the zone %+v", c.Name, c.Zone)
		}
		if (c.Before == nil) != (c.Action == "create") || (c.After == nil) != (c.Action == "delete") {
			t.Errorf("%s %s has before %v and after %v", c.Action, c.Name, c.Before, c.After)
		}
	}
	want := []string{
		"update dev1.example.com A " + nginx,
		"create new.example.com A ingress/default/new", "create prefix_a-new.example.com TXT ingress/default/new",
		"delete gone.example.com A ingress/default/gone", "delete prefix_a-gone.example.com TXT ingress/default/gone",
	}
	if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
		t.Errorf("the plan (-want +got):\n%s", diff)
	}
	if r := p.Views[0].Refused; len(r) != 1 || r[0].Name != "www.elsewhere.example" || r[0].Reason.Code != "NoZone" {
		t.Errorf("refused: %+v", r)
	}
	if again := w.plan(2, with("--policy=sync")...); again.Hash != p.Hash {
		t.Errorf("the same plan has another hash: %s, then %s", p.Hash, again.Hash)
	}

	if p := w.plan(2, reference()...); len(p.Views[0].Held) != 1 || p.Views[0].Held[0].Name != "gone.example.com" || p.Hash == "" {
		t.Errorf("under upsert-only the held are %+v", p.Views[0].Held)
	}
	_, log, code := w.run(with("--dry-run", "--once"))
	if code != 0 || !regexp.MustCompile(`Desired change: CREATE new\.example\.com A`).MatchString(log) || regexp.MustCompile(`successfully updated`).MatchString(log) {
		t.Errorf("--dry-run --once ended with %d:\n%s", code, log)
	}
	if w.attempts() > 0 || w.sets() != before {
		t.Errorf("plans and dry runs have written: %q", w.batches())
	}

	if _, log, code := w.run(with("--once", "--policy=sync")); code != 0 {
		t.Errorf("--once ended with %d:\n%s", code, log)
	}
	w.want("dev1.example.com A 300 192.168.10.51", marker("prefix_a-dev1.example.com", nginx),
		"new.example.com A 300 192.168.10.52", marker("prefix_a-new.example.com", "ingress/default/new"))
	if p := w.plan(0, with("--policy=sync")...); len(p.Views[0].Changes) != 0 {
		t.Errorf("after it was done the plan still has %+v", p.Views[0].Changes)
	}
}

// planErrors has each way in which a plan can't be made.
func planErrors(t *testing.T, s *suite) {
	w := s.world(t)
	for name, tt := range map[string]struct {
		args []string
		env  string
		want string
	}{
		"wrong flags":      {with("--policy=all", "--txt-format=none"), "", `(?s)--policy.*--txt-format`},
		"no service there": {reference(), "AWS_ENDPOINT_URL_ROUTE_53=http://" + freeAddress(t), `list the zones|hosted zones`},
		"no API server":    {with("--server=http://" + freeAddress(t)), "", `connect|refused|read`},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			out, log, code := w.run(append([]string{"plan", "-o", "json"}, tt.args...), tt.env)
			if code != 1 || out != "" || !regexp.MustCompile(tt.want).MatchString(log) {
				t.Errorf("ended with %d, want 1; it printed %q and logged:\n%s", code, out, log)
			}
		})
	}
}

// plan runs the command and reads its JSON.
func (w *world) plan(status int, args ...string) planned {
	w.t.Helper()
	out, log, code := w.run(append([]string{"plan", "-o", "json"}, args...))
	var p planned
	if err := json.Unmarshal([]byte(out), &p); err != nil || code != status {
		w.t.Fatalf("plan ended with %d, want %d: %v\n%s\n%s", code, status, err, out, log)
	}
	return p
}
