// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkChange is one change of a file of one object, among 100,000 objects in 1,099 files: read where the system named the
// file, found by a scan, and, for comparison, found by a look at every object.
func BenchmarkChange(b *testing.B) {
	const large, each, small = 99, 1_000, 1_000
	dir := b.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
		return path
	}
	for i := range large {
		var text strings.Builder
		for j := range each {
			text.WriteString(ingress(fmt.Sprintf("large-%d-%d", i, j), "one"))
		}
		put(fmt.Sprintf("large-%d.yaml", i), text.String())
	}
	for i := range small {
		put(fmt.Sprintf("small-%d.yaml", i), ingress(fmt.Sprintf("small-%d", i), "one"))
	}
	f := scanned(dir)
	if n := len(f.index.wins); n != large*each+small {
		b.Fatalf("%d objects", n)
	}
	folder := func(string, os.FileInfo) {}
	ways := map[string]func(path string){
		"named": func(path string) {
			if !f.narrow([]string{path}) {
				b.Fatal("the name isn't enough")
			}
		},
		"scan": func(path string) { f.scan(func(p string) bool { return p == path }, folder) },
		"every object": func(path string) {
			f.scan(func(p string) bool { return p == path }, folder)
			fold(f)
		},
	}
	for name, look := range ways {
		b.Run(name, func(b *testing.B) {
			for i := 0; b.Loop(); i++ {
				look(put("small-7.yaml", ingress("small-7", fmt.Sprint(name, i))))
				if deltas, _ := f.index.take(); len(deltas["ingress"]) != 1 {
					b.Fatalf("%d deltas", len(deltas["ingress"]))
				}
			}
		})
	}
}
