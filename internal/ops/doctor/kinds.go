// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"path"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"nafuda.io/nafuda/internal/source"
)

// served is a group's version, and what the API server says that it has of it.
type served struct {
	version   string // as apiVersion has it
	resources []string
	err       error // it couldn't be asked
}

func checkKinds(ctx context.Context, e *exam) []Finding {
	if e.patient.Cluster.Config == nil {
		return fromFiles()
	}
	if e.noAPI != nil {
		return []Finding{warn("see what the check kubeconfig says", "not asked: no API server is known")}
	}
	found := make(map[string]served)
	for _, n := range e.patient.Cluster.Needs {
		for _, k := range n.Kind.Versions() {
			v := apiVersion(k)
			if _, asked := found[v]; !asked {
				found[v] = e.api.served(ctx, k)
			}
		}
	}
	return judgeKinds(e.patient.Cluster.Needs, found)
}

// apiVersion is a kind's group and version as objects have them.
func apiVersion(k source.Kind) string { return path.Join(k.Group, k.Version) }

// served asks which resources there are; a version that isn't served has none.
func (a *api) served(ctx context.Context, k source.Kind) served {
	s := served{version: apiVersion(k)}
	root := "/apis/"
	if k.Group == "" {
		root = "/api/"
	}
	var list metav1.APIResourceList
	_, s.err = a.ask(ctx, root+s.version, nil, &list)
	if missing, is := errors.AsType[*apiError](s.err); is && missing.status == http.StatusNotFound {
		s.err = nil
	}
	for _, r := range list.APIResources {
		s.resources = append(s.resources, r.Name)
	}
	return s
}

// best is the version that the feed reads of a kind: the newest that is served. Where none is, it is one that couldn't be asked, or the newest.
func best(k source.Kind, found map[string]served) served {
	of := k.Versions()
	out := found[apiVersion(of[0])]
	for _, v := range of {
		s := found[apiVersion(v)]
		if s.err == nil && slices.Contains(s.resources, k.Resource) {
			return s
		}
		if s.err != nil && out.err == nil {
			out = s
		}
	}
	return out
}

func judgeKinds(needs []Need, found map[string]served) []Finding {
	needs = slices.Clone(needs)
	slices.SortStableFunc(needs, func(a, b Need) int {
		return cmp.Or(cmp.Compare(a.Kind.Name, b.Kind.Name), cmp.Compare(a.For, b.For), cmp.Compare(a.Source, b.Source))
	})
	var out []Finding
	var there []string
	for _, n := range needs {
		s := best(n.Kind, found)
		what := n.Kind.Resource + " (" + s.version + ")"
		fix := "install what brings the kind " + n.Kind.ManifestKind + " of " + s.version + " to the cluster, or leave --source=" + n.Source + " out"
		switch {
		case s.err != nil:
			out = append(out, warn("see what the check kubeconfig says", "whether %s are served isn't known: %v", what, s.err))
		case slices.Contains(s.resources, n.Kind.Resource):
			if !slices.Contains(there, what) {
				there = append(there, what)
			}
		case n.For != "":
			out = append(out, warn(fix, "%s aren't served: the names of %s of the source %s are held", what, n.For, n.Source))
		default:
			out = append(out, fail(fix, "%s aren't served: the source %s has nothing to read, and its names are held", what, n.Source))
		}
	}
	if len(there) > 0 {
		out = append(out, ok("served: %s", strings.Join(there, ", ")))
	}
	return out
}
