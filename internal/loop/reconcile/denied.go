// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"strings"

	"nafuda.io/nafuda/internal/model/change"
	"nafuda.io/nafuda/internal/model/dnsname"
	"nafuda.io/nafuda/internal/model/reason"
	"nafuda.io/nafuda/internal/provider"
)

// denied deals with a batch that the credentials don't allow. A policy may allow some names of a zone and not others (IAM condition key
// route53:ChangeResourceRecordSetsNormalizedRecordNames; "Using IAM policy conditions for fine-grained access control", developer guide), so the batch is
// split. Where both halves are denied it may be the zone's matter. Names are then tried one by one, with a pause of the zone after each, and as soon as one
// is taken, those that are denied are parked by themselves.
//
//	denied                then
//	several names         both halves are tried
//	both halves           the next batch has a single name
//	one half              it has the culprit, as in a batch that is refused
//	one name              is parked, where the zone has taken something lately; else the zone pauses
func (c *core) denied(z *zoneState, batch change.Batch, err error) {
	why := deniedReason(err)
	b := &z.bisect
	switch {
	case b.empty() && len(batch.Groups) == 1 && z.allowed:
		c.deniedName(z, batch.Groups[0].Name, why)
	case b.empty() && len(batch.Groups) > 1:
		b.begin(batch.Groups)
		b.trial, b.why = true, why
	case b.trial && !b.second: // take tries the other half
	case !b.empty() && !b.trial:
		b.refused()
		b.why = why
		c.parkCulprit(z)
	default:
		z.most, z.refusals = 1, max(z.refusals, 1)
		z.putLast(batch)
		if !z.allowed {
			c.writeFailed(z, err)
		}
	}
}

// deniedReason says which permission is missing.
func deniedReason(err error) reason.Reason {
	why := reason.New(reason.Denied, "the credentials don't allow it: %s", err)
	if action := provider.ActionOf(err); action != "" && !strings.Contains(why.Text, action) {
		why.Text += ", which needs " + action
	}
	return why
}

// deniedName parks a single name of a zone that takes others.
func (c *core) deniedName(z *zoneState, n dnsname.Name, why reason.Reason) {
	if p := z.parked[n]; p == nil || p.why.Code != reason.Denied { // else it isn't news
		z.denials++
	}
	z.allowed = z.denials < closed
	c.park(z, n, why)
}

// closed is how many other names are parked, with none taken in between, until the zone is taken to be denied as a whole.
const closed = 8

// putLast makes the names of a batch, and of the bisection that it was part of, dirty again, behind those that wait already.
func (z *zoneState) putLast(b change.Batch) {
	waiting := z.queue.list
	z.queue = queue{}
	z.requeue(b)
	mine := z.queue.list
	z.queue = queue{}
	z.queue.unshift(mine)
	z.queue.unshift(rest(waiting, mine))
}

// rest returns those of a list that aren't in another.
func rest(list, without []dirty) []dirty {
	in := make(map[dnsname.Name]bool, len(without))
	for _, d := range without {
		in[d.name] = true
	}
	var out []dirty
	for _, d := range list {
		if !in[d.name] {
			out = append(out, d)
		}
	}
	return out
}
