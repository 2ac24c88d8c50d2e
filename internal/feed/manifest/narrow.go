// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// named is a path that the system named, and what it holds now.
type named struct {
	root int
	path string
	now  *file
}

// narrow looks at the given paths only. It does nothing and returns false where more may have changed than they say: a folder
// came, went or was swapped, a link may lead to them, or the files weren't all known before.
func (f *files) narrow(paths []string) bool {
	if f.linked || errors.Join(f.failed...) != nil {
		return false
	}
	var all []named
	for _, path := range paths {
		root, below, enough := f.owner(path)
		if !enough {
			return false
		}
		if !below {
			continue
		}
		n, ok := f.one(root, path)
		if !ok {
			return false
		}
		if n.path != "" {
			all = append(all, n)
		}
	}
	for _, n := range all {
		f.enter(n.root, n.path, n.now)
	}
	return true
}

// owner says to which root a path belongs. Nothing below a name that begins with a dot belongs to any. What happens to a root
// itself, or is a swap of the kubelet's, isn't enough to go by.
func (f *files) owner(path string) (root int, below, enough bool) {
	if strings.HasPrefix(filepath.Base(path), "..") {
		return 0, false, false
	}
	for i, r := range f.roots {
		rel, err := filepath.Rel(r, path)
		if err != nil || !filepath.IsLocal(rel) {
			continue
		}
		if rel == "." {
			return 0, false, false
		}
		if rel[0] != '.' && !strings.Contains(rel, string(filepath.Separator)+".") {
			return i, true, true
		}
	}
	return 0, false, true
}

// one looks at one path below a root. Without a path in what it gives, there is nothing to do; ok is false where a scan must
// look.
func (f *files) one(root int, path string) (n named, ok bool) {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		// Without its folder, the path may have another name by now.
		if parent, err := os.Stat(filepath.Dir(path)); err != nil || !parent.IsDir() {
			return named{}, false
		}
		if f.known[root][path] == nil {
			return named{}, true
		}
		return named{root: root, path: path}, true
	}
	if err != nil || !info.Mode().IsRegular() {
		return named{}, false
	}
	if !manifest(path) {
		return named{}, true
	}
	if f.known[root][path] == nil && len(f.known[root]) >= maxFiles {
		return named{}, false
	}
	now := f.read(root, path, true)
	return named{root: root, path: path, now: now}, now != nil
}
