// SPDX-License-Identifier: Apache-2.0

package gateway

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/source"
)

// anyHost stands for whichever host the other side names. No host that is named is the root.
const anyHost dnsname.Name = ""

// meet returns the host that a Route's and a listener's stand for together: the more specific one where both overlap. A wildcard
// covers what is below it at any depth, not the name itself.
func meet(route, listener dnsname.Name) (host dnsname.Name, ok bool) {
	switch {
	case route == anyHost:
		return listener, listener != anyHost
	case listener == anyHost || route == listener || covers(listener, route):
		return route, true
	case covers(route, listener):
		return listener, true
	default:
		return anyHost, false
	}
}

// covers reports whether wide is a wildcard and every name that narrow stands for is below it.
func covers(wide, narrow dnsname.Name) bool {
	return wide.IsWildcard() && narrow != wide.Parent() && narrow.In(wide.Parent())
}

// checkHost tells what keeps a name from being a host of the Gateway API: a host name of RFC 1123, with at most one wildcard in
// front, and no address.
func checkHost(name dnsname.Name) error {
	_, err := netip.ParseAddr(string(name))
	switch {
	case err == nil:
		return errors.New("an address isn't a host name")
	case name == anyHost || name == "*":
		return errors.New("it has no domain")
	case strings.Contains(string(name), "_"):
		return errors.New("a host name has no underscore (RFC 1123 section 2.1)")
	default:
		return nil
	}
}

// host reads a host from a field, and refuses what isn't one.
func (e *evaluation) host(ref endpoint.Ref, field, text string) (dnsname.Name, bool) {
	name, ok := e.Name(ref, field, text)
	if !ok {
		return anyHost, false
	}
	if err := checkHost(name); err != nil {
		e.Refuse(ref, field, text, reason.New(reason.BadName, "%v", err))
		return anyHost, false
	}
	return name, true
}

// ask is a host that a Route asks for.
type ask struct {
	name  dnsname.Name
	field string // of the Route
}

// asks collects the hosts that the Route asks for, anyHost among them where it takes those of its listeners.
func (e *evaluation) asks() []ask {
	const annotation = "metadata.annotations"
	var hosts []ask
	if e.notes.GatewayHostnames != source.AnnotationHostsOnly {
		for i, text := range bounded(e, "spec.hostnames", e.route.Hosts, maxHosts) {
			field := fmt.Sprintf("spec.hostnames[%d]", i)
			if name, ok := e.host(e.route.Ref(), field, text); ok {
				hosts = append(hosts, ask{name, field})
			}
		}
	}
	if e.notes.GatewayHostnames == "" && len(e.route.Hosts) == 0 {
		hosts = append(hosts, ask{anyHost, "spec.hostnames"})
	}
	if e.notes.GatewayHostnames != source.DefinedHostsOnly {
		for _, name := range e.notes.Hostnames {
			if err := checkHost(name); err != nil {
				e.Refuse(e.route.Ref(), annotation, string(name), reason.New(reason.BadName, "%v", err))
				continue
			}
			hosts = append(hosts, ask{name, annotation})
		}
	}
	return hosts
}

// The API's own limits are at most a tenth of maxHosts, and maxParents and maxListeners themselves; files keep to none.
const (
	maxHosts     = 1000
	maxParents   = 32
	maxListeners = 64
)

// bounded cuts a list to what is read of it, and says so.
func bounded[T any](e *evaluation, field string, list []T, most int) []T {
	if len(list) <= most {
		return list
	}
	e.Refuse(e.route.Ref(), field, "", reason.New(reason.BadValue, "the list has more than %d items, and what follows isn't read", most))
	return list[:most]
}
