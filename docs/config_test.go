// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/cli"
)

// TestConfigPages holds both pages to the example, and to each other.
func TestConfigPages(t *testing.T) {
	example, err := os.ReadFile(filepath.Join(root, "examples/views/nafuda.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	all := pages(t)
	en, ja := all["docs/config.md"], all["docs/config.ja.md"]
	if list := blocks(en); len(list) == 0 || list[0].Text != string(example) {
		t.Errorf("docs/config.md shows another file than examples/views/nafuda.yaml: %v", list)
	}
	if diff := cmp.Diff(headings(en), headings(ja)); diff != "" {
		t.Errorf("the levels of the headings, -English +Japanese:\n%s", diff)
	}
	if diff := cmp.Diff(blocks(en), blocks(ja)); diff != "" {
		t.Errorf("the fenced blocks, -English +Japanese:\n%s", diff)
	}
	for _, f := range flagged.FindAllString(en, -1) {
		if !strings.Contains(ja, f) {
			t.Errorf("docs/config.ja.md doesn't name %s", f)
		}
	}
}

// TestConfigOfOwnZones loads the page's example of zones that we serve.
func TestConfigOfOwnZones(t *testing.T) {
	at := filepath.Join(t.TempDir(), "nafuda.yaml")
	i := slices.IndexFunc(blocks(pages(t)["docs/config.md"]), func(b block) bool { return strings.Contains(b.Text, "dns-zone:") })
	if i < 0 {
		t.Fatal("docs/config.md has no example of dns-zone")
	}
	if err := os.WriteFile(at, []byte(blocks(pages(t)["docs/config.md"])[i].Text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	if status := cli.Main(t.Context(), cli.IO{Args: []string{"check", "--config=" + at}, Out: &out, Err: &errs}); status != 0 || out.String() != "ok\n" {
		t.Errorf("status %d: %s%s", status, out.String(), errs.String())
	}
}

// TestConfigExample loads the example as a person's first command does.
func TestConfigExample(t *testing.T) {
	var out, errs strings.Builder
	t.Setenv("AWS_CONFIG_FILE", os.DevNull)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull)
	status := cli.Main(t.Context(), cli.IO{
		Args: []string{"check", "--config=" + filepath.Join(root, "examples/views/nafuda.yaml")}, Env: []string{"LAN_TSIG_SECRET=bmFmdWRhbmFmdWRh"}, Out: &out, Err: &errs,
	})
	if status != 0 || out.String() != "ok\n" || errs.String() != "" {
		t.Errorf("status %d: %s%s", status, out.String(), errs.String())
	}
}
