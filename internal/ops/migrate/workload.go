// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// The kinds that run containers and can be read, with those below which they come about.
const (
	kindDeployment  = "Deployment"
	kindStatefulSet = "StatefulSet"
	kindDaemonSet   = "DaemonSet"
	kindReplicaSet  = "ReplicaSet"
	kindPod         = "Pod"
)

// runs reports whether a kind is one of those.
func runs(apiVersion, kind string) bool {
	switch kind {
	case kindDeployment, kindStatefulSet, kindDaemonSet, kindReplicaSet:
		return strings.HasPrefix(apiVersion, "apps/")
	default:
		return kind == kindPod && apiVersion == "v1"
	}
}

// workload has the fields that matter here of a Deployment, StatefulSet, DaemonSet or ReplicaSet (apps/v1), or of a Pod (v1), which has its containers
// where the others have a template.
type workload struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
		Owners      []owner           `json:"ownerReferences"`
	} `json:"metadata"`
	Spec struct {
		Replicas *int `json:"replicas"`
		Strategy struct {
			Type string `json:"type"`
		} `json:"strategy"`
		Selector struct {
			MatchLabels map[string]string `json:"matchLabels"`
		} `json:"selector"`
		Containers []container `json:"containers"`
		Template   struct {
			Spec struct {
				Containers []container `json:"containers"`
			} `json:"spec"`
		} `json:"template"`
	} `json:"spec"`
}

type owner struct {
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Controller bool   `json:"controller"`
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

func (w workload) containers() []container {
	if w.Kind == kindPod {
		return w.Spec.Containers
	}
	return w.Spec.Template.Spec.Containers
}

// maker is the object that a person changes: the one that a ReplicaSet or Pod was made for, as far as its own metadata tell, or else itself.
func (w workload) maker() owner {
	of := w.Metadata.Owners
	i := slices.IndexFunc(of, func(o owner) bool { return o.Controller && o.Kind != "Node" }) // a node owns the mirror of a static Pod
	if i < 0 {
		return owner{Kind: w.Kind, Name: w.Metadata.Name}
	}
	by := of[i]
	if hash := w.Metadata.Labels["pod-template-hash"]; by.Kind == kindReplicaSet && hash != "" {
		if name, is := strings.CutSuffix(by.Name, "-"+hash); is { // a Deployment's controller calls its ReplicaSets so
			return owner{Kind: kindDeployment, Name: name}
		}
	}
	return owner{Kind: by.Kind, Name: by.Name}
}

// static reports whether a Pod is of a file that kubelet reads.
func (w workload) static() bool { return w.Metadata.Annotations["kubernetes.io/config.mirror"] != "" }

// selector is the workload's, as kubectl takes it.
func (w workload) selector() string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(w.Spec.Selector.MatchLabels)) {
		out = append(out, k+"="+w.Spec.Selector.MatchLabels[k])
	}
	return strings.Join(out, ",")
}

// looksRight reports whether a container runs ExternalDNS: by the name of its image or program.
func (c container) looksRight() bool {
	image, _, _ := strings.Cut(c.Image, "@")
	image = image[strings.LastIndexByte(image, '/')+1:]
	image, _, _ = strings.Cut(image, ":")
	return strings.Contains(image, "external-dns") || len(c.Command) > 0 && isProgram(c.Command[0])
}

// candidate is a container that may be meant, and whose it is.
type candidate struct {
	of   owner
	in   workload
	runs container
}

// name is how --container names it.
func (c candidate) name() string { return c.of.Name + "/" + c.runs.Name }

// byMaker orders candidates so that of those which one object was made for, the object itself comes first, and then what it is made into.
func byMaker(a, b candidate) int {
	order := []string{kindDeployment, kindStatefulSet, kindDaemonSet, kindReplicaSet, kindPod}
	old := func(c candidate) int { // a ReplicaSet of before is kept without Pods
		if n := c.in.Spec.Replicas; n != nil && *n == 0 {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(slices.Index(order, a.in.Kind), slices.Index(order, b.in.Kind)), old(a)-old(b))
}

// same reports whether two candidates are one container of one object, found in it and in what it is made into.
func (c candidate) same(o candidate) bool {
	return c.of == o.of && c.in.Metadata.Namespace == o.in.Metadata.Namespace && c.runs.Name == o.runs.Name
}
