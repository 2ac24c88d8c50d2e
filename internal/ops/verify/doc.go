// SPDX-License-Identifier: Apache-2.0

// Package verify compares a name at four places: what objects ask for, what the provider holds, what the zone's servers answer and what
// a resolver answers; on request it tries a connection, too. Where two places differ it names the usual cause.
//
// Each place is compared with what the provider holds, so that a change that isn't made yet is no fault of DNS. A cause is told for the
// first place that differs only, for what comes after follows from it. Causes are found in what is seen, by these signs:
//
//   - Rebinding protection: the zone holds private addresses (RFC 1918, 4193, 6598 and those of one machine or link), and the resolver
//     leaves them out without saying that there is nothing: without a SOA (Unbound, Technitium), or with REFUSED or SERVFAIL (dnsmasq;
//     Unbound with DNSSEC).
//   - A remembered absence: the resolver says with a SOA that there is nothing, and how long it may remember that (RFC 2308 section 5).
//   - An intercepted port 53: an answer without authority (AA) from a server of the zone, which offers recursion (RA); or any answer from
//     an address of TEST-NET-1 (RFC 5737), where nobody can be. That address is asked only where a server's answer is suspect.
//   - A zone that isn't delegated: the resolver gives other NS records for its apex than the zone has, none of them alike, or says that
//     the apex isn't there.
//   - A missing hairpin: no connection to a public IPv4 address from a machine that has only private ones.
package verify
