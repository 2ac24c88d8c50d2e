// SPDX-License-Identifier: Apache-2.0

package ingress

// Options are the flags of the source.
type Options struct {
	IgnoreRules bool `name:"ignore-ingress-rules-spec" negatable:"" help:"Take no host names from spec.rules of an Ingress."`
	IgnoreTLS   bool `name:"ignore-ingress-tls-spec" negatable:"" help:"Take no host names from spec.tls of an Ingress."`
}

// Check returns every mistake in the options; there is none to make.
func (o Options) Check() error { return nil }
