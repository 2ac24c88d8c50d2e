// SPDX-License-Identifier: Apache-2.0

// Package rfc2136 publishes to a name server by DNS itself: dynamic updates (RFC 2136), signed with TSIG (RFC 8945), over TCP or TLS.
// It is tested with BIND 9 and Knot.
//
// A batch is one UPDATE message, which the server applies whole or not at all (RFC 2136 section 3.7). Its prerequisites say what is
// expected: what is created isn't there (2.4.3), what is replaced or deleted is there with exactly these values (2.4.2), and no CNAME
// comes to stand beside anything else, which a server would pass over without a word (3.4.2.2). Prerequisites can't say a TTL, so the
// record sets that a batch replaces are asked for first, over the same connection. Where a prerequisite fails, the names are read to
// tell which.
//
// A zone is read by AXFR (RFC 5936), in one page. Names are read by questions of each type we know to a server that is authoritative.
// What a wildcard or a DNAME made up for the answer is told from what stands there by an UPDATE that has prerequisites and changes
// nothing. Where a question leads to a delegated zone, or the key may not ask so, the zone is transferred instead.
//
// Whether somebody else has changed a zone tells its serial, with one question a zone each --interval: one that isn't what our own
// updates made of the last transfer's has the zone transferred again. What somebody changes in the same step of the serial as we do
// (Knot takes updates that come at once together) shows with the next transfer in its turn.
//
// Of a transfer at least every hundredth message and the last one are signed (RFC 8945 section 5.3.1); a success that isn't signed
// though the question was counts as none. A failure is believed without: at worst a change is sent again, and its conditions hold
// then or they don't.
//
// With several hosts a call goes on with the next one where a host can't be reached, fails, or refuses, but never after an UPDATE has
// been sent without an answer: that is Uncertain. The hosts must be servers that take updates of the same zones, primaries or
// secondaries that forward them; a server that lags behind costs rounds of Stale.
//
// What the key needs: in BIND allow-transfer and allow-update (or update-policy) for each zone, in Knot an acl with the actions
// transfer and update; questions must be allowed too. Sets of the types that Describe lists are read, others are left alone, but a
// CNAME never comes beside one. The apex's NS and SOA are never changed. There is no GSS-TSIG.
package rfc2136
