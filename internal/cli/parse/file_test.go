// SPDX-License-Identifier: Apache-2.0

package parse_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/app/flags"
	"nafuda.io/nafuda/internal/cli/parse"
)

// filed is a grammar whose run reads a file.
type filed struct {
	Run struct {
		Options process `embed:""`
		Extra   string  `name:"extra" help:"Of this command alone."`
	} `cmd:"" default:"withargs" help:"Run."`
}

type process struct {
	Use     []string      `name:"source" help:"What is watched."`
	Every   time.Duration `name:"every" default:"1m" help:"How often."`
	Place   `embed:""`
	Config  string  `name:"config" file:"" help:"A file."`
	Places  []Place `kong:"-" config:"places" help:"Where to."`
	Entries []entry `kong:"-" config:"entries" help:"What else."`
}

// Counts keeps the place of flags from being checked beside a file.
func (p *process) Counts(field string) bool { return field != "Place" || p.Config == "" }

func (p *process) Check() error {
	if p.Config != "" && len(p.Places) == 0 {
		return errors.New("--places: name one")
	}
	if p.Every < 0 {
		return fmt.Errorf("--every=%s: can't be negative", p.Every)
	}
	for i, one := range p.Places {
		if one.Name == "" {
			return fmt.Errorf("places[%d]: name it, as --source is", i)
		}
	}
	return nil
}

// Place is one of several.
type Place struct {
	Name   string   `kong:"-" config:"name" help:"Its name."`
	Zones  []string `name:"zone" default:"a,b" help:"A zone."`
	Policy string   `name:"policy" enum:"sync,keep" default:"keep" help:"What may go."`
	Port   int      `name:"port" default:"53" help:"A port."`
	Alias  bool     `name:"prefer-alias" negatable:"" help:"A switch."`
	Narrow []string `kong:"-" config:"source" help:"Of what is watched."`
}

// Check refuses a port.
func (p *Place) Check() error {
	if p.Port == 1 {
		return errors.New("--port=1: isn't one; give --policy too")
	}
	if p.Policy == "sync" && len(p.Zones) == 0 {
		return errors.New("--zone: name one")
	}
	return nil
}

type entry struct {
	Host string `name:"host" help:"A host."`
	TTL  int    `name:"ttl" default:"300" help:"Seconds."`
}

// readFiled parses arguments beside a file.
func readFiled(t *testing.T, text string, args, env []string) (process, []string, []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var g filed
	table := []flags.Flag{{Name: "old-flag", Class: flags.Refused, Advice: "use zone"}}
	res, errs := parse.Parse(parse.Spec{Name: "nafuda", Grammar: &g, Args: append([]string{"run", "--config=" + path}, args...), Env: env, Table: table})
	var mistakes []string
	for _, err := range errs {
		mistakes = append(mistakes, strings.ReplaceAll(err.Error(), path, "c"))
	}
	for i, n := range res.Notes {
		res.Notes[i] = strings.ReplaceAll(n, path, "c")
	}
	return g.Run.Options, res.Notes, mistakes
}

func TestFile(t *testing.T) {
	const one = "source: [x]\nplaces:\n- name: p\n"
	for name, tc := range map[string]struct {
		why, text string
		args, env []string
		mistakes  []string
		notes     []string
		look      func(process) string
		want      string
	}{
		"right": {
			why: "keys are flags, and what isn't said has its default", text: "source: [x, y]\nevery: 5s\nplaces:\n- {name: p, zone: [c], policy: sync, port: 5353, prefer-alias: true, source: y}\n- {name: q, zone: d}\n",
			look: func(p process) string {
				return fmt.Sprintf("%v %s %v %v", p.Use, p.Every, p.Places[0], p.Places[1])
			},
			want: "[x y] 5s {p [c] sync 5353 true [y]} {q [d] keep 53 false []}",
		},
		"a list of other things": {
			why: "any struct fills itself", text: one + "entries: [{host: h, ttl: 60}, {host: i}]",
			look: func(p process) string { return fmt.Sprint(p.Entries) }, want: "[{h 60} {i 300}]",
		},
		"secret": {
			why: "a variable may stand for a value", text: one + "  policy: ${POLICY}\n  zone: [\"${ZONE}\"]", env: []string{"POLICY=sync", "ZONE=from.env"},
			look: func(p process) string { return p.Places[0].Policy + fmt.Sprint(p.Places[0].Zones) }, want: "sync[from.env]",
		},
		"secret, wrong": {
			why: "what a variable holds isn't shown (invariant secret)", text: one + "  policy: ${POLICY}\n", env: []string{"POLICY=hunter2"},
			mistakes: []string{"c:4: policy=${...}: not known: give sync or keep"},
		},
		"secret, unset": {why: "an empty value would pass for one", text: one + "  policy: ${POLICY}\n", mistakes: []string{"c:4: policy: the variable POLICY isn't set, or is empty"}},
		"flags beside": {
			why: "those of the process win, and say so", text: one + "every: 5s\n", args: []string{"--every=9s"}, notes: []string{"--every is given beside the file, and wins over c:4"},
			look: func(p process) string { return p.Every.String() }, want: "9s",
		},
		"variables beside": {
			why: "they win too", text: one + "every: 5s\n", env: []string{"NAFUDA_EVERY=8s"}, notes: []string{"NAFUDA_EVERY is given beside the file, and wins over c:4"},
			look: func(p process) string { return p.Every.String() }, want: "8s",
		},
		"flags of a place beside": {
			why: "which one would they be of?", text: one, args: []string{"--policy=sync"}, env: []string{"NAFUDA_ZONE=z"},
			mistakes: []string{
				"--policy can't stand beside the file c: write policy there, in each of the places that shall have it",
				"NAFUDA_ZONE can't stand beside the file c: write zone there, in each of the places that shall have it",
			},
		},
		"wrong places": {
			why: "each says where it belongs", text: "source: [x]\npolicy: sync\nplaces:\n- name: p\n  every: 1s\n",
			mistakes: []string{"c:2: policy stands in the places, in each that shall have it", "c:5: every concerns the whole process: write it at the top of the file"},
		},
		"unknown": {
			why: "with what was meant", text: "sorce: [x]\nplaces:\n- name: p\n  polcy: sync\n  old-flag: 1\nextra: 1\nconfig: x\n",
			mistakes: []string{
				"c:1: unknown key sorce, did you mean source?", "c:4: unknown key polcy, did you mean policy?", "c:5: old-flag can't be used here: use zone", "c:6: unknown key extra", "c:7: unknown key config",
			},
		},
		"wrong types": {
			why: "with the form that is right, and without the value", text: "source: {a: hunter2}\nevery: [hunter2]\nplaces:\n- name: p\n  prefer-alias: \"yes\"\n  port: many\n  zone: [[hunter2]]\n- hunter2\n",
			mistakes: []string{
				"c:1: source takes a list: write source: [VALUE, VALUE]", "c:2: every takes one value: write every: VALUE", "c:5: prefer-alias must be true or false, without quotes",
				"c:6: port=many: not a whole number in range", "c:7: zone takes a list of plain values: write zone: [VALUE, VALUE]", "c:8: each of places must be a mapping: keys, each with a colon behind it",
				"c:8: name it, as source is",
			},
		},
		"no list": {why: "one place is a list of one", text: "places: {name: p}", mistakes: []string{"c:1: places takes a list of mappings: write each with a dash, - name: VALUE", "c:1: places: name one"}},
		"rules of a place": {
			why: "in the line of the key that they are about, without dashes, else of the place", text: one + "  port: 1\n- name: q\n  policy: sync\n  zone: []\n",
			mistakes: []string{"c:4: port=1: isn't one; give policy too", "c:7: zone: name one"},
		},
		"rules of the process": {why: "likewise", text: "every: -1s\nplaces: [{name: p}]", mistakes: []string{"c:1: every=-1s: can't be negative"}},
		"rules about a place":  {why: "in its line", text: "places:\n- name: p\n- zone: x\n", mistakes: []string{"c:3: name it, as source is"}},
		"rules and flags":      {why: "a flag's own mistake isn't the file's", text: one, args: []string{"--every=-1s"}, mistakes: []string{"--every=-1s: can't be negative"}},
	} {
		t.Run(name, func(t *testing.T) {
			p, notes, mistakes := readFiled(t, tc.text, tc.args, tc.env)
			if diff := cmp.Diff(tc.mistakes, mistakes); diff != "" {
				t.Errorf("%s: mistakes (-want +got):\n%s", tc.why, diff)
			}
			if diff := cmp.Diff(tc.notes, notes); diff != "" {
				t.Errorf("%s: notes (-want +got):\n%s", tc.why, diff)
			}
			if tc.look != nil && len(mistakes) == 0 && tc.look(p) != tc.want {
				t.Errorf("%s: %s, want %s", tc.why, tc.look(p), tc.want)
			}
		})
	}
}

// TestNoFile: one that isn't there is told, and nothing of a former file stays.
func TestNoFile(t *testing.T) {
	var g filed
	_, errs := parse.Parse(parse.Spec{Name: "nafuda", Grammar: &g, Args: []string{"run", "--config=" + filepath.Join(t.TempDir(), "absent")}})
	if len(errs) == 0 || !strings.Contains(errs[0].Error(), "read --config: ") || !errors.Is(errs[0], os.ErrNotExist) {
		t.Errorf("%v; want that the file can't be read", errs)
	}
}

// TestSchema: every key is described where it belongs, and only there.
func TestSchema(t *testing.T) {
	text, err := parse.Schema("T", new(process))
	if err != nil {
		t.Fatal(err)
	}
	type mapping struct {
		Properties map[string]struct {
			Type  any
			Enum  []string
			Items *struct {
				Properties map[string]any
				Closed     *bool `json:"additionalProperties"`
			}
		}
		Closed *bool `json:"additionalProperties"`
	}
	var s mapping
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	for key, there := range map[string]bool{"source": true, "every": true, "places": true, "entries": true, "policy": false, "config": false, "name": false} {
		if _, has := s.Properties[key]; has != there {
			t.Errorf("the key %s: %v, want %v", key, has, there)
		}
	}
	places := s.Properties["places"].Items
	for key, there := range map[string]bool{"name": true, "source": true, "zone": true, "policy": true, "every": false, "places": false} {
		if _, has := places.Properties[key]; has != there {
			t.Errorf("the key %s of a place: %v, want %v", key, has, there)
		}
	}
	if s.Closed == nil || *s.Closed || places.Closed == nil || *places.Closed {
		t.Error("unknown keys would pass")
	}
}
