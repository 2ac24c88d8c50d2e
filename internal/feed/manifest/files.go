// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/endpoint"
)

// Limits of what is read.
const (
	maxFileBytes = 16 << 20
	maxFiles     = 10_000
	maxDepth     = 32 // folders in folders
)

// file is what we know of one file, as it was last read. It is replaced rather than changed.
type file struct {
	root    int // the number of the root that it is below
	path    string
	info    fs.FileInfo // nil: read it again
	emptied bool        // it was found empty once
	content content
}

// compare orders files by their roots, then by their paths.
func (f *file) compare(o *file) int {
	return cmp.Or(cmp.Compare(f.root, o.root), cmp.Compare(f.path, o.path))
}

// files are the files below the roots, as of the last scan.
type files struct {
	roots  []string
	decode *decoder
	known  []map[string]*file // by root, then path
	failed []error            // by root: why it couldn't be read in full
	linked bool               // a link was found
	index  *index
}

func newFiles(roots []string, d *decoder) *files {
	f := &files{decode: d, failed: make([]error, len(roots)), index: newIndex()}
	for _, root := range roots {
		f.roots = append(f.roots, filepath.Clean(root))
		f.known = append(f.known, make(map[string]*file))
	}
	return f
}

// scan looks at every file, and reads again those that changed or were touched. It calls folder for each folder before reading
// it, so that a watch misses nothing.
func (f *files) scan(touched func(path string) bool, folder func(path string, info fs.FileInfo)) {
	owner := make(map[string]int) // a file below two roots belongs to the first
	f.linked = false
	for i, root := range f.roots {
		found, err := list(root, folder)
		f.failed[i] = err
		f.linked = f.linked || found.linked
		for _, path := range found.paths {
			if _, taken := owner[path]; taken {
				continue
			}
			owner[path] = i
			f.enter(i, path, f.read(i, path, touched(path)))
		}
		for path := range f.known[i] {
			// A root that can't be read in full proves nothing about the files that weren't found below it.
			if of, found := owner[path]; found && of != i || !found && err == nil {
				f.enter(i, path, nil)
			}
		}
	}
}

// enter takes note of what a path holds now; nil: nothing.
func (f *files) enter(root int, path string, now *file) {
	old := f.known[root][path]
	switch {
	case old == now:
		return
	case now == nil:
		delete(f.known[root], path)
	default:
		f.known[root][path] = now
	}
	f.index.replace(old, now)
}

// listing is what there is below a root.
type listing struct {
	paths  []string // of manifests, sorted
	linked bool     // there is a link
}

// list gives the manifests at a root. With an error it gives those it found.
func list(root string, folder func(string, fs.FileInfo)) (listing, error) {
	info, err := os.Stat(root)
	if err != nil {
		return listing{}, fmt.Errorf("read --manifests=%s: %w", root, err)
	}
	if !info.IsDir() {
		return listing{paths: []string{root}}, nil
	}
	folder(root, info)
	var found listing
	var errs []error
	if err := walk(root, 0, folder, &found); err != nil {
		errs = append(errs, err)
	}
	if len(found.paths) > maxFiles {
		found.paths = found.paths[:maxFiles]
		errs = append(errs, fmt.Errorf("read --manifests=%s: it has more than %d files; name smaller folders", root, maxFiles))
	}
	return found, errors.Join(errs...)
}

// walk collects manifests below dir. Names that begin with a dot are left out: editors, git and the kubelet keep their own files
// there. Links to files are followed, links to folders aren't, so there are no circles.
func walk(dir string, depth int, folder func(string, fs.FileInfo), found *listing) error {
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
		found.linked = found.linked || e.Type()&fs.ModeSymlink != 0
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir():
			info, err := e.Info()
			if err != nil {
				continue // gone meanwhile
			}
			folder(path, info)
			if err := walk(path, depth+1, folder, found); err != nil && !errors.Is(err, fs.ErrNotExist) {
				errs = append(errs, err)
			}
		case manifest(path) && len(found.paths) <= maxFiles:
			found.paths = append(found.paths, path)
		}
	}
	return errors.Join(errs...)
}

// manifest says whether a file below a folder is one to read.
func manifest(path string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path))
}

// read gives what path holds now, nil where it is gone. What can't be read keeps what it gave before.
func (f *files) read(root int, path string, again bool) *file {
	old := f.known[root][path]
	if old == nil {
		old = new(file)
	}
	info, stream, err := open(path, old, again)
	switch {
	case errors.Is(err, errSame):
		return old
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	now := &file{root: root, path: path}
	switch {
	case err != nil:
		now.content = merge(old.content, content{refusals: []endpoint.Refusal{refusal(spot{path, 1}, said(err))}})
	case blank(stream) && len(old.content.objects) > 0 && !old.emptied:
		// Most likely a program is about to write it. The next scan believes it.
		now.emptied, now.content = true, old.content
	default:
		now.info, now.content = info, merge(old.content, f.decode.file(path, stream))
	}
	return now
}

// errSame says that a file is as it was when it was last read.
var errSame = errors.New("the file hasn't changed")

// open reads a file, unless it is the one that is known already; again reads it in any case.
func open(path string, old *file, again bool) (fs.FileInfo, []byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, err
	}
	if !again && old.info != nil && sameInfo(old.info, info) {
		return nil, nil, errSame
	}
	stream, err := slurp(path, info)
	return info, stream, err
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
