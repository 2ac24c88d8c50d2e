// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"maps"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/report"
)

// maxWaiting is how many objects without an address are told one by one.
const maxWaiting = 10

func checkAddresses(ctx context.Context, e *exam) []Finding {
	if e.patient.NoAccounts != nil || e.patient.Plan == nil {
		return e.unopened()
	}
	return judgeAddresses(e.wanting(ctx))
}

// judgeAddresses tells which objects ask for names and have no address to give them, by what has to give them one.
func judgeAddresses(w wanting) []Finding {
	const incomplete = "see what the checks kubeconfig, rbac, kinds and permissions say"
	if w.err != nil {
		return []Finding{warn(incomplete, "which objects have no address isn't known: %v", w.err)}
	}
	waiting := withoutAddress(w.plan)
	var out []Finding
	for _, object := range slices.Sorted(maps.Keys(waiting)) {
		if len(out) == maxWaiting {
			out = append(out, warn("", "%s more have no address", report.Count(len(waiting)-maxWaiting, "object")))
			break
		}
		n := waiting[object]
		if n.Type == "" {
			out = append(out, fail(giver(object), "%s asks for %s and has no address, so nothing is published: %s", object, n.Name, n.Reason.Text))
		} else {
			out = append(out, warn(giver(object), "%s has no address any more; what is published at %s stays: %s", object, n.Name, n.Reason.Text))
		}
	}
	if !w.whole {
		out = append(out, warn(incomplete, "not everything could be read: more objects may have no address"))
	}
	if len(out) == 0 {
		out = append(out, ok("every object that asks for a name has an address"))
	}
	return out
}

// withoutAddress gives the objects that a plan holds names for because they have no address, each with one of its names: best one at which
// nothing is published.
func withoutAddress(p report.Plan) map[string]report.Name {
	out := make(map[string]report.Name)
	for _, v := range p.Views {
		for _, n := range v.Held {
			if before, told := out[n.From]; n.Reason.Code == reason.NoAddressYet && (!told || before.Type != "" && n.Type == "") {
				out[n.From] = n
			}
		}
	}
	return out
}

// giver says what gives objects of a kind their addresses, and what to look at where it doesn't. Outside of clouds a cluster has none.
func giver(object string) string {
	kind, _, _ := strings.Cut(object, "/")
	switch kind {
	case "service":
		return "kubectl describe it: no Events mean that nothing gives addresses to Services of the type LoadBalancer (install MetalLB or kube-vip), or that its Pods or nodes aren't ready"
	case "ingress":
		return "its controller writes no status, or there is none of its class: tell the controller its address (--publish-service, --publish-status-address), or give one with --default-targets or a target annotation"
	default:
		return "look at the Programmed condition of its Gateway, and at the Service that was made for it"
	}
}
