// SPDX-License-Identifier: Apache-2.0

package iamemu

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// association is EKS's answer for one (API_PodIdentityAssociation).
type association struct {
	Cluster   string            `json:"clusterName"`
	Namespace string            `json:"namespace"`
	Account   string            `json:"serviceAccount"`
	Role      string            `json:"roleArn,omitempty"`
	ARN       string            `json:"associationArn"`
	ID        string            `json:"associationId"`
	Tags      map[string]string `json:"tags,omitempty"`
}

// AddCluster makes an EKS cluster without associations.
func (s *Server) AddCluster(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clusters[name] = []*association{}
}

// EKS serves the actions on pod identity associations (Amazon EKS API Reference, 2017-11-01): one for each service account, a role that
// must be there and whose trust policy lets pods.eks.amazonaws.com take it and tag the session.
func (s *Server) EKS() http.Handler {
	mux := http.NewServeMux()
	const all, one = "/clusters/{name}/pod-identity-associations", "/clusters/{name}/pod-identity-associations/{id}"
	mux.Handle("POST "+all, s.eks("CreatePodIdentityAssociation", s.associate))
	mux.Handle("GET "+all, s.eks("ListPodIdentityAssociations", s.listAssociations))
	mux.Handle("GET "+one, s.eks("DescribePodIdentityAssociation", s.describeAssociation))
	mux.Handle("POST "+one, s.eks("UpdatePodIdentityAssociation", s.updateAssociation))
	mux.Handle("DELETE "+one, s.eks("DeletePodIdentityAssociation", s.deleteAssociation))
	mux.Handle("POST /tags/{arn}", s.eks("TagResource", s.tagAssociation))
	return mux
}

type eksRequest struct {
	Namespace, ServiceAccount, RoleArn, ClientRequestToken string
	Tags                                                   map[string]string
}

// eks reads a request and writes the answer of an action, which is called with the server's mutex held.
func (s *Server) eks(action string, do func(*http.Request, eksRequest) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.calls[action]++
		var in eksRequest
		var out any
		who, err := s.caller(credential(r))
		if err == nil && (who != admin || !strings.Contains(r.Header.Get("Authorization"), "/eks/aws4_request")) {
			err = refuse(http.StatusForbidden, "AccessDeniedException", "User: %s is not authorized to perform: eks:%s", who, action)
		}
		if err == nil && r.Method == http.MethodPost {
			d := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostBody))
			d.DisallowUnknownFields()
			if d.Decode(&in) != nil {
				err = invalid("the body isn't what %s takes", action)
			}
		}
		if err == nil {
			out, err = do(r, in)
		}
		w.Header().Set("Content-Type", "application/json")
		if f, ok := err.(*fault); ok { //nolint:errorlint // ours are never wrapped
			w.Header().Set("X-Amzn-Errortype", f.code)
			w.WriteHeader(f.status)
			out = map[string]string{"message": f.message}
		}
		_ = json.NewEncoder(w).Encode(out) // the client may be gone
	})
}

func invalid(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "InvalidParameterException", format, args...)
}

func (s *Server) find(r *http.Request) (*association, error) {
	list, ok := s.clusters[r.PathValue("name")]
	i := slices.IndexFunc(list, func(a *association) bool { return a.ID == r.PathValue("id") })
	switch {
	case !ok:
		return nil, refuse(http.StatusNotFound, "ResourceNotFoundException", "No cluster found for name: %s.", r.PathValue("name"))
	case r.PathValue("id") != "" && i < 0:
		return nil, refuse(http.StatusNotFound, "ResourceNotFoundException", "Association %s was not found.", r.PathValue("id"))
	case i < 0:
		return nil, nil
	}
	return list[i], nil
}

// usable checks a role as EKS does: it is in this account, and pods may take it.
func (s *Server) usable(arn string) error {
	m := regexp.MustCompile(`^arn:aws[a-z-]*:iam::` + Account + `:role/([\w+=,.@-]+)$`).FindStringSubmatch(arn)
	if m == nil {
		return invalid("Role ARN %q isn't one of this account.", arn)
	}
	r := s.roles[m[1]]
	if r == nil {
		return invalid("Role provided in the request does not exist.")
	}
	for _, word := range []string{"pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession"} {
		if !strings.Contains(r.trust, `"`+word+`"`) {
			return invalid("Trust policy of role %s is not valid for EKS Pod Identity: it lacks %s.", arn, word)
		}
	}
	return nil
}

func (s *Server) associate(r *http.Request, in eksRequest) (any, error) {
	if _, err := s.find(r); err != nil {
		return nil, err
	}
	if in.Namespace == "" || in.ServiceAccount == "" {
		return nil, invalid("Namespace and service account are required.")
	}
	if err := s.usable(in.RoleArn); err != nil {
		return nil, err
	}
	name := r.PathValue("name")
	for _, a := range s.clusters[name] {
		if a.Namespace == in.Namespace && a.Account == in.ServiceAccount {
			return nil, refuse(http.StatusConflict, "ResourceInUseException", "Association already exists: %s", a.ID)
		}
	}
	s.made++
	id := fmt.Sprintf("a-example%09d", s.made)
	a := &association{name, in.Namespace, in.ServiceAccount, in.RoleArn, "arn:aws:eks:us-east-1:" + Account + ":podidentityassociation/" + name + "/" + id, id, in.Tags}
	s.clusters[name] = append(s.clusters[name], a)
	return map[string]any{"association": a}, nil
}

// listAssociations tells neither roles nor tags, as EKS doesn't.
func (s *Server) listAssociations(r *http.Request, _ eksRequest) (any, error) {
	if _, err := s.find(r); err != nil {
		return nil, err
	}
	out := []association{}
	for _, a := range s.clusters[r.PathValue("name")] {
		q := r.URL.Query()
		if (!q.Has("namespace") || q.Get("namespace") == a.Namespace) && (!q.Has("serviceAccount") || q.Get("serviceAccount") == a.Account) {
			out = append(out, association{a.Cluster, a.Namespace, a.Account, "", a.ARN, a.ID, nil})
		}
	}
	return map[string]any{"associations": out}, nil
}

func (s *Server) describeAssociation(r *http.Request, _ eksRequest) (any, error) {
	a, err := s.find(r)
	return map[string]any{"association": a}, err
}

func (s *Server) updateAssociation(r *http.Request, in eksRequest) (any, error) {
	a, err := s.find(r)
	if err == nil {
		err = s.usable(in.RoleArn)
	}
	if err == nil {
		a.Role = in.RoleArn
	}
	return map[string]any{"association": a}, err
}

func (s *Server) deleteAssociation(r *http.Request, _ eksRequest) (any, error) {
	a, err := s.find(r)
	if err == nil {
		name := r.PathValue("name")
		s.clusters[name] = slices.DeleteFunc(s.clusters[name], func(b *association) bool { return a == b })
	}
	return map[string]any{"association": a}, err
}

func (s *Server) tagAssociation(r *http.Request, in eksRequest) (any, error) {
	for _, list := range s.clusters {
		for _, a := range list {
			if a.ARN == r.PathValue("arn") {
				if a.Tags == nil {
					a.Tags = make(map[string]string)
				}
				maps.Copy(a.Tags, in.Tags)
				return map[string]any{}, nil
			}
		}
	}
	return nil, refuse(http.StatusNotFound, "NotFoundException", "Resource was not found.")
}
