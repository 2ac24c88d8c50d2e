// SPDX-License-Identifier: Apache-2.0

package source

import (
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
)

// The modes of --compatibility: older controllers whose annotations are read.
const (
	Mate     = "mate"
	Molecule = "molecule"
	Kops     = "kops-dns-controller"
)

// The annotations of the older controllers.
const (
	mateName     = "zalando.org/dnsname"
	moleculeName = "domainName"
	kopsExternal = "dns.alpha.kubernetes.io/external"
	kopsInternal = "dns.alpha.kubernetes.io/internal"
)

// A Service needs this label for molecule to look at it.
const moleculeLabel, moleculeValue = "dns", "route53"

// legacy lists the annotations that the mode reads.
func (o Options) legacy() []string {
	switch o.Compatibility {
	case Mate:
		return []string{mateName}
	case Molecule:
		return []string{moleculeName}
	case Kops:
		return []string{kopsExternal, kopsInternal}
	}
	return nil
}

// KeepsLabel reports whether the slim form of a Service keeps a label for the sources' sake.
func (o Options) KeepsLabel(key string) bool {
	return o.Compatibility == Molecule && key == moleculeLabel
}

// Legacy is what the annotations of an older controller ask for. They give names only: no TTL, set identifier or properties.
type Legacy struct {
	External, Internal []dnsname.Name
	Refusals           []endpoint.Refusal
}

// ReadLegacy reads the annotations that the mode of --compatibility asks for. Internal is for Kops only.
func (o Options) ReadLegacy(ref endpoint.Ref, labels, annotations map[string]string) Legacy {
	r := reader{ref: ref, notes: make(map[string]note)}
	for _, key := range o.legacy() {
		if value, ok := annotations[key]; ok {
			r.notes[key] = note{key, value}
		}
	}
	var l Legacy
	switch o.Compatibility {
	case Mate:
		// The whole value is one name: a comma in it makes it none.
		if n, ok := r.notes[mateName]; ok && strings.TrimSpace(n.value) != "" {
			l.External = r.hosts(n, []string{strings.TrimSpace(n.value)})
		}
	case Molecule:
		if labels[moleculeLabel] == moleculeValue {
			l.External = r.names(moleculeName)
		}
	case Kops:
		l.External, l.Internal = r.names(kopsExternal), r.names(kopsInternal)
	}
	l.Refusals = r.out.Refusals
	return l
}
