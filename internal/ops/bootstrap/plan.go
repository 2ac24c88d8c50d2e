// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"sigs.k8s.io/yaml"
)

// File is one file of a set-up.
type File struct {
	Name    string
	Mode    fs.FileMode
	Content []byte
}

// Plan is a whole set-up, as a value: equal options give equal plans, byte for byte. It holds no secret.
type Plan struct {
	Options Options
	Files   []File   // in the order in which they are told
	Policy  []byte   // the IAM policy
	Trust   []byte   // who may take the role; empty for a user
	Objects []Object // of the cluster, in the order in which they are made
	Open    []string // what a person still has to put in, such as HOSTED_ZONE_ID
}

// Object is an object of the cluster as JSON.
type Object struct {
	Kind, Name, Namespace string
	Path                  string // at the API server
	Body                  []byte
}

// String is how the object is told.
func (o Object) String() string {
	if o.Namespace == "" {
		return o.Kind + " " + o.Name
	}
	return o.Kind + " " + o.Namespace + "/" + o.Name
}

// MakePlan makes the plan of checked options. It asks nobody.
func MakePlan(o Options) (Plan, error) {
	p := Plan{Options: o}
	if err := p.addDocuments(); err != nil {
		return Plan{}, err
	}
	var manifest strings.Builder
	fmt.Fprintf(&manifest, "# Made by nafuda bootstrap. %s\n", o.keysNote())
	for i, obj := range o.objects() {
		made, text, err := object(obj)
		if err != nil {
			return Plan{}, err
		}
		p.Objects = append(p.Objects, made)
		if i > 0 {
			manifest.WriteString("---\n")
		}
		manifest.Write(text)
	}
	p.Files = append(p.Files,
		File{o.manifestFile(), 0o644, []byte(manifest.String())},
		File{"aws-up.sh", 0o755, []byte(o.up())},
		File{"aws-down.sh", 0o755, []byte(o.down())})
	all := make([]string, 0, len(p.Files))
	for _, f := range p.Files {
		all = append(all, string(f.Content))
	}
	for _, word := range []string{unknownZone, unknownAccount} {
		if strings.Contains(strings.ReplaceAll(strings.Join(all, ""), "$("+word+")", ""), word) && o.open(word) {
			p.Open = append(p.Open, word)
		}
	}
	return p, nil
}

// addDocuments adds what IAM needs.
func (p *Plan) addDocuments() error {
	o := p.Options
	var err error
	if p.Policy, err = render(o.policy()); err != nil {
		return err
	}
	p.Files = append(p.Files, File{o.policyFile(), 0o644, p.Policy})
	if o.Auth != authUser {
		if p.Trust, err = render(o.trust()); err != nil {
			return err
		}
		p.Files = append(p.Files, File{"trust-policy.json", 0o644, p.Trust})
	}
	if o.Assume != "" {
		files, err := o.assumed()
		if err != nil {
			return err
		}
		p.Files = append(p.Files, files...)
	}
	return nil
}

// open reports whether a word still stands for something that isn't known.
func (o Options) open(word string) bool {
	return word == unknownZone && o.ZoneID == "" || word == unknownAccount && o.Account == ""
}

func (o Options) keysNote() string {
	switch o.Auth {
	case authIRSA:
		return "The service account takes the IAM role " + o.roleName() + "."
	case authPodIdentity:
		return "EKS Pod Identity gives the service account the IAM role " + o.roleName() + "."
	default:
		return "The keys are in the Secret " + o.secretName() + ", which aws-up.sh and bootstrap --apply make."
	}
}

// object turns an object into JSON and YAML, without what only a server fills in.
func object(obj any) (Object, []byte, error) {
	raw, err := json.Marshal(obj)
	if err != nil {
		return Object{}, nil, fmt.Errorf("write a manifest: %w", err)
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return Object{}, nil, fmt.Errorf("write a manifest: %w", err)
	}
	delete(tree, "status")
	prune(tree)
	body, err := json.Marshal(tree)
	if err != nil {
		return Object{}, nil, fmt.Errorf("write a manifest: %w", err)
	}
	text, err := yaml.JSONToYAML(body)
	if err != nil {
		return Object{}, nil, fmt.Errorf("write a manifest: %w", err)
	}
	var head struct {
		APIVersion, Kind string
		Metadata         struct{ Name, Namespace string }
	}
	if err := json.Unmarshal(body, &head); err != nil {
		return Object{}, nil, fmt.Errorf("write a manifest: %w", err)
	}
	out := Object{Kind: head.Kind, Name: head.Metadata.Name, Namespace: head.Metadata.Namespace, Body: body}
	out.Path = place(head.APIVersion, head.Kind, out.Namespace, out.Name)
	return out, text, nil
}

// prune takes out what is null or an empty object: creationTimestamp, strategies without settings.
func prune(tree map[string]any) {
	for key, value := range tree {
		if sub, ok := value.(map[string]any); ok {
			prune(sub)
			if len(sub) == 0 {
				delete(tree, key)
			}
		}
		if list, ok := value.([]any); ok {
			for _, item := range list {
				if sub, ok := item.(map[string]any); ok {
					prune(sub)
				}
			}
		}
		if value == nil {
			delete(tree, key)
		}
	}
}

// place is an object's path at the API server: every kind that we make has a plural in s.
func place(version, kind, namespace, name string) string {
	base := "/apis/" + version
	if !strings.Contains(version, "/") {
		base = "/api/" + version
	}
	if namespace != "" {
		base = path.Join(base, "namespaces", namespace)
	}
	return path.Join(base, strings.ToLower(kind)+"s", name)
}
