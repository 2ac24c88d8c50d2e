// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"strings"

	"nafuda.io/nafuda/internal/loop/reconcile"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/ops/probe"
	"nafuda.io/nafuda/internal/ops/verify"
	"nafuda.io/nafuda/internal/provider/local"
)

// verifier lets the loop ask DNS through a probe.
type verifier struct{ *probe.Probe }

var _ reconcile.Verifier = verifier{}

// Verify asks.
func (v verifier) Verify(ctx context.Context, q reconcile.Question) reconcile.Answer {
	return reconcile.Answer(v.Probe.Verify(ctx, probe.Question(q)))
}

// verifierAt is verifier, which asks about the zones that we serve at the addresses where we answer: no other server needs to know them.
func (o *Options) verifierAt(us []string) reconcile.Verifier {
	others := o.verifier()
	if others == nil || len(us) == 0 {
		return others
	}
	opts := o.Probe
	opts.Servers = us
	return ownVerifier{others, verifier{probe.New(opts)}}
}

// answering are the addresses of --dns-listen at which, seen from here, somebody answers for our zones: a running instance. It asks each once.
func (o *Options) answering(ctx context.Context) []string {
	var out []string
	if !o.servesZones() {
		return nil
	}
	zones := o.Own.ZoneNames()
	for _, at := range o.Own.Addresses() {
		at = local.FromHere(at)
		s := probe.New(o.Probe).Look(ctx, []string{at}, probe.Ask{Name: zones[0], Type: "SOA"})
		if s.Authority && s.Answered() {
			out = append(out, at)
		}
	}
	return out
}

// asker asks about the zones that we serve where the running instance answers, and about others as a probe does.
type asker struct {
	*probe.Probe
	us     []string // where it answers; none: nowhere that is reached from here
	listen string   // where it would
}

var _ verify.Asker = asker{}

func (o *Options) asker(ctx context.Context) asker {
	a := asker{Probe: probe.New(o.Probe), listen: strings.Join(o.Own.Addresses(), ", ")}
	if o.verifier() != nil {
		a.us = o.answering(ctx)
	}
	return a
}

// Servers implements verify.Asker.
func (a asker) Servers(ctx context.Context, q probe.Question) ([]probe.Server, reason.Reason) {
	if q.Zone.Provider != local.Name || len(a.us) == 0 {
		list, why := a.Probe.Servers(ctx, q)
		if q.Zone.Provider == local.Name && !why.None() {
			why = reason.New(why.Code, "here nobody answers for our zones at %s (--dns-listen), and %s; nafuda run serves the zone", a.listen, why.Text)
		}
		return list, why
	}
	var out []probe.Server
	for _, at := range a.us {
		out = append(out, probe.Server{Name: at, Addresses: []string{at}, Authority: true})
	}
	return out, reason.Reason{}
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
