// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"slices"

	"nafuda.io/nafuda/internal/decide/view"
	"nafuda.io/nafuda/internal/model/crash"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/endpoint"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/model/record"
	"nafuda.io/nafuda/internal/provider"
)

// Crashed says that a source, a rewriter or a provider has panicked. It is said once for what was being done, for maxCrashes of them.
type Crashed struct{ crash.Crash }

// maxCrashes bounds how many crashes are remembered as told.
const maxCrashes = 1000

// crashed tells of a crash and makes a reason of it.
func (c *core) crashed(caught *crash.Crash) reason.Reason {
	if !c.crashes[caught.Doing] && len(c.crashes) < maxCrashes {
		c.crashes[caught.Doing] = true
		c.Observe(Crashed{*caught})
	}
	return reason.New(reason.Crash, "%s", caught)
}

// evalSafely asks a source what an object asks for. A source that panics proves nothing: what the object had asked for is held, and by
// unsure everything that is marked for it.
func (c *core) evalSafely(ref endpoint.Ref, eval func() endpoint.Result) endpoint.Result {
	var result endpoint.Result
	caught := crash.Catch("evaluate "+ref.String(), func() { result = eval() })
	if caught == nil {
		return result
	}
	why := c.crashed(caught)
	before, _ := c.catalog.Result(ref)
	result = endpoint.Result{Refusals: []endpoint.Refusal{{Ref: ref, Why: why}}}
	for _, e := range before.Endpoints {
		result.Holds = append(result.Holds, held(e, why))
	}
	for _, h := range before.Holds {
		h.Why = why
		result.Holds = append(result.Holds, h)
	}
	result.Sort()
	result.Holds = slices.CompactFunc(result.Holds, func(a, b endpoint.Hold) bool { return a.Key() == b.Key() })
	return result
}

// held makes a hold of an endpoint: its name stays as it is.
func held(e endpoint.Endpoint, why reason.Reason) endpoint.Hold {
	return endpoint.Hold{Name: e.Name, ID: e.ID, TTL: e.TTL, Props: e.Props, From: e.From, Why: why}
}

// look has a view select and rewrite one endpoint or hold. Where that panics, the name is held: whether it would have been selected isn't known.
func (c *core) look(spec view.Spec, name dnsname.Name, from *endpoint.Origin, instead endpoint.Hold, f func()) (hold *endpoint.Hold) {
	caught := crash.Catch(fmt.Sprintf("select and rewrite %s of %s for view %s", name, from.Ref, spec.Name), f)
	if caught == nil {
		return nil
	}
	instead.Why = c.crashed(caught)
	return &instead
}

// desired is the provider's Desired.
func (a *account) desired(s record.Set) (sets []record.Set, err error) {
	if caught := crash.Catch("store "+s.Key.String(), func() { sets, err = a.provider.Desired(s) }); caught != nil {
		return nil, a.crashed(caught)
	}
	return sets, err
}

// callSafely makes one call of a provider. What a panic has left done of a write isn't known.
func callSafely(j job, f func() error) (err error) {
	caught := crash.Catch(j.operation()+" of zone "+string(j.zone.Name), func() { err = f() })
	if caught == nil {
		return err
	}
	class := provider.Unavailable
	if j.apply != nil {
		class = provider.Uncertain
	}
	return &provider.Error{Class: class, Err: caught}
}
