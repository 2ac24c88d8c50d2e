// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"nafuda.io/nafuda/internal/ops/report"
)

// Bounds on what is read of the folder.
const (
	maxFiles    = 200
	maxManifest = 1 << 20 // bytes of a file
)

// static is a file in kubelet's folder.
type static struct {
	name  string
	kinds []string // of the objects in it
	ours  bool     // it speaks of Nafuda or ExternalDNS
	err   error    // it can't be read
}

func checkStaticPods(_ context.Context, e *exam) []Finding {
	dir := e.options.StaticPods
	files, err := readStatic(dir)
	if errors.Is(err, fs.ErrNotExist) || dir == "" {
		return []Finding{ok("no folder of static pods is here")}
	}
	if err != nil {
		return []Finding{warn("run doctor on the node as root, or pass --static-pods= to leave it out", "the folder of static pods can't be read: %v", err)}
	}
	return judgeStatic(dir, files)
}

// readStatic reads what kubelet would: the folder's own files whose names don't start with a dot (Kubernetes, "Create static Pods").
func readStatic(dir string) ([]static, error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []static
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), ".") {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, entry.Name()))
		if err == nil && !info.Mode().IsRegular() {
			continue
		}
		if len(out) == maxFiles {
			return append(out, static{name: "…", err: fmt.Errorf("there are more than %d files", maxFiles)}), nil
		}
		out = append(out, readManifest(dir, entry.Name()))
	}
	return out, nil
}

func readManifest(dir, name string) static {
	s := static{name: name}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		s.err = err
		return s
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxManifest))
	if err != nil {
		s.err = err
		return s
	}
	s.ours = strings.Contains(string(text), "external-dns") || strings.Contains(string(text), "nafuda")
	for part := range strings.SplitSeq("\n"+string(text), "\n---") {
		var object struct {
			Kind string `json:"kind"`
		}
		if err := yaml.Unmarshal([]byte(part), &object); err != nil {
			s.err = errors.New("it isn't YAML")
			return s
		}
		if object.Kind != "" {
			s.kinds = append(s.kinds, object.Kind)
		}
	}
	return s
}

// judgeStatic finds what kubelet doesn't start: it takes Pods from its folder and nothing else, and says so only in its own log.
func judgeStatic(dir string, files []static) []Finding {
	var out []Finding
	pods := 0
	for _, f := range files {
		other := slices.DeleteFunc(slices.Clone(f.kinds), func(k string) bool { return k == "Pod" })
		path := filepath.Join(dir, f.name)
		fix := "move it away and put it into the cluster: kubectl apply --filename " + f.name
		switch {
		case f.err != nil:
			out = append(out, warn("see whether it should be there", "%s: %v", path, f.err))
		case len(other) > 0 && f.ours:
			out = append(out, fail(fix, "%s has a %s, which kubelet never starts from this folder: it only takes Pods", path, strings.Join(other, ", a ")))
		case len(other) > 0:
			out = append(out, warn(fix, "%s has a %s, which kubelet never starts from this folder: it only takes Pods", path, strings.Join(other, ", a ")))
		default:
			pods++
		}
	}
	if len(out) == 0 {
		out = append(out, ok("%s has nothing but Pods: %s", dir, report.Count(pods, "file")))
	}
	return out
}
