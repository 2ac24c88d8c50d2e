// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/test/authority"
	"nafuda.io/nafuda/test/child"
)

// TestUpdatesTour follows docs/rfc2136.md with BIND and with Knot, whose configurations are those of the page.
func TestUpdatesTour(t *testing.T) {
	page := pages(t)["docs/rfc2136.md"]
	zones := []string{"example.com", "10.168.192.in-addr.arpa"}
	for name, tc := range map[string]struct {
		from, to     string
		program, pkg string
		files        func(p authority.Place, config string) map[string]string
		args         func(authority.Place) []string
	}{
		"BIND": {
			"## BIND", "## Knot DNS", "named", "bind9",
			func(p authority.Place, config string) map[string]string {
				return map[string]string{"named.conf": authority.BINDOptions(p) + "};\ncontrols { };\n" + config}
			}, authority.BINDArgs,
		},
		"Knot": {
			"## Knot DNS", "## Publish", "knotd", "knot",
			func(p authority.Place, config string) map[string]string {
				storage := "template:\n  - id: default\n    storage: \"" + p.Dir + "\"\n    journal-max-usage: 4M\n"
				return map[string]string{"knot.conf": authority.KnotServer(p) + storage + config}
			}, authority.KnotArgs,
		},
	} {
		t.Run(name, func(t *testing.T) {
			for program, pkg := range map[string]string{"dig": "bind9-dnsutils", "nsupdate": "bind9-dnsutils", "tsig-keygen": "bind9", "keymgr": "knot"} {
				child.Find(t, program, pkg)
			}
			tr := &tour{dir: newHome(t), ports: strings.NewReplacer(), env: []string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin"}}
			steps := blocks(section(t, page, tc.from, tc.to))
			if len(steps) != 3 || steps[1].Lang != "text" {
				t.Fatalf("%d blocks in the part %s, want a command, a configuration and a command", len(steps), tc.from)
			}
			if out := tr.shell(steps[0].Text); out != "" {
				t.Fatal(out)
			}
			key, err := os.ReadFile(filepath.Join(tr.dir, "nafuda.key"))
			if err != nil {
				t.Fatal(err)
			}
			s := authority.Launch(t, tc.program, tc.pkg, "127.0.0.1", zones[0], func(p authority.Place) (map[string]string, []string) {
				files := tc.files(p, steps[1].Text)
				files["nafuda.key"] = string(key)
				maps.Copy(files, authority.ZoneFiles(zones, ""))
				return files, tc.args(p)
			})
			tr.exports = steps[2].Text
			host, port, err := net.SplitHostPort(s.At)
			if err != nil {
				t.Fatal(err)
			}
			tr.ports = strings.NewReplacer("@192.0.2.53", "@"+host+" -p "+port, "server 192.0.2.53", "server "+host+" "+port)
			tr.env = append(tr.env, "NAFUDA_VERIFY_SERVER="+s.At)
			list := blocks(section(t, page, "## Publish", "## In the cluster"))
			file := filepath.Join(tr.dir, "examples", "rfc2136", "nafuda.args")
			args, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(list[0].Text, string(args)); diff != "" {
				t.Errorf("nafuda.args, -the page +the file:\n%s", diff)
			}
			if err := os.WriteFile(file, []byte(strings.Replace(string(args), "192.0.2.53", s.At, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			tr.follow(t, list[1:])
		})
	}
}

// TestUpdatesPagesAreTheSame holds the Japanese page to the English one.
func TestUpdatesPagesAreTheSame(t *testing.T) { sameTwins(t, "docs/rfc2136.md", "docs/rfc2136.ja.md") }
