// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/ops/probe"
	"nafuda.io/nafuda/internal/provider/local"
)

// verifier lets the loop ask DNS through a probe.
type verifier struct{ *probe.Probe }

var _ reconcile.Verifier = verifier{}

// Verify asks.
func (v verifier) Verify(ctx context.Context, q reconcile.Question) reconcile.Answer {
	return reconcile.Answer(v.Probe.Verify(ctx, probe.Question(q)))
}

// verifierOf is verifier, which asks this process itself about the zones that it serves: no other server needs to know them.
func (o *Options) verifierOf(z *ownZones) reconcile.Verifier {
	others := o.verifier()
	if others == nil || len(z.addresses()) == 0 {
		return others
	}
	opts := o.Probe
	opts.Servers = z.addresses()
	return ownVerifier{others, verifier{probe.New(opts)}}
}

// ownVerifier asks others, or us about the zones that we serve.
type ownVerifier struct{ others, us reconcile.Verifier }

// Verify asks.
func (v ownVerifier) Verify(ctx context.Context, q reconcile.Question) reconcile.Answer {
	if q.Zone.Provider == local.Name {
		return v.us.Verify(ctx, q)
	}
	return v.others.Verify(ctx, q)
}

// verifier is who asks DNS; nil: nobody. An emulator's zones are delegated nowhere: without servers that are named, the question would go
// to whoever has their names in the real world.
func (o *Options) verifier() reconcile.Verifier {
	if !o.Probe.Verify || o.Local != "" && len(o.Probe.Servers) == 0 {
		return nil
	}
	return verifier{probe.New(o.Probe)}
}
