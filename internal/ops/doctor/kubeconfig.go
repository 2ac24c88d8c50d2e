// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"net/http"

	authenticationv1 "k8s.io/api/authentication/v1"
)

// fromFiles is the finding of checks of a cluster where there is none.
func fromFiles() []Finding {
	return []Finding{ok("objects come from files: no API server is asked")}
}

// anonymous is who has no credentials (Kubernetes, "Authenticating", anonymous requests).
const anonymous = "system:anonymous"

// reached is what an API server says about itself and us.
type reached struct {
	url, version string
	user         string // who we are; empty: it didn't tell
	insecure     bool
	err          error // why it doesn't answer
}

func checkKubeconfig(ctx context.Context, e *exam) []Finding {
	if e.patient.Cluster.Config == nil {
		return fromFiles()
	}
	if e.noAPI != nil {
		return judgeReached(reached{err: e.noAPI})
	}
	r := reached{url: e.api.base.String(), insecure: e.api.insecure}
	var version struct {
		GitVersion string `json:"gitVersion"`
	}
	if _, r.err = e.api.ask(ctx, "/version", nil, &version); r.err != nil {
		return judgeReached(r)
	}
	r.version = version.GitVersion
	// Servers before 1.28 don't serve it: then the name isn't known (Kubernetes, "SelfSubjectReview").
	review := authenticationv1.SelfSubjectReview{}
	review.APIVersion, review.Kind = "authentication.k8s.io/v1", "SelfSubjectReview"
	_, err := e.api.ask(ctx, "/apis/authentication.k8s.io/v1/selfsubjectreviews", review, &review)
	r.user = review.Status.UserInfo.Username
	if refused, is := errors.AsType[*apiError](err); is {
		switch refused.status {
		case http.StatusUnauthorized:
			r.err = err
		case http.StatusForbidden: // everybody may ask whom the server knows (the role system:basic-user)
			r.user = anonymous
		}
	}
	return judgeReached(r)
}

func judgeReached(r reached) []Finding {
	refused, answered := errors.AsType[*apiError](r.err)
	switch {
	case answered && refused.status == http.StatusUnauthorized:
		return []Finding{fail("renew the credentials of the kubeconfig, or of the pod's service account", "%s doesn't take our credentials: %v", r.url, r.err)}
	case r.err != nil && r.url == "":
		return []Finding{fail("correct --kubeconfig, or run in a pod with a service account", "no API server is known: %v", r.err)}
	case r.err != nil:
		return []Finding{fail("see that the address is right and that nothing in between keeps us from it: kubectl version asks the same", "%s doesn't answer: %v", r.url, r.err)}
	}
	out := []Finding{}
	if r.insecure {
		out = append(out, warn("give the kubeconfig certificate-authority-data instead of insecure-skip-tls-verify", "the certificate of %s isn't checked: anybody in between can say what objects there are", r.url))
	}
	switch r.user {
	case "":
		return append(out, ok("%s answers: Kubernetes %s", r.url, r.version))
	case anonymous:
		return append(out, warn("give the kubeconfig a user", "%s answers, Kubernetes %s, and doesn't know who we are: the kubeconfig has no credentials", r.url, r.version))
	default:
		return append(out, ok("%s answers: Kubernetes %s, to us as %s", r.url, r.version, r.user))
	}
}
