// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"context"

	"k8s.io/client-go/rest"

	"nafuda.io/nafuda/internal/provider/awsconf"
)

// Call asks IAM for an action with parameters.
func Call(ctx context.Context, endpoint string, action string, parameters ...string) error {
	return newIAM(awsconf.Local(endpoint).Config, endpoint).call(ctx, nil, action, parameters...)
}

// Get reads an object of a cluster by its path.
func Get(ctx context.Context, config *rest.Config, path string) (map[string]any, error) {
	c, err := newCluster(config)
	if err != nil {
		return nil, err
	}
	return c.get(ctx, path)
}

// Merge changes an object of a cluster.
func Merge(ctx context.Context, config *rest.Config, path string, change map[string]any) error {
	c, err := newCluster(config)
	if err != nil {
		return err
	}
	return c.merge(ctx, path, change)
}

// Try has the cluster check an object strictly, and makes nothing.
func Try(ctx context.Context, config *rest.Config, o Object) error {
	c, err := newCluster(config)
	if err == nil {
		_, err = c.apply(ctx, o, true)
	}
	return err
}
