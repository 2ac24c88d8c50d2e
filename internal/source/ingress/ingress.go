// SPDX-License-Identifier: Apache-2.0

// Package ingress is the source "ingress": the host names of Ingresses, at the addresses of their load balancers.
package ingress

import (
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
	"nafuda.io/nafuda/internal/source/kinds"
)

// Name is the source's name, as --source has it.
const Name = "ingress"

// New returns the source. It looks nothing up.
func New(opts Options, shared source.Options) source.Source {
	return source.Source{Name: Name, Kind: kinds.KindIngress, Eval: func(obj any, _ source.Lookup) endpoint.Result {
		in, ok := obj.(*kinds.Ingress)
		if !ok {
			return endpoint.Result{}
		}
		notes := shared.Read(in.Ref(), in.Annotations)
		if notes.Elsewhere {
			return endpoint.Result{}
		}
		return opts.evaluate(in, notes)
	}, Silent: func(obj any) reason.Reason {
		in, ok := obj.(*kinds.Ingress)
		if !ok {
			return reason.Reason{}
		}
		return opts.silent(in, shared)
	}}
}

// silent tells why an Ingress asks for nothing.
func (o Options) silent(in *kinds.Ingress, shared source.Options) reason.Reason {
	if why := shared.Elsewhere(in.Ref(), in.Annotations); !why.None() {
		return why
	}
	hosts := func(host string) bool { return host != "" }
	inTLS := slices.ContainsFunc(in.TLS, func(list []string) bool { return slices.ContainsFunc(list, hosts) })
	from := shared.Read(in.Ref(), in.Annotations).HostnameSource
	switch {
	case from != "":
		return reason.New(reason.NoHost, "%s has no host where its annotation ingress-hostname-source=%s lets us look", in.Ref(), from)
	case o.IgnoreRules && slices.ContainsFunc(in.Rules, hosts):
		return reason.New(reason.Filtered, "the hosts of the rules of %s aren't read (--ignore-ingress-rules-spec)", in.Ref())
	case o.IgnoreTLS && inTLS:
		return reason.New(reason.Filtered, "the TLS hosts of %s aren't read (--ignore-ingress-tls-spec)", in.Ref())
	default:
		return shared.NoHost(in.Ref(), in.Annotations)
	}
}

func (o Options) evaluate(in *kinds.Ingress, notes source.Annotations) endpoint.Result {
	from := &endpoint.Origin{
		Source: Name, Ref: in.Ref(), Created: in.Created, Labels: in.Labels, Annotations: in.Annotations, Class: in.Class,
	}
	b := source.NewBuilder(from, notes)
	names := o.names(b, in, notes)
	if len(names) > 0 && !b.PointAnnotated(names) {
		missing := reason.New(reason.NoAddressYet, "the Ingress has no load balancer address")
		b.PointAt(names, in.Ref(), "status.loadBalancer.ingress", in.Addresses, missing)
	}
	return b.Result()
}

// names collects the host names that the Ingress asks for: rules, TLS, annotation. A name may come twice.
func (o Options) names(b *source.Builder, in *kinds.Ingress, notes source.Annotations) []dnsname.Name {
	var names []dnsname.Name
	add := func(host, field string, at ...any) {
		if host == "" {
			return
		}
		if name, ok := b.Name(in.Ref(), fmt.Sprintf(field, at...), host); ok {
			names = append(names, name)
		}
	}
	if notes.HostnameSource != source.AnnotationHostsOnly {
		for i, host := range in.Rules {
			if !o.IgnoreRules {
				add(host, "spec.rules[%d].host", i)
			}
		}
		for i, hosts := range in.TLS {
			for j, host := range hosts {
				if !o.IgnoreTLS {
					add(host, "spec.tls[%d].hosts[%d]", i, j)
				}
			}
		}
	}
	if notes.HostnameSource != source.DefinedHostsOnly {
		names = append(names, notes.Hostnames...)
	}
	return names
}
