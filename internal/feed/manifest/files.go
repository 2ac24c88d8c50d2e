// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/feed"
	"nafuda.io/nafuda/internal/model/endpoint"
)

// Limits of what is read.
const (
	maxFileBytes = 16 << 20
	maxFiles     = 10_000
	maxDepth     = 32 // folders in folders
)

// file is what we know of one file.
type file struct {
	info    fs.FileInfo // as it was last read; nil: read it again
	emptied bool        // it was found empty once
	content content
}

// files are the files below the roots, as of the last scan.
type files struct {
	roots  []string
	decode *decoder
	known  []map[string]file // by root, then path
	failed []error           // by root: why it couldn't be read in full
}

func newFiles(roots []string, d *decoder) *files {
	f := &files{decode: d, known: make([]map[string]file, len(roots)), failed: make([]error, len(roots))}
	for _, root := range roots {
		f.roots = append(f.roots, filepath.Clean(root))
	}
	return f
}

// scan looks at every file, and reads again those that changed or were touched. It calls folder for each folder before reading
// it, so that a watch misses nothing. changed is false where every file and failure is as it was.
func (f *files) scan(touched func(path string) bool, folder func(path string, info fs.FileInfo)) (changed bool) {
	taken := make(map[string]bool) // a file below two roots belongs to the first
	for i, root := range f.roots {
		paths, err := list(root, folder)
		old := f.known[i]
		next := make(map[string]file, len(paths))
		for _, path := range paths {
			if taken[path] {
				continue
			}
			taken[path] = true
			if now, ok := f.read(path, old[path], touched(path)); ok {
				next[path] = now
			}
		}
		if err != nil {
			retain(next, old, taken)
		}
		changed = changed || text(err) != text(f.failed[i]) || !unchanged(old, next)
		f.known[i], f.failed[i] = next, err
	}
	return changed
}

// retain keeps the files that weren't found below a root that can't be read in full: that proves nothing about them.
func retain(next, old map[string]file, taken map[string]bool) {
	for path, was := range old {
		if !taken[path] {
			next[path] = was
		}
	}
}

// unchanged reports whether two scans are of the same files, each read at the same time. A file without info is one to read
// again, so nothing is known of it.
func unchanged(old, next map[string]file) bool {
	return maps.EqualFunc(old, next, func(a, b file) bool { return a.info != nil && a.info == b.info })
}

// list gives the manifests at a root, sorted. With an error it gives those it found.
func list(root string, folder func(string, fs.FileInfo)) ([]string, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, fmt.Errorf("read --manifests=%s: %w", root, err)
	}
	if !info.IsDir() {
		return []string{root}, nil
	}
	folder(root, info)
	var paths []string
	var errs []error
	if err := walk(root, 0, folder, &paths); err != nil {
		errs = append(errs, err)
	}
	if len(paths) > maxFiles {
		paths = paths[:maxFiles]
		errs = append(errs, fmt.Errorf("read --manifests=%s: it has more than %d files; name smaller folders", root, maxFiles))
	}
	return paths, errors.Join(errs...)
}

// walk collects manifests below dir. Names that begin with a dot are left out: editors, git and the kubelet keep their own files
// there. Links to files are followed, links to folders aren't, so there are no circles.
func walk(dir string, depth int, folder func(string, fs.FileInfo), paths *[]string) error {
	if depth > maxDepth {
		return fmt.Errorf("read %s: folders are nested deeper than %d", dir, maxDepth)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read a folder of manifests: %w", err)
	}
	var errs []error
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			info, err := e.Info()
			if err != nil {
				continue // gone meanwhile
			}
			folder(path, info)
			if err := walk(path, depth+1, folder, paths); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		case slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) && len(*paths) <= maxFiles:
			*paths = append(*paths, path)
		}
	}
	return errors.Join(errs...)
}

// read gives what path holds now; ok is false where it is gone. What can't be read keeps what it gave before.
func (f *files) read(path string, old file, again bool) (now file, ok bool) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return file{}, false
	}
	if err == nil && !again && old.info != nil && sameInfo(old.info, info) {
		return old, true
	}
	var stream []byte
	if err == nil {
		stream, err = slurp(path, info)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return file{}, false
	}
	if err != nil {
		c := content{refusals: []endpoint.Refusal{refusal(path+":1", said(err))}}
		return file{content: merge(old.content, c)}, true
	}
	if blank(stream) && len(old.content.objects) > 0 && !old.emptied {
		// Most likely a program is about to write it. The next scan believes it.
		return file{emptied: true, content: old.content}, true
	}
	return file{info: info, content: merge(old.content, f.decode.file(path, stream))}, true
}

func sameInfo(old, now fs.FileInfo) bool {
	return os.SameFile(old, now) && old.Size() == now.Size() && old.ModTime().Equal(now.ModTime())
}

func slurp(path string, info fs.FileInfo) ([]byte, error) {
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: it isn't a regular file", filepath.Base(path))
	}
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	stream, err := io.ReadAll(io.LimitReader(in, maxFileBytes+1))
	if err == nil && len(stream) > maxFileBytes {
		err = fmt.Errorf("the file is larger than %d MiB; split it", maxFileBytes>>20)
	}
	return stream, err
}

// merge keeps what a file gave before while a part of it can't be read: that part may be what is missing now.
func merge(old, now content) content {
	if len(now.refusals) == 0 {
		return now
	}
	has := make(map[endpoint.Ref]bool, len(now.objects))
	for _, o := range now.objects {
		has[o.Ref] = true
	}
	for _, o := range old.objects {
		if !has[o.Ref] {
			now.objects = append(now.objects, o)
		}
	}
	return now
}

// all folds the files, in the order of the roots and then of their paths. Of two definitions of one object the last counts.
func (f *files) all() (objects map[endpoint.Ref]any, refusals []endpoint.Refusal, ignored int, failed error) {
	winners := make(map[endpoint.Ref]object)
	for _, known := range f.known {
		for _, path := range sorted(known) {
			c := known[path].content
			ignored += c.ignored
			refusals = append(refusals, c.refusals...)
			for _, o := range c.objects {
				if lost, ok := winners[o.Ref]; ok {
					refusals = append(refusals, refusal(lost.place, fmt.Sprintf("%s is defined again at %s, which counts; remove one of them", o.Ref, o.place)))
				}
				winners[o.Ref] = o
			}
		}
	}
	objects = make(map[endpoint.Ref]any, len(winners))
	for ref, o := range winners {
		objects[ref] = o.Object
	}
	return objects, refusals, ignored, errors.Join(f.failed...)
}

// diff gives what makes now of was, sorted.
func diff(was, now map[endpoint.Ref]any, same func(a, b any) bool) []feed.Delta {
	var deltas []feed.Delta
	for ref, obj := range now {
		if old, ok := was[ref]; !ok || !same(old, obj) {
			deltas = append(deltas, feed.Delta{Ref: ref, Object: obj})
		}
	}
	for ref := range was {
		if _, ok := now[ref]; !ok {
			deltas = append(deltas, feed.Delta{Ref: ref})
		}
	}
	slices.SortFunc(deltas, func(a, b feed.Delta) int { return a.Ref.Compare(b.Ref) })
	return deltas
}
