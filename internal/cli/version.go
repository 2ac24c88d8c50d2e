// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

func (versionCommand) start(x IO) error {
	version, revision := Build()
	_, err := fmt.Fprintf(x.Out, "nafuda %s (%s, %s)\n", version, revision, runtime.Version())
	return err
}

// linked is the version that `make build` has the linker write (go tool link, -X); empty: the build was another one's.
var linked string //nolint:gochecknoglobals // nothing else can be written by the linker

// Build returns which build this is: the version that the Makefile gave it, else that of the module, as `go install` writes it, else
// dev; and the revision that the Go tool wrote, or unknown.
func Build() (version, revision string) {
	info, _ := debug.ReadBuildInfo()
	return build(linked, info)
}

func build(linked string, info *debug.BuildInfo) (version, revision string) {
	version, revision = cmp.Or(linked, "dev"), "unknown"
	if info == nil {
		return version, revision
	}
	if v := info.Main.Version; linked == "" && v != "" && v != "(devel)" {
		version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value
		}
	}
	return version, revision
}
