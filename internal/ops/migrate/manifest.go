// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"nafuda.io/nafuda/internal/feed/manifest"
	"nafuda.io/nafuda/internal/ops/report"
)

// MaxManifest is how many bytes of a manifest are read.
const MaxManifest = 4 << 20

const (
	maxFound = 1_000 // objects that run containers
	maxDepth = 3     // lists in lists
)

// finder gathers what a manifest has.
type finder struct {
	found  []workload
	others map[string]int // by kind
}

// Read finds the container that runs ExternalDNS in the YAML or JSON of a Deployment, StatefulSet, DaemonSet, ReplicaSet or Pod, which may stand among
// other objects or in a List. What a Deployment is made into counts as that Deployment.
// A name chooses a container, for where several could be meant. Known are values of variables that the manifest doesn't have.
func Read(stream []byte, name string, known map[string]string) (Running, error) {
	if len(stream) > MaxManifest {
		return Running{}, fmt.Errorf("read the manifest: it has more than %d bytes: give that of one object", MaxManifest)
	}
	f := finder{others: make(map[string]int)}
	for i, doc := range manifest.Documents(stream) {
		body, err := yaml.YAMLToJSONStrict(doc)
		if err == nil && string(body) != "null" {
			err = f.object(body, 0)
		}
		if err != nil {
			return Running{}, fmt.Errorf("read document %d of the manifest: %s", i+1, brief(err))
		}
	}
	c, err := f.choose(name)
	if err != nil {
		return Running{}, err
	}
	r, err := running(c, known)
	for _, kind := range slices.Sorted(maps.Keys(f.others)) {
		r.Notes = append(r.Notes, fmt.Sprintf("%s of the kind %s beside the %s: left as they are", report.Count(f.others[kind], "object"), brief(errors.New(kind)), c.in.Kind))
	}
	return r, err
}

// brief shortens an error to one line. The errors of YAML and JSON name fields and lines, not values; one that does is cut.
func brief(err error) string {
	const most = 160
	text := strings.Join(strings.Fields(err.Error()), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

func (f *finder) object(body []byte, depth int) error {
	var head struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Items      []json.RawMessage `json:"items"`
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(body, &head); err != nil {
		return errors.New("it isn't a Kubernetes object")
	}
	switch {
	case head.Kind == "":
		return errors.New("it has no kind, so it isn't a Kubernetes object: give what kubectl get deployment external-dns -o yaml prints, or helm template for the values of a chart")
	case head.Kind == "List" || strings.HasSuffix(head.Kind, "List") && head.Items != nil:
		return f.items(head.Items, depth)
	case !runs(head.APIVersion, head.Kind):
		f.others[head.Kind]++
		return nil
	case len(f.found) == maxFound:
		return fmt.Errorf("there are more than %d objects that run containers: give one", maxFound)
	}
	var d workload
	if err := kjson.UnmarshalCaseSensitivePreserveInts(body, &d); err != nil {
		return fmt.Errorf("a field of the %s isn't of its type; kubectl apply --dry-run=server tells which", head.Kind)
	}
	f.found = append(f.found, d)
	return nil
}

func (f *finder) items(items []json.RawMessage, depth int) error {
	if depth >= maxDepth {
		return fmt.Errorf("lists are nested deeper than %d", maxDepth)
	}
	for _, item := range items {
		if err := f.object(item, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// choose finds the one container that is meant: the named one, or the one that is like ExternalDNS.
func (f *finder) choose(name string) (candidate, error) {
	all := f.candidates()
	var found []candidate
	var names []string
	for _, c := range all {
		if slices.Contains(names, c.name()) && slices.ContainsFunc(found, c.same) {
			continue
		}
		names = append(names, c.name())
		if name == c.runs.Name || name == c.name() || name == "" && c.runs.looksRight() {
			found = append(found, c)
		}
	}
	const shown = 20
	names = unrepeated(names)
	list := brief(errors.New(strings.Join(names[:min(len(names), shown)], ", ")))
	switch {
	case len(all) == 0:
		return candidate{}, fmt.Errorf("the manifest has no Deployment, StatefulSet, DaemonSet, ReplicaSet or Pod with a container%s: give what runs, "+
			"as kubectl get deployment external-dns -o yaml prints it, or its arguments with --from-flags", f.instead())
	case len(found) == 0:
		return candidate{}, fmt.Errorf("none of the containers %s is like ExternalDNS: name it with --container", list)
	case len(found) > 1:
		return candidate{}, fmt.Errorf("%d of the containers %s could be meant: name one with --container=NAME/CONTAINER, or give the manifest of one alone", len(found), list)
	}
	return found[0], nil
}

// candidates are all containers, those of an object before those of what it is made into.
func (f *finder) candidates() []candidate {
	var out []candidate
	for _, w := range f.found {
		for _, c := range w.containers() {
			out = append(out, candidate{w.maker(), w, c})
		}
	}
	slices.SortStableFunc(out, byMaker)
	return out
}

// unrepeated is a list without what stood in it before.
func unrepeated(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// instead says which kinds there are in place of those that run containers.
func (f *finder) instead() string {
	if len(f.others) == 0 {
		return ""
	}
	return brief(errors.New(", but " + strings.Join(slices.Sorted(maps.Keys(f.others)), ", ")))
}
