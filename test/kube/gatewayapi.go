// SPDX-License-Identifier: Apache-2.0

package kube

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

//go:embed gatewayapi.yaml
var gatewayAPI string

// InstallGatewayAPI makes the server serve the kinds of the Gateway API: Gateway, ListenerSet and the five kinds of Routes. It takes
// whatever objects of them are applied, since it has no schemas, and nobody writes their status.
func (c *Cluster) InstallGatewayAPI(t testing.TB) {
	t.Helper()
	c.Apply(t, gatewayAPI)
	kinds := strings.Count(gatewayAPI, "\nkind: ")
	Wait(t, "the Gateway API", func() error {
		served := 0
		for _, version := range []string{"v1", "v1alpha2"} {
			body, err := c.call(t.Context(), http.MethodGet, "/apis/gateway.networking.k8s.io/"+version, "", nil)
			if err != nil {
				return err
			}
			var list struct{ Resources []resource }
			if err := json.Unmarshal(body, &list); err != nil {
				return err
			}
			for _, r := range list.Resources {
				if !strings.Contains(r.Name, "/") {
					served++
				}
			}
		}
		if served != kinds {
			return fmt.Errorf("%d of %d kinds are served", served, kinds)
		}
		return nil
	})
}
