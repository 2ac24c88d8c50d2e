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
)

// MaxManifest is how many bytes of a manifest are read.
const MaxManifest = 4 << 20

const (
	maxFound = 1_000 // Deployments
	maxDepth = 3     // lists in lists
)

// deployment has the fields of a Deployment that matter here (apps/v1).
type deployment struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Items      []json.RawMessage `json:"items"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Spec struct {
		Replicas *int `json:"replicas"`
		Strategy struct {
			Type string `json:"type"`
		} `json:"strategy"`
		Template struct {
			Spec struct {
				Containers []container `json:"containers"`
			} `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
}

type container struct {
	Name    string            `json:"name"`
	Image   string            `json:"image"`
	Command []string          `json:"command"`
	Args    []string          `json:"args"`
	Env     []variable        `json:"env"`
	EnvFrom []json.RawMessage `json:"envFrom"`
}

type variable struct {
	Name      string          `json:"name"`
	Value     string          `json:"value"`
	ValueFrom json.RawMessage `json:"valueFrom"`
}

// finder gathers what a manifest has.
type finder struct {
	found  []deployment
	others map[string]int // by kind
}

// Read finds the container that runs ExternalDNS in the YAML or JSON of a Deployment, which may stand among other objects or in a List.
// A name chooses a container, for where several could be meant. Known are values of variables that the manifest doesn't have.
func Read(stream []byte, name string, known map[string]string) (Running, error) {
	if len(stream) > MaxManifest {
		return Running{}, fmt.Errorf("read the manifest: it has more than %d bytes: give that of one Deployment", MaxManifest)
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
	d, c, err := f.choose(name)
	if err != nil {
		return Running{}, err
	}
	r, err := running(d, c, known)
	for _, kind := range slices.Sorted(maps.Keys(f.others)) {
		r.Notes = append(r.Notes, fmt.Sprintf("%d of kind %s beside the Deployment: left as they are", f.others[kind], brief(errors.New(kind))))
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
		return errors.New("it has no kind, so it isn't a Kubernetes object")
	case head.Kind == "List" || head.Kind == "DeploymentList":
		return f.items(head.Items, depth)
	case head.Kind != "Deployment" || !strings.HasPrefix(head.APIVersion, "apps/"):
		f.others[head.Kind]++
		return nil
	case len(f.found) == maxFound:
		return fmt.Errorf("there are more than %d Deployments: give one", maxFound)
	}
	var d deployment
	if err := kjson.UnmarshalCaseSensitivePreserveInts(body, &d); err != nil {
		return errors.New("a field of the Deployment isn't of its type; kubectl apply --dry-run=server tells which")
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
func (f *finder) choose(name string) (deployment, container, error) {
	var in []deployment
	var found []container
	var all []string
	for _, d := range f.found {
		for _, c := range d.Spec.Template.Spec.Containers {
			all = append(all, d.Metadata.Name+"/"+c.Name)
			if name == c.Name || name == d.Metadata.Name+"/"+c.Name || name == "" && c.looksRight() {
				in, found = append(in, d), append(found, c)
			}
		}
	}
	const shown = 20
	list := brief(errors.New(strings.Join(all[:min(len(all), shown)], ", ")))
	switch {
	case len(all) == 0:
		return deployment{}, container{}, errors.New("the manifest has no Deployment with a container: give that of ExternalDNS, as kubectl get deployment -o yaml prints it")
	case len(found) == 0:
		return deployment{}, container{}, fmt.Errorf("none of the containers %s is like ExternalDNS: name it with --container", list)
	case len(found) > 1:
		return deployment{}, container{}, fmt.Errorf("%d of the containers %s could be meant: name one with --container=DEPLOYMENT/CONTAINER", len(found), list)
	}
	return in[0], found[0], nil
}

// looksRight reports whether a container runs ExternalDNS: by the name of its image or program.
func (c container) looksRight() bool {
	image, _, _ := strings.Cut(c.Image, "@")
	image = image[strings.LastIndexByte(image, '/')+1:]
	image, _, _ = strings.Cut(image, ":")
	return strings.Contains(image, "external-dns") || len(c.Command) > 0 && isProgram(c.Command[0])
}
