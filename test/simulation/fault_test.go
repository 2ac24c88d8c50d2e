// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"slices"
	"time"
)

// fault is a kind of thing that goes wrong.
type fault string

// Faults of calls: each is armed by a step and hits the next calls that it fits.
const (
	writeThrottled   fault = "write throttled"
	readThrottled    fault = "read throttled"
	writeDown        fault = "write unavailable"
	readDown         fault = "read unavailable"
	writeDenied      fault = "write denied"
	readDenied       fault = "read denied"
	listFails        fault = "zone list fails"
	confirmDenied    fault = "confirmation denied"
	lostAnswer       fault = "answer lost"
	lostQuestion     fault = "question lost"
	slowAnswer       fault = "answer too late"
	slowQuestion     fault = "question too late"
	landsLate        fault = "write lands late"
	staleNamed       fault = "changed meanwhile, told which"
	staleOpaque      fault = "changed meanwhile, not told"
	crashPlanned     fault = "crash with a plan"
	crashBefore      fault = "crash before a write"
	crashAfter       fault = "crash after a write"
	crashApplied     fault = "crash with an answer"
	crashReading     fault = "crash while reading"
	keeperFails      fault = "what the brake spends can't be kept"
	keeperUnreadable fault = "what was kept can't be read"
	serviceThrottle  fault = "another's write in flight"
)

// Faults that steps make themselves, or that follow from what they have set.
const (
	refusedNamed  fault = "content refused, told which"
	refusedOpaque fault = "content refused, not told"
	crashIdle     fault = "crash"
	restarted     fault = "restart"
	kindFailing   fault = "kind failing"
	kindForbidden fault = "kind forbidden"
	kindAbsent    fault = "kind absent"
	kindRelisted  fault = "kind relisted"
	zoneVanished  fault = "zone vanished"
	journalEnds   fault = "journal unwritable"
	rivalActs     fault = "second owner acts"
	driftForeign  fault = "drift: record set of nobody"
	driftChanged  fault = "drift: record set changed"
	driftGone     fault = "drift: record set deleted"
	driftUnmarked fault = "drift: marker deleted"
	driftStolen   fault = "drift: marker of another"
	driftAllGone  fault = "drift: record set and marker deleted"
	turnLost      fault = "turn lost to another replica"
	brakeHeld     fault = "brake holds, a person approves"
)

var callFaults = []fault{
	writeThrottled, readThrottled, writeDown, readDown, writeDenied, readDenied, listFails, confirmDenied, lostAnswer, lostQuestion, slowAnswer, slowQuestion, landsLate,
	staleNamed, staleOpaque, crashPlanned, crashBefore, crashAfter, crashApplied, crashReading, keeperFails, keeperUnreadable,
}

var driftFaults = []fault{driftForeign, driftChanged, driftGone, driftUnmarked, driftStolen, driftAllGone}

// everyFault lists the kinds of which each must fire.
func everyFault() []fault {
	return slices.Concat(callFaults, driftFaults, []fault{
		serviceThrottle, refusedNamed, refusedOpaque, crashIdle, restarted, kindFailing, kindForbidden, kindAbsent, kindRelisted, zoneVanished, rivalActs, turnLost, journalEnds, brakeHeld,
	})
}

// places are where the faults of calls hit: of calls at the same instant, it must not depend on the scheduler which one fails.
var places = slices.Concat(castZones, []string{"zones", "receipts"})

// arm makes a fault hit the next calls to a place, or every one for a while.
func (p *party) arm(f fault, where string, times int, until time.Time) {
	p.armed = append(p.armed, armed{f, where, times, until})
}

// strike takes the first fault that is armed for a place and among those that fit. The world's mutex is held.
func (w *world) strike(p *party, where string, fit ...fault) fault {
	now := time.Now()
	for i, a := range p.armed {
		if !slices.Contains(fit, a.fault) || a.where != "" && a.where != where || !a.until.IsZero() && now.After(a.until) {
			continue
		}
		if a.until.IsZero() {
			if p.armed[i].left--; p.armed[i].left <= 0 {
				p.armed = slices.Delete(p.armed, i, i+1)
			}
		}
		w.fired(a.fault)
		return a.fault
	}
	return ""
}
