// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"errors"
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
)

// homeOptions say how a pod behind a home router gets at the address that the world sees.
type homeOptions struct {
	WAN     bool   `name:"wan" env:"-" negatable:"" help:"Private addresses will be replaced by the public one, which the router and others are asked for. Without --wan-gateway the pod runs on its node's network, because in its own it doesn't reach the router."`
	Gateway string `name:"wan-gateway" env:"-" placeholder:"ADDRESS" help:"The router's address in the LAN, for --wan; a port may follow."`
}

func (o Options) checkHome() error {
	if o.Home.Gateway == "" {
		return nil
	}
	if !o.Home.WAN {
		return errors.New("--wan-gateway: nobody would ask the router; add --wan")
	}
	if _, err := netip.ParseAddr(o.Home.Gateway); err == nil {
		return nil
	}
	if _, err := netip.ParseAddrPort(o.Home.Gateway); err != nil {
		return fmt.Errorf("--wan-gateway=%s: must be an address, such as 192.0.2.1", o.Home.Gateway)
	}
	return nil
}

func (o Options) homeArgs() []string {
	if !o.Home.WAN {
		return nil
	}
	out := []string{"--private-targets=replace", "--target-from=wan"}
	if o.Home.Gateway != "" {
		out = append(out, "--wan-gateway="+o.Home.Gateway)
	}
	return out
}

// placeAtHome has the pod run where it reaches the router: multicast doesn't arrive in a pod's own network, and its default gateway is the
// network plug-in's. Names of Services still resolve.
func (o Options) placeAtHome(pod *corev1.PodSpec) {
	if o.Home.WAN && o.Home.Gateway == "" {
		pod.HostNetwork, pod.DNSPolicy = true, corev1.DNSClusterFirstWithHostNet
	}
}
