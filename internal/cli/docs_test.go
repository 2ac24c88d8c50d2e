// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"nafuda.io/nafuda/internal/cli"
)

var update = flag.Bool("update", false, "write the pages of docs/")

func TestPagesAreFresh(t *testing.T) {
	pages, err := cli.Pages()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		file := filepath.Join("..", "..", "docs", p.Name)
		if *update {
			if err := os.WriteFile(file, []byte(p.Text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v: run make docs", err)
		}
		if diff := cmp.Diff(string(have), p.Text); diff != "" {
			t.Errorf("docs/%s is stale, run make docs (-file +code):\n%s", p.Name, diff)
		}
	}
}
