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
	target := "deployment/" + usual
	name := usual
	if r.Deployment != "" {
		target, name = "deployment/"+r.Deployment, r.Container
	}
	kubectl := func(words ...string) string {
		if r.Namespace != "" {
			words = slices.Concat([]string{"--namespace=" + r.Namespace}, words)
		}
		line := "kubectl"
		for _, w := range words {
			line += " " + Quote(w)
		}
		return line
	}
	sameArgs := slices.Equal(s.Args, r.Args) && len(r.command) == 0
	var some [2]bool
	s.Args, some[0] = r.masked(s.Args)
	r.Args, some[1] = r.masked(r.Args)
	r.command, _ = r.masked(r.command) // whose arguments are among Args
	if r.Deployment != "" && sameArgs && r.recreate {
		s.There = []string{kubectl("set", "image", target, name+"="+image)}
		s.Back = []string{kubectl("set", "image", target, name+"="+r.Image)}
	} else {
		s.There = []string{kubectl("patch", target, "--patch="+patch(name, image, s.Args, !sameArgs, len(r.command) > 0))}
		s.Back = []string{kubectl("rollout", "undo", target)}
		s.Notes = append(s.Notes, "the strategy becomes Recreate, so that the two never run at once")
		if r.Deployment != "" {
			s.Back = []string{kubectl("patch", target, "--patch="+r.unpatch(!sameArgs))}
			s.Notes[0] += "; it stays so on the way back"
		}
	}
	if r.Deployment == "" {
		s.Notes = append(s.Notes, fmt.Sprintf("the Deployment and its container are taken to be called %s, as ExternalDNS's own are; --from-manifest reads the names", usual))
		s.Notes = append(s.Notes, "the way back is to the revision before, so take it before anything else is changed, or note the image that runs now")
	}
	if some[0] || some[1] {
		s.Notes = append(s.Notes, "put the secret in place of "+hidden+" before an argument with it is used; better, take the argument away and set the flag's variable from a Secret")
	}
	s.There = append(s.There, kubectl("rollout", "status", target))
	s.Back = append(s.Back, kubectl("rollout", "status", target))
	return s
}

// patch is a strategic merge patch of a Deployment: lists of containers merge by name, lists of texts are replaced.
func patch(name, image string, args []string, withArgs, noCommand bool) string {
	c := map[string]any{"name": name, "image": image}
	if withArgs {
		c["args"] = args
	}
	if noCommand {
		c["command"] = nil
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
