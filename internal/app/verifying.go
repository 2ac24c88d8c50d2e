// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/ops/probe"
)

// verifier lets the loop ask DNS through a probe.
type verifier struct{ *probe.Probe }

var _ reconcile.Verifier = verifier{}

// Verify asks.
func (v verifier) Verify(ctx context.Context, q reconcile.Question) reconcile.Answer {
	return reconcile.Answer(v.Probe.Verify(ctx, probe.Question(q)))
}

// verifier is who asks DNS; nil: nobody. An emulator's zones are delegated nowhere: without servers that are named, the question would go
// to whoever has their names in the real world.
func (o *Options) verifier() reconcile.Verifier {
	if !o.Probe.Verify || o.Local != "" && len(o.Probe.Servers) == 0 {
		return nil
	}
	return verifier{probe.New(o.Probe)}
}
