// SPDX-License-Identifier: Apache-2.0

package metrics

// Options say which metrics there are.
type Options struct {
	Legacy bool `name:"legacy-metrics" help:"Serve every metric of ExternalDNS, not only the six that most dashboards use."`
}
