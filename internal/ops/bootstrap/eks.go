// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"nafuda.io/nafuda/internal/provider/awsconf"
)

// eks asks the REST API of Amazon EKS about pod identity associations, with the SDK's signatures; the SDK's own client of it would
// be loaded for six of its 60 operations.
type eks struct {
	config           aws.Config
	region, endpoint string
	cluster          string
}

// newEKS makes the client for a cluster in a region. An empty endpoint is the region's own.
func newEKS(config aws.Config, region, endpoint, cluster string) *eks {
	own := "https://eks." + region + ".amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		own += ".cn"
	}
	return &eks{config, region, strings.TrimSuffix(cmp.Or(endpoint, aws.ToString(config.BaseEndpoint), own), "/"), cluster}
}

// association says which role the pods of a service account get (API_PodIdentityAssociation).
type association struct {
	ID   string            `json:"associationId"`
	ARN  string            `json:"associationArn"`
	Role string            `json:"roleArn"`
	Tags map[string]string `json:"tags"`
}

func (a association) ours() bool { return a.Tags[tagKey] != "" }

// call asks for one action, whose path is below the cluster's associations unless it is absolute. In and out may be nil.
func (c *eks) call(ctx context.Context, action, method, path string, in, out any) error {
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return fmt.Errorf("ask eks:%s: %w", action, err)
		}
	}
	if !strings.HasPrefix(path, "/tags/") {
		path = "/clusters/" + url.PathEscape(c.cluster) + "/pod-identity-associations" + path
	}
	head := http.Header{"Content-Type": {"application/json"}}
	answer, status, err := send(ctx, c.config, signed{"eks", c.region, action, method, c.endpoint + path, head, body})
	switch {
	case err != nil:
		return err
	case status != http.StatusOK:
		var e struct{ Message string }
		if err := json.Unmarshal(answer, &e); err != nil || e.Message == "" {
			return fmt.Errorf("eks:%s: status %d, and no error of EKS's: is the endpoint right?", action, status)
		}
		return fmt.Errorf("eks:%s: %d %s: %s", action, status, http.StatusText(status), awsconf.Scrub(e.Message))
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return fmt.Errorf("read the answer of eks:%s: %w", action, err)
	}
	return nil
}

// find returns the association of a service account; EKS lets it have one only. Nil is none.
func (c *eks) find(ctx context.Context, namespace, account string) (*association, error) {
	var list struct{ Associations []association }
	query := url.Values{"namespace": {namespace}, "serviceAccount": {account}}
	if err := c.call(ctx, "ListPodIdentityAssociations", http.MethodGet, "?"+query.Encode(), nil, &list); err != nil {
		return nil, err
	}
	if len(list.Associations) == 0 {
		return nil, nil
	}
	if len(list.Associations) > 1 {
		return nil, fmt.Errorf("eks:ListPodIdentityAssociations: %s/%s has %d associations, and may have one: is the endpoint right?", namespace, account, len(list.Associations))
	}
	var one struct{ Association *association }
	err := c.call(ctx, "DescribePodIdentityAssociation", http.MethodGet, "/"+url.PathEscape(list.Associations[0].ID), nil, &one)
	if err == nil && one.Association == nil {
		err = errors.New("eks:DescribePodIdentityAssociation: the answer has no association")
	}
	return one.Association, err
}

func (t *Target) associating() step {
	return step{t.o.associated(), t.lookAssociation, t.associate}
}

func (o Options) associated() string {
	return "EKS pod identity association of " + o.Namespace + "/" + o.Name + " in " + o.Cluster
}

func (t *Target) lookAssociation(ctx context.Context) (todo, error) {
	there, err := t.eks.find(ctx, t.o.Namespace, t.o.Name)
	switch {
	case err != nil:
		return todo{}, err
	case there == nil:
		return todo{text: "make it, for the IAM role " + t.o.roleName()}, nil
	case !there.ours() && there.Role == t.o.roleARN():
		return t.foreign(ourTag, ""), nil
	case !there.ours():
		return t.foreign(ourTag, "and the role "+t.o.roleARN()+" instead of "+there.Role), nil
	case there.Role == t.o.roleARN():
		return todo{}, nil
	}
	return todo{text: "give it the role " + t.o.roleARN() + " instead of " + there.Role}, nil
}

func (t *Target) associate(ctx context.Context) error {
	there, err := t.eks.find(ctx, t.o.Namespace, t.o.Name)
	if err != nil {
		return err
	}
	tags := map[string]string{tagKey: t.o.Name}
	if there == nil {
		return t.eks.call(ctx, "CreatePodIdentityAssociation", http.MethodPost, "", map[string]any{
			"namespace": t.o.Namespace, "serviceAccount": t.o.Name, "roleArn": t.o.roleARN(), "tags": tags,
		}, nil)
	}
	if !there.ours() {
		if err := t.mine(false); err != nil {
			return err
		}
		if err := t.eks.call(ctx, "TagResource", http.MethodPost, "/tags/"+url.PathEscape(there.ARN), map[string]any{"tags": tags}, nil); err != nil {
			return err
		}
	}
	if there.Role == t.o.roleARN() {
		return nil
	}
	return t.eks.call(ctx, "UpdatePodIdentityAssociation", http.MethodPost, "/"+url.PathEscape(there.ID), map[string]any{"roleArn": t.o.roleARN()}, nil)
}

// dissociating takes the association back.
func (t *Target) dissociating() step {
	return step{t.o.associated(), func(ctx context.Context) (todo, error) {
		there, err := t.eks.find(ctx, t.o.Namespace, t.o.Name)
		return going(there != nil && there.ours(), there != nil), err
	}, func(ctx context.Context) error {
		there, err := t.eks.find(ctx, t.o.Namespace, t.o.Name)
		if err != nil || there == nil {
			return err
		}
		return t.eks.call(ctx, "DeletePodIdentityAssociation", http.MethodDelete, "/"+url.PathEscape(there.ID), nil, nil)
	}}
}
