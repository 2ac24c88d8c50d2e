// SPDX-License-Identifier: Apache-2.0

package why

import (
	"cmp"
	"fmt"
	"strings"

	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
)

// kubectl's other words for kinds (kubectl api-resources), and those with their groups.
var aliases = map[string]string{ //nolint:gochecknoglobals // a constant in spirit
	"ing": "ingress", "ingresses": "ingress", "svc": "service", "services": "service", "no": "node", "nodes": "node", "po": "pod", "pods": "pod",
}

func parse(text, namespace string) (dnsname.Name, endpoint.Ref, error) {
	parts := strings.Split(strings.TrimSpace(text), "/")
	if len(parts) == 1 {
		name, err := dnsname.Parse(parts[0])
		if err != nil {
			return "", endpoint.Ref{}, fmt.Errorf("%w: give a host name, or an object as kind/namespace/name", err)
		}
		return name, endpoint.Ref{}, nil
	}
	ref, ok := readRef(parts, cmp.Or(namespace, "default"))
	if !ok {
		return "", endpoint.Ref{}, fmt.Errorf("%q is neither a host name nor an object: write kind/namespace/name, such as ingress/default/web", text)
	}
	return "", ref, nil
}

// readRef reads kind/namespace/name or kind/name.
func readRef(parts []string, namespace string) (endpoint.Ref, bool) {
	kind, _, _ := strings.Cut(strings.ToLower(parts[0]), ".") // ingresses.networking.k8s.io
	ref := endpoint.Ref{Kind: cmp.Or(aliases[kind], kind), Namespace: namespace, Name: parts[len(parts)-1]}
	cluster := ref.Kind == "node"
	switch {
	case len(parts) == 3 && !cluster:
		ref.Namespace = parts[1]
	case len(parts) != 2:
		return ref, false
	case cluster:
		ref.Namespace = ""
	}
	return ref, ref.Kind != "" && ref.Name != "" && (ref.Namespace != "" || cluster)
}
