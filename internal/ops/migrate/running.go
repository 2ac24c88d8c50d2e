// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Running is the ExternalDNS that is there now.
type Running struct {
	Namespace, Name, Container, Image string // empty where only arguments are known
	Kind                              string // of what runs it: a Deployment, where only arguments are known

	Args  []string // as they stand
	Words []string // Args with their variables' values
	Env   []string // the flags' variables, NAME=VALUE, the line breaks of lists in them
	Notes []string // what a person should know

	command  []string // that the image's own is replaced by, as it stands; its arguments are the first of Args
	recreate bool
	static   bool     // it is a Pod of a file that kubelet reads
	selector string   // of a ReplicaSet: which Pods are its own
	secrets  []string // values that aren't to be printed
	// secretFlags are flags whose values aren't.
	secretFlags []string
}

// FromArgs is the ExternalDNS of which only the arguments are known, as a shell would read them. Known are values of variables.
func FromArgs(text string, known map[string]string) (Running, error) {
	args, err := Words(text)
	if err != nil {
		return Running{}, err
	}
	if len(args) == 0 {
		return Running{}, errors.New("--from-flags: it has no argument: give those of ExternalDNS, in quotes")
	}
	r := Running{Args: args, Kind: kindDeployment}
	r.hide(known)
	return r, r.expand(known)
}

// expand puts variables into the arguments.
func (r *Running) expand(known map[string]string) error {
	var missing []string
	size := 0
	for _, arg := range r.Args {
		word, m := Expand(arg, known)
		if size += len(word); size > maxText {
			return fmt.Errorf("read the arguments: with their variables they have more than %d bytes", maxText)
		}
		r.Words = append(r.Words, word)
		missing = append(missing, m...)
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return fmt.Errorf("the arguments need variables whose values aren't here: add %s", settings(slices.Compact(missing)))
	}
	return nil
}

func settings(names []string) string {
	var out []string
	for _, n := range names {
		out = append(out, Quote("--env="+n+"=VALUE"))
	}
	return strings.Join(out, " ")
}

// named matches names of objects and containers (Kubernetes, "Object Names and IDs": RFC 1123 subdomain names).
var named = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)

// running reads what matters of a container.
func running(found candidate, known map[string]string) (Running, error) {
	d, c := found.in, found.runs
	r := Running{
		Namespace: d.Metadata.Namespace, Kind: found.of.Kind, Name: found.of.Name, Container: c.Name, Image: c.Image,
		Args: slices.Clone(c.Args), command: c.Command, recreate: d.Spec.Strategy.Type == "Recreate", static: d.static(), selector: d.selector(),
	}
	if !runs("apps/v1", r.Kind) && r.Kind != kindPod {
		return r, fmt.Errorf("the %s is made for the %s %s, of a kind that isn't known here: give the arguments with --from-flags, and change the image there", d.Kind, brief(errors.New(r.Kind)), brief(errors.New(r.Name)))
	}
	for _, name := range []string{r.Name, c.Name, cmp.Or(d.Metadata.Namespace, "default")} {
		if !named.MatchString(name) {
			return r, fmt.Errorf("the %s, its namespace or its container has a name that Kubernetes doesn't allow: give the manifest as kubectl prints it", r.Kind)
		}
	}
	if len(c.Command) > 0 {
		if !isProgram(c.Command[0]) {
			return r, errors.New("the container's command isn't external-dns itself: give the arguments with --from-flags")
		}
		r.Args = slices.Concat(c.Command[1:], c.Args)
		r.Notes = append(r.Notes, "the container has a command of its own, which our image doesn't have: the swap takes it away and keeps its arguments")
	}
	for _, arg := range r.Args {
		if strings.HasPrefix(arg, "@") {
			return r, errors.New("an argument names a file of the pod, which can't be read here: give the file's lines with --from-flags")
		}
	}
	vars, err := r.variables(c, known)
	if err != nil {
		return r, err
	}
	r.noteReplicas(d)
	return r, r.expand(vars)
}

// noteReplicas tells what becomes of several.
func (r *Running) noteReplicas(d workload) {
	if d.Spec.Replicas != nil && *d.Spec.Replicas > 1 {
		r.Notes = append(r.Notes, fmt.Sprintf("the %s has %d replicas: with Nafuda one publishes and the others stand by", d.Kind, *d.Spec.Replicas))
	}
	if r.Kind == kindDaemonSet {
		r.Notes = append(r.Notes, "a DaemonSet runs on each node: with Nafuda one of them publishes and the others stand by; a Deployment with one replica does as well")
	}
}
