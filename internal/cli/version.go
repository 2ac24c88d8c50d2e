// SPDX-License-Identifier: Apache-2.0

package cli

import (
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

// Build returns the version and the revision that the Go tool wrote into the binary; unknown where it had none.
func Build() (version, revision string) {
	version, revision = "unknown", "unknown"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version, revision
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = s.Value
		}
	}
	return version, revision
}
