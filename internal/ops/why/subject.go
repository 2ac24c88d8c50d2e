// SPDX-License-Identifier: Apache-2.0

package why

import (
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
	kind, _, _ := strings.Cut(strings.ToLower(parts[0]), ".") // ingresses.networking.k8s.io
	if full, ok := aliases[kind]; ok {
		kind = full
	}
	if namespace == "" {
		namespace = "default"
	}
	ref := endpoint.Ref{Kind: kind, Namespace: namespace, Name: parts[len(parts)-1]}
	if kind == "node" {
		ref.Namespace = ""
	}
	whole := len(parts) == 3 && kind != "node"
	if whole {
		ref.Namespace = parts[1]
	}
	if len(parts) != 2 && !whole || ref.Kind == "" || ref.Name == "" || whole && ref.Namespace == "" {
		return "", endpoint.Ref{}, fmt.Errorf("%q is neither a host name nor an object: write kind/namespace/name, such as ingress/default/web", text)
	}
	return "", ref, nil
}
