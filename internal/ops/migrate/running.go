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
	Namespace, Deployment, Container, Image string // empty where only arguments are known

	Args  []string // as they stand
	Words []string // Args with their variables' values
	Env   []string // the flags' variables, NAME=VALUE, the line breaks of lists in them
	Notes []string // what a person should know

	command  []string // that the image's own is replaced by, as it stands; its arguments are the first of Args
	recreate bool
	secrets  []string // values that aren't to be printed
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
	r := Running{Args: args}
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
func running(d deployment, c container, known map[string]string) (Running, error) {
	r := Running{
		Namespace: d.Metadata.Namespace, Deployment: d.Metadata.Name, Container: c.Name, Image: c.Image,
		Args: slices.Clone(c.Args), command: c.Command, recreate: d.Spec.Strategy.Type == "Recreate",
	}
	for _, name := range []string{d.Metadata.Name, c.Name, cmp.Or(d.Metadata.Namespace, "default")} {
		if !named.MatchString(name) {
			return r, errors.New("the Deployment, its namespace or its container has a name that Kubernetes doesn't allow: give the manifest as kubectl prints it")
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
	if d.Spec.Replicas != nil && *d.Spec.Replicas > 1 {
		r.Notes = append(r.Notes, fmt.Sprintf("the Deployment has %d replicas: with Nafuda one publishes and the others stand by", *d.Spec.Replicas))
	}
	return r, r.expand(vars)
}

// variables reads the container's variables. Later ones may use earlier ones.
func (r *Running) variables(c container, known map[string]string) (map[string]string, error) {
	vars := make(map[string]string)
	var elsewhere, aws, literal []string
	size := 0
	for _, v := range c.Env {
		given, isGiven := known[v.Name]
		switch {
		case isGiven:
			vars[v.Name] = given
		case len(v.ValueFrom) > 0 && string(v.ValueFrom) != "null":
			delete(vars, v.Name)
			elsewhere = append(elsewhere, v.Name)
		default:
			vars[v.Name], _ = Expand(v.Value, vars)
			if secret(v.Name) && v.Value != "" && !strings.HasPrefix(v.Value, "$(") {
				literal = append(literal, v.Name)
			}
		}
		if size += len(vars[v.Name]); size > maxText {
			return nil, fmt.Errorf("read the variables of the container: they have more than %d bytes", maxText)
		}
		if strings.HasPrefix(v.Name, "AWS_") && !slices.Contains(aws, v.Name) {
			aws = append(aws, v.Name)
		}
	}
	for name, value := range known {
		vars[name] = value
	}
	r.hide(vars)
	r.noteVariables(aws, literal, len(c.EnvFrom) > 0)
	for _, name := range elsewhere {
		if _, ok := vars[name]; !ok && strings.HasPrefix(name, theirPrefix) {
			return nil, fmt.Errorf("the variable %s sets a flag and its value isn't in the manifest: add %s", brief(errors.New(name)), settings([]string{name}))
		}
	}
	for name, value := range vars {
		if strings.HasPrefix(name, theirPrefix) || strings.HasPrefix(name, ourPrefix) {
			r.Env = append(r.Env, name+"="+value)
		}
	}
	slices.Sort(r.Env)
	return vars, nil
}

// hide notes which values of variables are secrets.
func (r *Running) hide(vars map[string]string) {
	const shortest = 4 // less hides nothing, and would take words apart
	for name, value := range vars {
		if secret(name) && len(value) >= shortest {
			r.secrets = append(r.secrets, value)
		}
	}
	slices.SortFunc(r.secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) }) // the longer first: one may be in another
}

// Scrub takes the values of secret variables out of a text.
func (r *Running) Scrub(text string) string {
	for _, s := range r.secrets {
		text = strings.ReplaceAll(text, s, "(hidden)")
	}
	return text
}

// The prefixes of variables that set flags.
const (
	theirPrefix = "EXTERNAL_DNS_"
	ourPrefix   = "NAFUDA_"
)

func (r *Running) noteVariables(aws, literal []string, more bool) {
	if len(literal) > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s: the value stands in the Deployment for all to read who may see it: put it into a Secret, and a reference (valueFrom.secretKeyRef) in its place",
			brief(errors.New(strings.Join(literal, ", ")))))
	}
	if len(aws) > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("the container sets %s; this plan uses the credentials and the region of this shell, which must see the same hosted zones",
			brief(errors.New(strings.Join(aws, ", ")))))
	}
	if more {
		r.Notes = append(r.Notes, "the container takes variables from a Secret or ConfigMap (envFrom), which aren't read: one that begins with EXTERNAL_DNS_ sets a flag; give it with --env=NAME=VALUE")
	}
}
