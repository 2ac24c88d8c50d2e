// SPDX-License-Identifier: Apache-2.0

package manifest

import (
	"os"
	"slices"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

func TestWhichEventsMatter(t *testing.T) {
	tests := map[string]struct {
		roots []string
		path  string
		want  bool
		why   string
	}{
		"in a folder":         {[]string{"/etc/m"}, "/etc/m/a.yaml", true, ""},
		"deep":                {[]string{"/etc/m"}, "/etc/m/b/c/a.yaml", true, ""},
		"the root itself":     {[]string{"/etc/m/a.yaml"}, "/etc/m/a.yaml", true, ""},
		"beside a file":       {[]string{"/etc/m/a.yaml"}, "/etc/m/b.yaml", false, "its folder is watched only for the file's sake"},
		"swap beside a file":  {[]string{"/etc/m/a.yaml"}, "/etc/m/..data", true, "the kubelet's link: the file goes through it"},
		"same beginning":      {[]string{"/etc/m"}, "/etc/mm/a.yaml", false, ""},
		"working folder":      {[]string{"."}, "./a.yaml", true, "its events have no folder"},
		"outside working one": {[]string{"."}, "/etc/a.yaml", false, ""},
		"everything":          {[]string{"/"}, "/etc/a.yaml", true, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWatcher(tt.roots)
			defer w.close()
			wait := w.event(fsnotify.Event{Name: tt.path, Op: fsnotify.Write}, time.Now())
			if (wait > 0) != tt.want {
				t.Errorf("waits %v, want a scan: %v; %s", wait, tt.want, tt.why)
			}
		})
	}
}

// A file that is written without end is read all the same.
func TestWaitIsBounded(t *testing.T) {
	w := newWatcher([]string{"/etc/m"})
	defer w.close()
	start := time.Unix(0, 0).Add(time.Hour)
	for at := time.Duration(0); at < longest; at += quiet / 2 {
		wait := w.event(fsnotify.Event{Name: "/etc/m/a.yaml", Op: fsnotify.Write}, start.Add(at))
		if wait <= 0 || at+wait > longest {
			t.Errorf("after %v it waits %v more, past %v", at, wait, longest)
		}
	}
	if touched := w.take(); !touched("/etc/m/a.yaml") || touched("/etc/m/b.yaml") {
		t.Error("the touched file isn't the one that was touched")
	}
	if w.take()("/etc/m/a.yaml") {
		t.Error("it is touched still")
	}
	if w.lost(start); !w.take()("/etc/m/b.yaml") {
		t.Error("lost events may have touched any file")
	}
}

func TestNamedOnlyWhereNamesAreEnough(t *testing.T) {
	dir := t.TempDir()
	w := newWatcher([]string{dir})
	defer w.close()
	info, err := os.Stat(dir)
	must(t, err)
	w.folder(dir, info)
	now := time.Now()
	for name, tt := range map[string]struct {
		note func()
		want []string
	}{
		"files":        {func() { touch(w, now, dir+"/b.yaml", dir+"/a.yaml", dir+"/b.yaml") }, []string{dir + "/a.yaml", dir + "/b.yaml"}},
		"events lost":  {func() { touch(w, now, dir+"/a.yaml"); w.lost(now) }, nil},
		"folder moved": {func() { touch(w, now, dir+"/a.yaml"); w.event(fsnotify.Event{Name: dir, Op: fsnotify.Rename}, now) }, nil},
	} {
		w.folder(dir, info)
		tt.note()
		if got := w.named(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: named %q, want %q", name, got, tt.want)
		}
		w.take()
		if got := w.named(); len(got) > 0 {
			t.Errorf("%s: %q is named still", name, got)
		}
	}
}

func touch(w *watcher, now time.Time, paths ...string) {
	for _, path := range paths {
		w.event(fsnotify.Event{Name: path, Op: fsnotify.Write}, now)
	}
}
