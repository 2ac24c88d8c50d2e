// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Options are the flags of the source.
type Options struct {
	TypeFilter            []string `name:"service-type-filter" placeholder:"TYPE" help:"Only Services of this type: ClusterIP, NodePort, LoadBalancer or ExternalName. May be repeated; without it every type counts."`
	PublishInternal       bool     `name:"publish-internal-services" negatable:"" help:"Publish the cluster's own address of Services of type ClusterIP."`
	PublishHostIP         bool     `name:"publish-host-ip" negatable:"" help:"Publish, for headless Services, the addresses of the nodes rather than those of the Pods."`
	AlwaysPublishNotReady bool     `name:"always-publish-not-ready-addresses" negatable:"" help:"Publish Pods of headless Services that aren't ready, too."`
	ExposeInternalIPv6    bool     `name:"expose-internal-ipv6" negatable:"" help:"Publish the internal IPv6 addresses of nodes together with their external addresses."`
	ResolveHostname       bool     `name:"resolve-service-load-balancer-hostname" negatable:"" help:"Publish the addresses that a load balancer's host name has, asked of the system's resolver once or twice a minute, rather than a CNAME to it."`
	ExcludeUnschedulable  bool     `name:"exclude-unschedulable" default:"true" negatable:"" help:"Leave out nodes that are cordoned."`
	ExcludeNotReady       bool     `name:"exclude-not-ready-nodes" negatable:"" help:"Leave out the addresses of nodes that aren't ready. Where no node is, what is published stays."`
}

// The types of a Service.
const (
	typeClusterIP    = "ClusterIP"
	typeNodePort     = "NodePort"
	typeLoadBalancer = "LoadBalancer"
	typeExternalName = "ExternalName"
)

// Check returns every mistake in the options.
func (o Options) Check() error {
	known := []string{typeClusterIP, typeNodePort, typeLoadBalancer, typeExternalName}
	var errs []error
	for _, t := range o.TypeFilter {
		if t != "" && !slices.Contains(known, t) {
			errs = append(errs, fmt.Errorf("--service-type-filter=%s: use %s, in this spelling", t, strings.Join(known, ", ")))
		}
	}
	return errors.Join(errs...)
}

// wants reports whether Services of a type pass the filter. An empty item means no filter, as it does for ExternalDNS.
func (o Options) wants(t string) bool {
	return len(o.TypeFilter) == 0 || slices.Contains(o.TypeFilter, "") || slices.Contains(o.TypeFilter, t)
}
