// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
)

// access is something that the API server should let us do.
type access struct {
	attributes authorizationv1.ResourceAttributes
	what       string // for people: list services
	level      Level  // of not being allowed to
	without    string // what happens without it
}

// granted is what the API server says about an access.
type granted struct {
	access
	allowed bool
	why     string // the server's words, if any
	err     error  // it couldn't be asked
}

func checkRBAC(ctx context.Context, e *exam) []Finding {
	if e.patient.Cluster.Config == nil {
		return fromFiles()
	}
	if e.noAPI != nil {
		return []Finding{warn("see what the check kubeconfig says", "not asked: no API server is known")}
	}
	var asked []granted
	for _, a := range e.patient.Cluster.accesses() {
		g := granted{access: a}
		review := authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &a.attributes}}
		review.APIVersion, review.Kind = "authorization.k8s.io/v1", "SelfSubjectAccessReview"
		_, g.err = e.api.ask(ctx, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review, &review)
		g.allowed, g.why = review.Status.Allowed, review.Status.Reason
		asked = append(asked, g)
	}
	return judgeRBAC(asked)
}

// accesses lists what is needed, the kinds sorted by name: a kind that a source iterates over is needed for everything.
func (c Cluster) accesses() []access {
	var out []access
	needs := slices.Clone(c.Needs)
	slices.SortStableFunc(needs, func(a, b Need) int { return cmp.Or(cmp.Compare(a.Kind.Name, b.Kind.Name), cmp.Compare(a.For, b.For)) })
	needs = slices.CompactFunc(needs, func(a, b Need) bool { return a.Kind.Name == b.Kind.Name }) // the weightiest stays: its For is empty
	for _, n := range needs {
		level, without := Fail, "nothing that the source "+n.Source+" asks for is published or changed"
		if n.For != "" {
			level, without = Warn, "the names of "+n.For+" are held"
		}
		for _, verb := range []string{"list", "watch"} {
			at := authorizationv1.ResourceAttributes{Verb: verb, Group: n.Kind.Group, Version: n.Kind.Version, Resource: n.Kind.Resource}
			what := verb + " " + n.Kind.Resource
			for _, ns := range n.Kind.Watched([]string{c.Namespace}) {
				if at.Namespace = ns; ns != "" {
					what += " in " + ns
				}
			}
			out = append(out, access{at, what, level, without})
		}
	}
	if c.Events {
		at := authorizationv1.ResourceAttributes{Verb: "create", Group: "events.k8s.io", Version: "v1", Resource: "events", Namespace: c.Namespace}
		out = append(out, access{at, "create events", Warn, "no Warning Event tells on an object why its name isn't published; --no-warning-events asks for none"})
	}
	return append(out, c.leaseAccesses()...)
}

func (c Cluster) leaseAccesses() []access {
	namespace, name, found := strings.Cut(c.Lease, "/")
	if !found {
		return nil
	}
	level, without := Warn, "of several replicas all act at once"
	if c.LeaseMust {
		level, without = Fail, "no replica acts, for --leader-elect=true"
	}
	var out []access
	for _, verb := range []string{"get", "create", "update"} {
		at := authorizationv1.ResourceAttributes{Verb: verb, Group: "coordination.k8s.io", Version: "v1", Resource: "leases", Namespace: namespace, Name: name}
		if verb == "create" { // a role can't allow it for one name: the object isn't there yet
			at.Name = ""
		}
		out = append(out, access{at, fmt.Sprintf("%s the lease %s", verb, c.Lease), level, without})
	}
	return out
}

func judgeRBAC(asked []granted) []Finding {
	var out []Finding
	var allowed []string
	for _, g := range asked {
		switch {
		case g.err != nil:
			out = append(out, warn("see what the check kubeconfig says", "whether we may %s isn't known: %v", g.what, g.err))
		case g.allowed:
			allowed = append(allowed, g.what)
		default:
			why := ""
			if g.why != "" {
				why = " (" + g.why + ")"
			}
			maker := "nafuda bootstrap aws writes such a role"
			if g.attributes.Resource == "events" { // bootstrap's role has only what sources and the lease need
				maker = "deploy/rbac.yaml has such a rule"
			}
			fix := fmt.Sprintf("give the role of the service account the verb %s on %s: %s", g.attributes.Verb, g.attributes.Resource, maker)
			out = append(out, Finding{Level: g.level, Text: fmt.Sprintf("we may not %s%s: %s", g.what, why, g.without), Fix: fix})
		}
	}
	if len(allowed) > 0 {
		out = append(out, ok("we may %s", strings.Join(allowed, ", ")))
	}
	return out
}
