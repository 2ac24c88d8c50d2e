// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Swap is how to change over, and back: commands for a shell, one line each.
type Swap struct {
	Args  []string `json:"args"` // ours
	There []string `json:"there"`
	Back  []string `json:"back"`
	Notes []string `json:"notes,omitempty"`
}

// The names of ExternalDNS's own manifests, where no manifest tells others.
const usual = "external-dns"

// MakeSwap writes the commands that put an image in place of the running one, with what was found to keep the zone as it is.
func MakeSwap(r Running, o Outcome, image string) Swap {
	s := Swap{Args: o.apply(r.Args)}
	sameArgs := slices.Equal(s.Args, r.Args) && len(r.command) == 0
	var some [2]bool
	s.Args, some[0] = r.masked(s.Args)
	r.Args, some[1] = r.masked(r.Args)
	r.command, _ = r.masked(r.command) // whose arguments are among Args
	known := r.Name != ""
	if !known {
		r.Name, r.Container = usual, usual
		s.Notes = append(s.Notes, fmt.Sprintf("the Deployment and its container are taken to be called %s, as ExternalDNS's own are; --from-manifest reads the names", usual))
		s.Notes = append(s.Notes, "the way back is to the revision before, so take it before anything else is changed, or note the image that runs now")
	}
	s.commands(r, image, sameArgs, known)
	if some[0] || some[1] {
		s.Notes = append(s.Notes, "put the secret in place of "+hidden+" before an argument with it is used; better, take the argument away and set the flag's variable from a Secret")
	}
	return s
}

// commands writes the commands there and back.
func (s *Swap) commands(r Running, image string, sameArgs, known bool) {
	switch {
	case r.static:
		s.ofFile("it is a static Pod: change the image, and the arguments to those above, in its file on the node (/etc/kubernetes/manifests, most often); kubelet starts it anew, and " +
			"so it does on the way back")
	case r.Kind == kindPod && !sameArgs:
		s.ofFile("the arguments of a Pod can't be changed: delete it and apply its manifest with the image "+image+" and the arguments above; on the way back with those of before",
			r.kubectl("delete", r.target()), r.kubectl("apply", "--filename=POD.yaml"))
	case sameArgs && known && (r.recreate || r.Kind != kindDeployment):
		s.There = []string{r.kubectl("set", "image", r.target(), r.Container+"="+image)}
		s.Back = []string{r.kubectl("set", "image", r.target(), r.Container+"="+r.Image)}
		s.follow(r)
	default:
		s.There = []string{r.kubectl("patch", r.target(), "--patch="+r.patch(image, s.Args, !sameArgs))}
		s.Back = []string{r.kubectl("rollout", "undo", r.target())}
		if known {
			s.Back = []string{r.kubectl("patch", r.target(), "--patch="+r.unpatch(!sameArgs))}
		}
		if r.Kind == kindDeployment {
			s.recreates(known)
		}
		s.follow(r)
	}
}

// target is what kubectl changes.
func (r *Running) target() string { return strings.ToLower(r.Kind) + "/" + r.Name }

// kubectl is a command in the namespace.
func (r *Running) kubectl(words ...string) string {
	if r.Namespace != "" {
		words = slices.Concat([]string{"--namespace=" + r.Namespace}, words)
	}
	line := "kubectl"
	for _, w := range words {
		line += " " + Quote(w)
	}
	return line
}

// ofFile tells of a Pod that only its file changes, by the same commands there and back.
func (s *Swap) ofFile(note string, commands ...string) {
	s.There, s.Back, s.Notes = append([]string{}, commands...), append([]string{}, commands...), append(s.Notes, note)
}

// recreates tells that a Deployment's strategy is changed.
func (s *Swap) recreates(known bool) {
	note := "the strategy becomes Recreate, so that the two never run at once"
	if known {
		note += "; it stays so on the way back"
	}
	s.Notes = slices.Insert(s.Notes, 0, note)
}

// follow waits for what a change brings about, and brings it about where nobody else does.
func (s *Swap) follow(r Running) {
	then := r.kubectl("rollout", "status", r.target())
	switch r.Kind {
	case kindPod:
		then = r.kubectl("wait", "--for=condition=Ready", r.target())
	case kindReplicaSet:
		then = r.kubectl("delete", "pods", "--selector="+r.selector)
		s.Notes = append(s.Notes, "a ReplicaSet leaves its Pods as they are, so they are deleted, and made anew")
	}
	s.There, s.Back = append(s.There, then), append(s.Back, then)
}

// patch is a strategic merge patch: lists of containers merge by name, lists of texts are replaced. Of what has a template, a Deployment alone may run the
// new Pod beside the old one.
func (r *Running) patch(image string, args []string, withArgs bool) string {
	c := map[string]any{"name": r.Container, "image": image}
	if withArgs {
		c["args"] = args
	}
	if len(r.command) > 0 {
		c["command"] = nil
	}
	if r.Kind != kindDeployment {
		return template(c, nil)
	}
	return template(c, map[string]any{"strategy": map[string]any{"type": "Recreate", "rollingUpdate": nil}})
}

// unpatch puts the container back as it was. The strategy stays Recreate: the two mustn't run at once on the way back either.
func (r *Running) unpatch(withArgs bool) string {
	c := map[string]any{"name": r.Container, "image": r.Image}
	if withArgs {
		c["args"] = slices.Clone(r.Args)
	}
	if len(r.command) > 0 {
		c["command"], c["args"] = r.command, nilIfEmpty(r.Args[len(r.command)-1:])
	}
	return template(c, nil)
}

func nilIfEmpty(list []string) any {
	if len(list) == 0 {
		return nil
	}
	return list
}

func template(container, spec map[string]any) string {
	if spec == nil {
		spec = make(map[string]any)
	}
	spec["template"] = map[string]any{"spec": map[string]any{"containers": []any{container}}}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(map[string]any{"spec": spec}) // maps of texts can always be written
	return strings.TrimSpace(b.String())
}
