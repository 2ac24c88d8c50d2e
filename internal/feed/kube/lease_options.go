// SPDX-License-Identifier: Apache-2.0

package kube

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/client-go/tools/clientcmd"
)

// LeaseOptions say whether one of several replicas is elected, and by which Lease.
type LeaseOptions struct {
	Elect     string `name:"leader-elect" enum:"auto,true,false" default:"auto" help:"Whether one of several replicas is elected to act, by a Lease: auto elects in a pod, where the role allows leases; true waits until the role allows them."`
	Name      string `name:"lease-name" placeholder:"NAME" help:"Name of the Lease. Default: made of the owner id and a hash of what this installation publishes, so that two installations don't wait for each other. What the brake has spent is kept in it where there is no --state-dir."`
	Namespace string `name:"lease-namespace" placeholder:"NAMESPACE" help:"Namespace of the Lease. Default: the pod's."`
}

// The values of --leader-elect; any other is no election.
const (
	ElectAuto = "auto"
	ElectTrue = "true"
)

// Check tells every mistake in the options at once.
func (o LeaseOptions) Check() error {
	var errs []error
	if wrong := validation.IsDNS1123Subdomain(o.Name); o.Name != "" && len(wrong) > 0 {
		errs = append(errs, fmt.Errorf("--lease-name=%s: %s", o.Name, strings.Join(wrong, "; ")))
	}
	if wrong := validation.IsDNS1123Label(o.Namespace); o.Namespace != "" && len(wrong) > 0 {
		errs = append(errs, fmt.Errorf("--lease-namespace=%s: %s", o.Namespace, strings.Join(wrong, "; ")))
	}
	return errors.Join(errs...)
}

// on says whether there is an election.
func (o LeaseOptions) on(opts Options) bool {
	switch o.Elect {
	case ElectTrue:
		return true
	case ElectAuto:
		return opts.inCluster()
	default:
		return false
	}
}

// inCluster reports whether the service account of the pod is used.
func (o Options) inCluster() bool {
	return o.Kubeconfig == "" && o.Server == "" && os.Getenv(clientcmd.RecommendedConfigPathEnvVar) == "" && homeKubeconfig() == "" &&
		os.Getenv("KUBERNETES_SERVICE_HOST") != ""
}

// podNamespace is where the service account's files say which namespace the pod is in.
const podNamespace = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"

func (o LeaseOptions) namespace() string {
	if o.Namespace != "" {
		return o.Namespace
	}
	text, err := os.ReadFile(podNamespace)
	if ns := strings.TrimSpace(string(text)); err == nil && len(validation.IsDNS1123Label(ns)) == 0 {
		return ns
	}
	return "default"
}

// name makes a DNS label of the owner id, readable and different for every two scopes.
func (o LeaseOptions) name(owner, scope string) string {
	if o.Name != "" {
		return o.Name
	}
	const most = 40
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, strings.ToLower(owner))
	clean = strings.Trim(clean[:min(len(clean), most)], "-")
	sum := sha256.Sum256([]byte(owner + "\x00" + scope))
	return strings.ReplaceAll(fmt.Sprintf("nafuda-%s-%x", clean, sum[:4]), "--", "-")
}
