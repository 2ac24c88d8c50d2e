// SPDX-License-Identifier: Apache-2.0

// Package docs checks the pages: that their links and the files they name exist, that the two READMEs are the same, and that the
// commands they show give the output they show.
package docs

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const root = ".."

// pages returns every Markdown file of the repository, by its path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := make(map[string]string)
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (p == "bin" || p == "dist" || p != "." && strings.HasPrefix(d.Name(), ".")) {
			return fs.SkipDir
		}
		if path.Ext(p) == ".md" {
			text, err := os.ReadFile(filepath.Join(root, p))
			if err != nil {
				return err
			}
			found[p] = string(text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("found only %d pages", len(found))
	}
	return found
}

// block is a fenced block: its language and its text, less the indentation of the fence.
type block struct{ Lang, Text string }

var fenced = regexp.MustCompile("(?m)^( *)```([a-z]*)\n((?s:.*?))^ *```$")

func blocks(page string) []block {
	var out []block
	for _, m := range fenced.FindAllStringSubmatch(page, -1) {
		out = append(out, block{m[2], regexp.MustCompile("(?m)^"+m[1]).ReplaceAllString(m[3], "")})
	}
	return out
}

// prose is a page without its fenced blocks.
func prose(page string) string { return fenced.ReplaceAllString(page, "") }

func headings(page string) []int {
	var levels []int
	for line := range strings.Lines(prose(page)) {
		if n := len(line) - len(strings.TrimLeft(line, "#")); n > 0 {
			levels = append(levels, n)
		}
	}
	return levels
}

// sameTwins holds a Japanese page to the English one: headings, fenced blocks, rows of tables.
func sameTwins(t *testing.T, english, japanese string) {
	t.Helper()
	all := pages(t)
	en, ja := all[english], all[japanese]
	if diff := cmp.Diff(headings(en), headings(ja)); diff != "" {
		t.Errorf("the levels of the headings, -%s +%s:\n%s", english, japanese, diff)
	}
	if diff := cmp.Diff(blocks(en), blocks(ja)); diff != "" {
		t.Errorf("the fenced blocks, -%s +%s:\n%s", english, japanese, diff)
	}
	if rows := func(page string) int { return strings.Count(prose(page), "\n| ") }; rows(en) != rows(ja) {
		t.Errorf("the tables of %s have %d rows, those of %s %d", english, rows(en), japanese, rows(ja))
	}
}

func TestReadmesAreTheSame(t *testing.T) {
	all := pages(t)
	en := all["README.md"]
	sameTwins(t, "README.md", "README.ja.md")
	if len(blocks(en)) < 10 || len(headings(en)) < 10 {
		t.Errorf("README.md has %d blocks and %d headings: is it read right?", len(blocks(en)), len(headings(en)))
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	checked := 0
	for name, text := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(prose(text), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			target, _, _ := strings.Cut(m[1], "#")
			checked++
			if _, err := os.Stat(filepath.Join(root, path.Dir(name), target)); target != "" && err != nil {
				t.Errorf("%s: the link %s leads nowhere", name, m[1])
			}
		}
	}
	if checked < 20 {
		t.Errorf("checked only %d links", checked)
	}
}

// named matches a path below a top-level folder, in code marks.
var named = regexp.MustCompile("`((?:cmd|internal|docs|examples|deploy|test|build)/[A-Za-z0-9_./-]*)`")

func TestNamedFilesExist(t *testing.T) {
	checked := 0
	for name, text := range pages(t) {
		for _, m := range named.FindAllStringSubmatch(prose(text), -1) {
			checked++
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s names %s, which isn't there", name, m[1])
			}
		}
	}
	if checked < 20 {
		t.Errorf("checked only %d names", checked)
	}
}

// flagged matches a flag in prose or in a block that calls us.
var flagged = regexp.MustCompile(`--[a-z][a-z0-9-]+[a-z0-9]`)

func TestNamedFlagsExist(t *testing.T) {
	all := pages(t)
	known := flagged.FindAllString(all["docs/flags.md"]+all["docs/externaldns-flags.md"], -1)
	// Those of the sandbox and of other programs.
	known = append(known, "--manifests", "--from-literal", "--endpoint-url", "--hosted-zone-id", "--query", "--change-batch", "--patch-file", "--limit", "--yes", "--plan", "--since")
	known = append(known, "--domain", "--region", "--apply")                                                   // of bootstrap
	known = append(known, "--from-manifest", "--from-flags", "--container", "--env", "--namespace", "--patch") // of migrate
	for _, name := range []string{"README.md", "README.ja.md", "docs/differences.md", "docs/handover.md", "docs/safety.md", "docs/migrate.md"} {
		for _, f := range flagged.FindAllString(all[name], -1) {
			if !slices.Contains(known, f) && !slices.Contains(known, strings.Replace(f, "--no-", "--", 1)) {
				t.Errorf("%s names %s, which is no flag", name, f)
			}
		}
	}
}

var code = regexp.MustCompile("reasons? `([A-Za-z]+)`")

func TestNamedReasonsExist(t *testing.T) {
	all := pages(t)
	for name, text := range all {
		for _, m := range code.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(all["docs/reasons.md"], "| `"+m[1]+"` |") {
				t.Errorf("%s names the reason %s, which isn't in docs/reasons.md", name, m[1])
			}
		}
	}
}

func TestDecisionsAreListed(t *testing.T) {
	all := pages(t)
	for name := range all {
		if dir, file := path.Split(name); dir == "docs/decisions/" && file != "README.md" {
			if !strings.Contains(all["docs/decisions/README.md"], "("+file+")") {
				t.Errorf("docs/decisions/README.md doesn't list %s", file)
			}
			for _, part := range []string{"\n## Context\n", "\n## Choice\n", "\n## Consequence\n"} {
				if !strings.Contains(all[name], part) {
					t.Errorf("%s has no part %q", name, strings.TrimSpace(part))
				}
			}
		}
	}
}

// TestMetricsOfPagesExist: a metric that a page names is one that the program has.
func TestMetricsOfPagesExist(t *testing.T) {
	all, checked := pages(t), 0
	for name, text := range all {
		for _, metric := range regexp.MustCompile(`\bnafuda_[a-z_]+`).FindAllString(text, -1) {
			checked++
			if !strings.Contains(all["docs/metrics.md"], "| `"+metric+"` |") {
				t.Errorf("%s names the metric %s, which docs/metrics.md doesn't have", name, metric)
			}
		}
	}
	if checked < 40 {
		t.Errorf("checked only %d metrics", checked)
	}
}
