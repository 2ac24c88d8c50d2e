// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
)

// How changes are noticed.
const (
	quiet   = 20 * time.Millisecond // a program that writes a file is done when nothing has happened for so long
	longest = 60 * time.Millisecond // but a file that is written without end is read then
	poll    = 2 * time.Second       // what the system doesn't tell of is found then
)

// watcher says when files may have changed, and which.
type watcher struct {
	notify  *fsnotify.Watcher // nil where the system has none to give: polling does it all
	roots   []string
	folders map[string]fs.FileInfo // watched
	touched map[string]bool        // since the last scan
	all     bool                   // events were lost: anything may have changed
	moved   bool                   // a watched folder has gone
	first   time.Time              // when the first of them came
}

func newWatcher(roots []string) *watcher {
	w := &watcher{folders: make(map[string]fs.FileInfo), touched: make(map[string]bool)}
	if notify, err := fsnotify.NewWatcher(); err == nil {
		w.notify = notify
	}
	for _, root := range roots {
		w.roots = append(w.roots, filepath.Clean(root))
	}
	return w
}

// close ends the watch. Nothing can be done about an error: the process ends, or polls.
func (w *watcher) close() {
	if w.notify != nil {
		_ = w.notify.Close()
	}
}

// channels are the events, or channels that never bring any.
func (w *watcher) channels() (<-chan fsnotify.Event, <-chan error) {
	if w.notify == nil {
		return nil, nil
	}
	return w.notify.Events, w.notify.Errors
}

// folder watches a folder, again where another one has taken its place.
func (w *watcher) folder(path string, info fs.FileInfo) {
	if old, ok := w.folders[path]; w.notify == nil || ok && os.SameFile(old, info) {
		return
	}
	_ = w.notify.Remove(path) // of the old one; none is fine
	if w.notify.Add(path) == nil {
		w.folders[path] = info
	}
}

// parents watches the folders of roots that are files: editors and the kubelet replace files rather than change them.
func (w *watcher) parents() {
	for _, root := range w.roots {
		if info, err := os.Stat(root); err != nil || info.IsDir() {
			continue
		}
		dir := filepath.Dir(root)
		if info, err := os.Stat(dir); err == nil {
			w.folder(dir, info)
		}
	}
}

// event takes note of e and says after which time to scan; 0: e is nothing to us.
func (w *watcher) event(e fsnotify.Event, now time.Time) time.Duration {
	path := filepath.Clean(e.Name)
	if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
		_, was := w.folders[path]
		w.moved = w.moved || was
		delete(w.folders, path)
	}
	if !w.below(path) {
		return 0
	}
	w.touched[path] = true
	return w.wait(now)
}

// lost takes note that events were lost.
func (w *watcher) lost(now time.Time) time.Duration {
	w.all = true
	return w.wait(now)
}

func (w *watcher) wait(now time.Time) time.Duration {
	if w.first.IsZero() {
		w.first = now
	}
	return max(time.Nanosecond, min(quiet, longest-now.Sub(w.first)))
}

// below says whether path may matter: it is a root or below one, or what the kubelet swaps beside a root that is a file.
func (w *watcher) below(path string) bool {
	for _, root := range w.roots {
		if path == root || root == "." && !filepath.IsAbs(path) || strings.HasPrefix(path, strings.TrimSuffix(root, "/")+"/") {
			return true
		}
		if filepath.Dir(path) == filepath.Dir(root) && strings.HasPrefix(filepath.Base(path), "..") {
			return true
		}
	}
	return false
}

// named gives the touched paths, sorted; none where they can't be all that changed.
func (w *watcher) named() []string {
	if w.all || w.moved {
		return nil
	}
	return slices.Sorted(maps.Keys(w.touched))
}

// take gives what was touched and forgets it.
func (w *watcher) take() func(path string) bool {
	touched, all := w.touched, w.all
	w.touched, w.all, w.moved, w.first = make(map[string]bool), false, false, time.Time{}
	return func(path string) bool { return all || touched[path] }
}
