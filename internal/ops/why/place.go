// SPDX-License-Identifier: Apache-2.0

package why

import (
	"slices"

	"nafuda.io/nafuda/internal/model/reason"
)

// Place is a part of the way from an object to an answer.
type Place string

// The places, in the order in which a name passes them.
const (
	Source    Place = "source"
	Filters   Place = "filters"
	Zone      Place = "zone"
	Owner     Place = "owner"
	Plan      Place = "plan"
	Sent      Place = "sent"
	InSync    Place = "in sync"
	Answering Place = "answering"
)

var order = []Place{Source, Filters, Zone, Owner, Plan, Sent, InSync, Answering} //nolint:gochecknoglobals // a constant in spirit

func (p Place) rank() int { return slices.Index(order, p) }

// placeOf says where a reason stops a name. What isn't listed is the plan's.
func placeOf(c reason.Code) Place {
	switch c {
	case reason.BadName, reason.BadTTL, reason.BadTarget, reason.BadObject, reason.Crash, reason.NoAddressYet, reason.HostNotFound, reason.HostUnknown, reason.FactPending, reason.NotAttached, reason.HoldExpired, reason.KindUnknown,
		reason.KindForbidden, reason.SourceUnknown, reason.NotSynced, reason.NobodyAsks, reason.NoObject, reason.NoHost,
		reason.WANUnknown, reason.WANAbsent, reason.WANDisagree, reason.WANPrivate, reason.WANShared:
		return Source
	case reason.Filtered, reason.OtherControl, reason.TypeNotManaged, reason.NoReverse, reason.PrivateTarget, reason.TargetReplaced, reason.PrivatePublished:
		return Filters
	case reason.NoZone, reason.ZoneNotChosen, reason.ZoneVanished:
		return Zone
	case reason.OlderObjectWins, reason.ClaimHolderWins, reason.AddressBeats, reason.OneCNAME, reason.RoutingDiffers, reason.Foreign, reason.OtherOwner, reason.OtherView,
		reason.MarkerTaken, reason.MarkerCNAME, reason.MarkerTooLong, reason.MarkerOutside, reason.Ambiguous, reason.ClaimsUnread:
		return Owner
	case reason.Asked, reason.Differs, reason.NotAsked, reason.Replaced, reason.Marks, reason.Rejected, reason.Denied, reason.TooLarge, reason.ZoneFull,
		reason.Unreached, reason.NotRecorded, reason.Guardrail, reason.Stale, reason.Half:
		return Sent
	case reason.Unconfirmed:
		return InSync
	case reason.NotVerified, reason.PrivateZone, reason.RoutingPolicy, reason.Delegated, reason.WildcardAnswers, reason.NoServers,
		reason.DNSUnreachable, reason.AnswersDiffer:
		return Answering
	default:
		return Plan
	}
}
