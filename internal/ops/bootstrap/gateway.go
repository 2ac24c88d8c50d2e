// SPDX-License-Identifier: Apache-2.0

package bootstrap

import (
	"errors"
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/source/all"
	"nafuda.io/nafuda/internal/source/gateway"
)

// gatewayOptions are gateway.Options, but for the environment, from which nothing here comes.
type gatewayOptions struct {
	Name         string `name:"gateway-name" env:"-" placeholder:"NAME" help:"Only Routes at Gateways of this name will be published."`
	Namespace    string `name:"gateway-namespace" env:"-" placeholder:"NAMESPACE" help:"Only Routes at Gateways of this namespace."`
	LabelFilter  string `name:"gateway-label-filter" env:"-" placeholder:"SELECTOR" help:"Only Routes at Gateways that a label selector wants."`
	ListenerSets bool   `name:"gateway-listener-sets" env:"-" negatable:"" help:"Routes at ListenerSets will be followed to their Gateways; the role allows to read ListenerSets."`
}

// known are the options of the sources.
func (o Options) known() all.Options { return all.Options{Gateway: gateway.Options(o.Gateway)} }

// checkGateway refuses flags that no source reads.
func (o Options) checkGateway() error {
	if o.Gateway != (gatewayOptions{}) && !slices.ContainsFunc(o.Sources, func(s string) bool { return strings.HasPrefix(s, "gateway-") }) {
		return errors.New("--gateway-name, --gateway-namespace, --gateway-label-filter, --gateway-listener-sets: no source reads them; add --source=" + gateway.HTTPRoute)
	}
	return nil
}

func (o Options) gatewayArgs() []string {
	var out []string
	for _, f := range []struct{ flag, value string }{
		{"--gateway-name=", o.Gateway.Name}, {"--gateway-namespace=", o.Gateway.Namespace}, {"--gateway-label-filter=", o.Gateway.LabelFilter},
	} {
		if f.value != "" {
			out = append(out, f.flag+f.value)
		}
	}
	if o.Gateway.ListenerSets {
		out = append(out, "--gateway-listener-sets")
	}
	return out
}
