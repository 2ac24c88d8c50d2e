// SPDX-License-Identifier: Apache-2.0

package view

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/record"
)

// Options are the flags that describe one view.
type Options struct {
	Policy            string        `name:"policy" enum:"sync,upsert-only,create-only" default:"upsert-only" help:"Which changes are made: sync (all), upsert-only (no deletes), create-only (no updates and deletes)."`
	ManagedTypes      []string      `name:"managed-record-types" sep:"none" default:"A,AAAA,CNAME" help:"Record type that is managed. Repeatable."`
	ExcludedTypes     []string      `name:"exclude-record-types" sep:"none" help:"Record type that isn't managed after all. Repeatable."`
	DomainFilter      []string      `name:"domain-filter" sep:"none" help:"Suffix of the names and zones to handle; with a leading dot only what is below it. Repeatable."`
	ExcludeDomains    []string      `name:"exclude-domains" sep:"none" help:"Suffix of names and zones to leave out. Repeatable."`
	RegexFilter       string        `name:"regex-domain-filter" help:"Regular expression (RE2) of names and zones to handle; replaces the suffix lists."`
	RegexExclusion    string        `name:"regex-domain-exclusion" help:"Regular expression (RE2) of names and zones to leave out; replaces the suffix lists."`
	ZoneIDs           []string      `name:"zone-id-filter" sep:"none" help:"Id of a hosted zone to handle, with or without /hostedzone/. Repeatable."`
	Namespace         string        `name:"namespace" help:"Only objects of this namespace. Empty: all."`
	AnnotationFilter  string        `name:"annotation-filter" help:"Label selector over annotations: only objects that match."`
	LabelFilter       string        `name:"label-filter" help:"Label selector: only objects that match."`
	IngressClasses    []string      `name:"ingress-class" sep:"none" help:"Only Ingresses of this class. Repeatable."`
	DefaultTargets    []string      `name:"default-targets" sep:"none" help:"Target for names whose object has no address. Repeatable."`
	ForceDefault      bool          `name:"force-default-targets" negatable:"" help:"The default targets replace every other target."`
	MinTTL            time.Duration `name:"min-ttl" default:"0s" help:"TTL of names whose object sets none."`
	PreferAlias       bool          `name:"prefer-alias" negatable:"" help:"A CNAME is published as an alias unless its object says otherwise."`
	TargetNets        []string      `name:"target-net-filter" sep:"none" help:"Only targets in this network (CIDR); host names are dropped. Repeatable."`
	ExcludeTargetNets []string      `name:"exclude-target-net" sep:"none" help:"No targets in this network (CIDR). Repeatable."`
	MergeNamespaces   bool          `name:"merge-across-namespaces" negatable:"" help:"Addresses of same-host objects in different namespaces are merged, as ExternalDNS does."`

	// Keys of a file of views alone.
	Namespaces []string `kong:"-" config:"namespace" help:"Only objects of these namespaces. None: all."`
	Sources    []string `kong:"-" config:"source" help:"Only objects of these sources, of those that are watched. None: all."`
	Gateways   []string `kong:"-" config:"gateway-name" help:"Only Routes at these Gateways, each NAME or NAMESPACE/NAME. None: all."`
}

var types = []record.Type{
	record.A, record.AAAA, record.CAA, record.CNAME, record.DNAME, record.MX, record.NAPTR, record.NS, record.PTR, record.SRV, record.TXT,
}

// namespace is the name of a namespace (Kubernetes, "Object Names and IDs": RFC 1123 label names).
var namespace = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Check returns every mistake in the options, selectors apart.
func (o Options) Check() error {
	var errs []error
	add := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !slices.Contains([]change.Policy{change.Sync, change.UpsertOnly, change.CreateOnly}, change.Policy(o.Policy)) {
		add("--policy=%s: must be sync, upsert-only or create-only", o.Policy)
	}
	for _, ns := range o.AllNamespaces() {
		if !namespace.MatchString(ns) {
			add("--namespace=%s: no namespace can have this name: it has at most 63 small letters, digits and hyphens", ns)
		}
	}
	o.checkTypes(add)
	o.checkDomains(add)
	o.checkTargets(add)
	if o.MinTTL < 0 || o.MinTTL > (1<<31-1)*time.Second {
		add("--min-ttl=%s: must be from 0s to 2147483647s", o.MinTTL)
	}
	slices.SortFunc(errs, func(a, b error) int { return cmp.Compare(a.Error(), b.Error()) })
	return errors.Join(errs...)
}

func (o Options) checkDomains(add func(string, ...any)) {
	for flag, list := range map[string][]string{"domain-filter": o.DomainFilter, "exclude-domains": o.ExcludeDomains} {
		for _, s := range list {
			if s = strings.TrimPrefix(strings.TrimSpace(s), "."); s == "" {
				continue
			}
			if _, err := dnsname.Parse(s); err != nil {
				add("--%s=%s: %w", flag, s, err)
			}
		}
	}
	for flag, expr := range map[string]string{"regex-domain-filter": o.RegexFilter, "regex-domain-exclusion": o.RegexExclusion} {
		if _, err := regexp.Compile(expr); err != nil {
			add("--%s=%s: %w", flag, expr, err)
		}
	}
}

func (o Options) checkTargets(add func(string, ...any)) {
	for flag, list := range map[string][]string{"target-net-filter": o.TargetNets, "exclude-target-net": o.ExcludeTargetNets} {
		for _, s := range list {
			if _, err := netip.ParsePrefix(s); err != nil {
				add("--%s=%s: must be a network such as 192.0.2.0/24", flag, s)
			}
		}
	}
	for _, target := range o.DefaultTargets {
		if _, err := record.Canonical(record.TypeOf(target), []string{target}); err != nil {
			add("--default-targets=%s: must be an address or a host name", target)
		}
	}
}

func (o Options) checkTypes(add func(string, ...any)) {
	for flag, list := range map[string][]string{"managed-record-types": split(o.ManagedTypes), "exclude-record-types": split(o.ExcludedTypes)} {
		for _, t := range list {
			if !slices.Contains(types, record.Type(t)) {
				add("--%s=%s: must be one of %v", flag, t, types)
			}
		}
	}
}

// split separates values at commas too, as the default of ExternalDNS is shown.
func split(list []string) []string {
	var out []string
	for _, v := range list {
		for part := range strings.SplitSeq(v, ",") {
			if part = strings.TrimSpace(part); part != "" {
				out = append(out, strings.ToUpper(part))
			}
		}
	}
	return out
}

// AllNamespaces are the namespaces that are selected, sorted; none: all.
func (o Options) AllNamespaces() []string {
	list := nonEmpty(append(slices.Clone(o.Namespaces), o.Namespace))
	slices.Sort(list)
	return slices.Compact(list)
}

// Spec makes the view of checked options. The selectors are compiled by the caller; nil matches everything.
func (o Options) Spec(name, provider string, labels, annotations func(map[string]string) bool) Spec {
	s := Spec{
		Name: name, Policy: change.Policy(o.Policy), Namespaces: o.AllNamespaces(), Sources: nonEmpty(o.Sources), Gateways: nonEmpty(o.Gateways), Labels: labels, Annotations: annotations, Classes: nonEmpty(o.IngressClasses),
		DefaultTargets: nonEmpty(o.DefaultTargets), ForceDefault: o.ForceDefault, MinTTL: uint32(o.MinTTL / time.Second), PreferAlias: o.PreferAlias,
		MergeNamespaces: o.MergeNamespaces, ZoneIDs: nonEmpty(o.ZoneIDs), Domains: o.Domains(), managed: make(map[record.Type]bool),
	}
	for _, t := range split(o.ManagedTypes) {
		s.managed[record.Type(t)] = true
	}
	for _, t := range split(o.ExcludedTypes) {
		delete(s.managed, record.Type(t))
	}
	s.nets, s.excludedNets = prefixes(o.TargetNets), prefixes(o.ExcludeTargetNets)
	return s
}

// Domains is the domain filter of checked options.
func (o Options) Domains() Domains {
	var in, ex *regexp.Regexp
	if o.RegexFilter != "" {
		in = regexp.MustCompile(o.RegexFilter)
	}
	if o.RegexExclusion != "" {
		ex = regexp.MustCompile(o.RegexExclusion)
	}
	return NewDomains(o.DomainFilter, o.ExcludeDomains, in, ex)
}

func nonEmpty(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func prefixes(list []string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s).Masked())
	}
	return out
}
