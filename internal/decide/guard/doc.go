// SPDX-License-Identifier: Apache-2.0

// Package guard decides which deletes and updates may go now, and which wait: for a grace period, for a person, or for a fight to
// end. It keeps the invariant brake and the waiting part of proof.
//
// A Zone is asked about every name of a hosted zone that is planned, with the Effect of its changes, and answers with a Verdict.
// Asking is telling: a name whose last Effect removes nothing isn't waiting any more. All is counted in names:
//
//	counted  names that wait to go, and names that went within the last hour without an approval; each once
//	base     names we own in the zone, and counted names that we don't own any more
//	held     counted > --max-deletes and counted > --max-delete-percent of base, or base >= 3 and counted = base (not at 100 %)
//
// A name's grace begins when it begins to lose a record set, and anew when it begins to lose another one.
//
// While the sum says held, every delete that waits is held, those in grace too. It ends when objects ask again, when the hour has
// slid on, when we own more names, or when Approve names the hash of exactly what is held.
//
//	          --delete-after      hour
//	          |<--- 15 s --->|    |<----------------- 1 h ----------------->|
//	object    gone           |    |                                         |
//	Ask       GracePeriod    free |                                         |
//	Due                      name |                                         |
//	Sent                          counts as gone ........................... is forgotten
//	counted   1 (waits) ......... 1 (went) ................................. 0
//
// Updates that take a target away are counted the same way against --max-update-percent, without a grace period. Names that
// replace one target by the same other one make one update together, however many they are; a target that leaves and has no
// successor is the same. Names that are for one Service may make one update together too: a rolling restart gives each of its Pods
// another address, and each Pod may have a name. Of these two ways to count, the one that comes to less holds. A name that moves more than once counts as its latest move. What only adds targets, creates, or changes a TTL, a
// property or a marker isn't counted.
//
// How it is used, by one goroutine:
//
//	Own      whenever a name of the zone begins or ceases to hold record sets of ours
//	Ask      with what each dirty name would change, best for all of them before the first is sent: a mass change is then seen whole
//	Sent     before the call, with the effect of what is sent; where it says so, State is stored between the two
//	Applied  when the call has gone well
//	Next     when to call Due, which gives the names to plan and ask about again
//
// Every call takes the time; nothing here reads a clock. What a call costs doesn't depend on how many names the zone has:
// it is one or two look-ups, for Due also the names that it returns. Only Held and Approve walk the names that wait.
package guard
