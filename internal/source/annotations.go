// SPDX-License-Identifier: Apache-2.0

package source

import (
	"slices"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
)

// Values of annotations that are words.
const (
	AccessPublic        = "public"             // access: a node's external addresses
	AccessPrivate       = "private"            // access: a node's internal addresses
	ExternalIPs         = "NodeExternalIP"     // endpoints-type: the external addresses of a Pod's node
	HostIP              = "HostIP"             // endpoints-type: the address of a Pod's node
	DefinedHostsOnly    = "defined-hosts-only" // ingress-hostname-source, gateway-hostname-source: the hosts of the object's spec
	AnnotationHostsOnly = "annotation-only"    // ingress-hostname-source, gateway-hostname-source: the hostname annotation
	ourController       = "dns-controller"
)

// Annotations is what the annotations of one object say. Values that can't be used are among the refusals, and as if they
// weren't there.
type Annotations struct {
	Elsewhere         bool // meant for another controller; nothing else is read then
	Hostnames         []dnsname.Name
	InternalHostnames []dnsname.Name
	Targets           []string // in canonical spelling
	HasTargets        bool     // a target is given, even if none can be used: the object's own addresses don't count
	TTL               uint32   // seconds; 0: not set
	ID                string
	Props             []record.Prop // sorted by name
	Access            string        // AccessPublic, AccessPrivate or empty
	EndpointsType     string        // ExternalIPs, HostIP or empty
	HostnameSource    string        // of an Ingress: DefinedHostsOnly, AnnotationHostsOnly or empty
	GatewayHostnames  string        // gateway-hostname-source, of a Route: the same
	WAN               bool          // endpoint.TargetKey: the names are to have our public address
	Refusals          []endpoint.Refusal
}

// note is one annotation: its whole key and its value.
type note struct{ key, value string }

// reader reads the annotations of one object, by their keys without prefix.
type reader struct {
	ref   endpoint.Ref
	notes map[string]note
	out   Annotations
}

// Read reads the annotations of an object. It never fails: what can't be read is refused, with its place and its reason.
func (o Options) Read(ref endpoint.Ref, annotations map[string]string) Annotations {
	r := reader{ref: ref, notes: o.gather(annotations)}
	if n, ok := r.notes["controller"]; ok && n.value != ourController {
		return Annotations{Elsewhere: true}
	}
	if !o.IgnoreHostnameAnnotation {
		r.out.Hostnames = r.names("hostname")
		r.out.InternalHostnames = r.names("internal-hostname")
	}
	r.targets()
	r.wan(annotations)
	r.ttl()
	r.out.ID = r.notes["set-identifier"].value
	r.out.Access = r.word("access", false, AccessPublic, AccessPrivate)
	r.out.EndpointsType = r.word("endpoints-type", false, ExternalIPs, HostIP)
	r.out.HostnameSource = r.word("ingress-hostname-source", true, DefinedHostsOnly, AnnotationHostsOnly)
	r.out.GatewayHostnames = r.word("gateway-hostname-source", true, DefinedHostsOnly, AnnotationHostsOnly)
	r.props(o.prefixes()[0])
	return r.out
}

// ReadTargets reads only the target annotation of an object that is looked up for another one.
func (o Options) ReadTargets(ref endpoint.Ref, annotations map[string]string) Annotations {
	r := reader{ref: ref, notes: o.gather(annotations)}
	r.targets()
	return r.out
}

// gather picks the annotations under our prefixes; the first prefix wins, key by key.
func (o Options) gather(annotations map[string]string) map[string]note {
	prefixes := o.prefixes()
	notes := make(map[string]note)
	for _, p := range slices.Backward(prefixes) {
		for key, value := range annotations {
			if name, ok := strings.CutPrefix(key, p); ok && key != endpoint.TargetKey {
				notes[name] = note{key, value}
			}
		}
	}
	return notes
}

func (r *reader) refuse(n note, value string, why reason.Reason) {
	r.out.Refusals = append(r.out.Refusals, endpoint.Refusal{Ref: r.ref, Field: "metadata.annotations[" + n.key + "]", Value: Short(value), Why: why})
}

// list splits a list. ExternalDNS takes spaces out even inside an item; empty items say nothing.
func (r *reader) list(name string) (n note, items []string, ok bool) {
	n, ok = r.notes[name]
	if !ok {
		return n, nil, false
	}
	for item := range strings.SplitSeq(n.value, ",") {
		if item = strings.ReplaceAll(strings.TrimSpace(item), " ", ""); item == "" {
			continue
		}
		if len(items) == maxItems {
			r.refuse(n, item, reason.New(reason.BadValue, "the list has more than %d items, and what follows isn't read", maxItems))
			break
		}
		items = append(items, item)
	}
	return n, items, len(items) > 0
}

// maxItems bounds a list: an annotation may have 256 KiB.
const maxItems = 1000

func (r *reader) names(name string) []dnsname.Name {
	n, items, _ := r.list(name)
	return r.hosts(n, items)
}

// hosts reads host names out of an annotation and refuses what isn't one.
func (r *reader) hosts(n note, items []string) []dnsname.Name {
	var out []dnsname.Name
	for _, item := range items {
		host, err := dnsname.Parse(item)
		if err != nil {
			r.refuse(n, item, reason.New(reason.BadName, "%v", err))
			continue
		}
		out = append(out, host)
	}
	return out
}

func (r *reader) targets() {
	n, items, ok := r.list("target")
	r.out.HasTargets = ok
	for _, item := range items {
		target, err := ParseTarget(item)
		if err != nil {
			r.refuse(n, item, reason.New(reason.BadTarget, "%v", err))
			continue
		}
		r.out.Targets = append(r.out.Targets, target)
	}
}

// wan reads the annotation that is ours alone, whatever the prefixes are.
func (r *reader) wan(annotations map[string]string) {
	value, ok := annotations[endpoint.TargetKey]
	if !ok {
		return
	}
	if r.out.WAN = strings.EqualFold(strings.TrimSpace(value), "wan"); !r.out.WAN {
		r.refuse(note{endpoint.TargetKey, value}, value, reason.New(reason.BadValue, "the value isn't wan, so it is as if it weren't there; for an address or a host name use the annotation target"))
	}
}

// word reads an annotation that has one of a few values; fold lets their case vary.
func (r *reader) word(name string, fold bool, allowed ...string) string {
	n, ok := r.notes[name]
	if !ok {
		return ""
	}
	for _, a := range allowed {
		if n.value == a || fold && strings.EqualFold(n.value, a) {
			return a
		}
	}
	r.refuse(n, n.value, reason.New(reason.BadValue, "the value is none of %s, so it is as if it weren't there", strings.Join(allowed, ", ")))
	return ""
}
