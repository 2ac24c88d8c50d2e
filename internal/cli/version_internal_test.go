// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion(t *testing.T) {
	module := &debug.BuildInfo{Main: debug.Module{Version: "v1.4.0"}}
	local := &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}}}
	for why, c := range map[string]struct {
		linked            string
		info              *debug.BuildInfo
		version, revision string
	}{
		"go install":               {"", module, "v1.4.0", "unknown"},
		"go build":                 {"", local, "dev", "abc"},
		"no module":                {"", nil, "dev", "unknown"},
		"make build":               {"v1.4.0-3-gabc", local, "v1.4.0-3-gabc", "abc"},
		"make build beside a tag":  {"v1.4.0-3-gabc", module, "v1.4.0-3-gabc", "unknown"},
		"a build without a module": {"v1.4.0", nil, "v1.4.0", "unknown"},
	} {
		t.Run(why, func(t *testing.T) {
			if version, revision := build(c.linked, c.info); version != c.version || revision != c.revision {
				t.Errorf("it is %s, %s, want %s, %s", version, revision, c.version, c.revision)
			}
		})
	}
}

// TestVersionOfTheMakefile builds the program as `make build` does, and asks it.
func TestVersionOfTheMakefile(t *testing.T) {
	if testing.Short() {
		t.Skip("it links the program")
	}
	const version = "v9.8.7-6-gabcdef0"
	plans := exec.CommandContext(t.Context(), "make", "--no-print-directory", "-n", "build", "VERSION="+version)
	plans.Dir = "../.."
	plan, err := plans.Output()
	if err != nil {
		t.Fatalf("make -n build: %v", err)
	}
	flags := regexp.MustCompile(`-ldflags '([^']*)'`).FindSubmatch(plan)
	if flags == nil {
		t.Fatalf("make build has no flags of the linker:\n%s", plan)
	}
	binary := filepath.Join(t.TempDir(), "nafuda")
	links := exec.CommandContext(t.Context(), "go", "build", "-ldflags", string(flags[1]), "-o", binary, "./cmd/nafuda")
	links.Dir = "../.."
	if out, err := links.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), binary, "version").Output()
	if err != nil || !strings.HasPrefix(string(out), "nafuda "+version+" (") {
		t.Errorf("it says %q, %v", out, err)
	}
}
